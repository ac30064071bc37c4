//! Reading a timeline: a page is one range of an index, so that it costs the same however long the timeline is; keep
//! `EXPLAIN` in the tests below saying so.

use hangar_domain::timeline::Entry;
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, Select};

use crate::{
    entity::timeline::{Column, Entity},
    error::Error,
    store::Store,
};

/// Which part of a timeline is wanted.
#[derive(Clone, Copy, Debug)]
pub struct EntriesPage<'a> {
    /// Only of this kind ([`hangar_domain::timeline::Event::kind`]).
    pub kind: Option<&'a str>,
    /// Only what came after this one.
    pub after: i64,
    /// How many to skip.
    pub offset: u64,
    /// At most as many.
    pub limit: u64,
    /// Whether the newest come first.
    pub newest_first: bool,
}

/// An entry in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbered {
    /// Counts up within the session; the cursor for what follows.
    pub seq: i64,
    /// What happened.
    pub entry: Entry,
}

impl Store {
    /// A page of a session's timeline.
    ///
    /// # Errors
    /// The database's.
    pub async fn timeline_page(&self, session: i64, page: EntriesPage<'_>) -> Result<Vec<Numbered>, Error> {
        let rows = select(session, page).all(self.reader()).await?;
        rows.iter().map(|row| Ok(Numbered { seq: row.seq, entry: row.to_domain()? })).collect()
    }
}

fn select(session: i64, page: EntriesPage<'_>) -> Select<Entity> {
    let mut query = Entity::find().filter(Column::Session.eq(session)).filter(Column::Seq.gt(page.after));
    if let Some(kind) = page.kind {
        query = query.filter(Column::Kind.eq(kind));
    }
    let order = if page.newest_first { Order::Desc } else { Order::Asc };
    query.order_by(Column::Seq, order).offset(page.offset).limit(page.limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_page_is_a_range_of_an_index_and_needs_no_sorting() {
        let store = Store::connect("sqlite::memory:").await.unwrap();
        for (kind, newest_first) in [(None, false), (Some("request"), false), (Some("request"), true)] {
            let page = EntriesPage { kind, after: 5, offset: 0, limit: 10, newest_first };
            let plan = store.explain(select(1, page)).await;
            assert!(plan.starts_with("SEARCH timeline USING INDEX"), "{plan}");
            assert_eq!(plan.contains("timeline_by_kind"), kind.is_some(), "{plan}");
            assert!(plan.contains("seq>?") && !plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}
