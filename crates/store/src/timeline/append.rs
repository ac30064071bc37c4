//! Writing a timeline: a batch, its effect on the outline, and what has to go for it, in one transaction.

use hangar_domain::timeline::{Dropped, Entry, Event};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QuerySelect,
};

use crate::{
    entity::{
        outline,
        timeline::{Column, Entity, Model},
    },
    error::Error,
    store::Store,
};

/// Rows of one statement: SQLite takes 32,766 values in one.
const ROWS: usize = 1_000;

impl Store {
    /// Adds entries in this order. Where more than `keep` would be there, the oldest go, a tenth of them at once, and the
    /// place before the oldest says how many went.
    ///
    /// # Errors
    /// The database's; then none of them was added. A session whose timeline has not begun is [`Error::Decode`].
    pub async fn timeline_append(&self, session: i64, entries: &[Entry], keep: u64) -> Result<(), Error> {
        let txn = self.begin().await?;
        let outline = outline::Entity::find_by_id(session).lock_exclusive().one(&txn).await?;
        let mut outline = outline.ok_or(Error::Decode("outlines.session"))?;
        for chunk in entries.chunks(ROWS) {
            let rows = chunk.iter().zip(outline.next_seq..).map(|(entry, seq)| Model::from_domain(session, seq, entry));
            let rows: Vec<_> = rows.map(|row| row.map(Model::into_active_model)).collect::<Result<_, _>>()?;
            Entity::insert_many(rows).exec_without_returning(&txn).await?;
            outline.next_seq += i64::try_from(chunk.len()).unwrap_or(i64::MAX);
            chunk.iter().for_each(|entry| note(&mut outline, &entry.event));
        }
        let keep = i64::try_from(keep.max(10)).unwrap_or(i64::MAX);
        if outline.next_seq - outline.first_seq > keep
            && let Some(last) = entries.last()
        {
            forget(&txn, &mut outline, keep, last).await?;
        }
        outline::Entity::update(changed(outline)).exec_without_returning(&txn).await?;
        txn.commit().await?;
        Ok(())
    }
}

/// Everything but the key, since the key says which.
fn changed(row: outline::Model) -> outline::ActiveModel {
    outline::ActiveModel {
        session: sea_orm::ActiveValue::Unchanged(row.session),
        record: Set(row.record),
        url: Set(row.url),
        title: Set(row.title),
        navigations: Set(row.navigations),
        actions: Set(row.actions),
        screenshots: Set(row.screenshots),
        dropped: Set(row.dropped),
        first_seq: Set(row.first_seq),
        next_seq: Set(row.next_seq),
    }
}

fn note(outline: &mut outline::Model, event: &Event) {
    match event {
        Event::Navigation(navigation) => {
            outline.navigations += 1;
            outline.url = Some(navigation.url.clone());
            outline.title = Some(navigation.title.clone());
        }
        Event::Title(title) => outline.title = Some(title.title.clone()),
        Event::Action(_) => outline.actions += 1,
        Event::Screenshot(_) => outline.screenshots += 1,
        _ => {}
    }
}

/// Gives up the oldest, with a marker in the place before what is left.
async fn forget(txn: &DatabaseTransaction, outline: &mut outline::Model, keep: i64, last: &Entry) -> Result<(), Error> {
    let first = outline.next_seq - (keep - keep / 10);
    let old = || Entity::find().filter(Column::Session.eq(outline.session)).filter(Column::Seq.lt(first));
    let actions = old().filter(Column::Kind.eq("action")).count(txn).await?;
    outline.actions -= i64::try_from(actions).unwrap_or(i64::MAX);
    outline.dropped += first - outline.first_seq;
    Entity::delete_many().filter(Column::Session.eq(outline.session)).filter(Column::Seq.lt(first)).exec(txn).await?;
    outline.first_seq = first;
    let count = u64::try_from(outline.dropped).unwrap_or(0);
    let event = Event::Dropped(Dropped { count, reason: "full".to_owned() });
    let marker = Model::from_domain(outline.session, first - 1, &Entry { at: last.at, event })?;
    Entity::insert(marker.into_active_model()).exec_without_returning(txn).await?;
    Ok(())
}
