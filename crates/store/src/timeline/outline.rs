//! What a list shows of a session's timeline, without reading it.

use std::collections::HashMap;

use hangar_domain::timeline::Record;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel, QueryFilter};

use crate::{
    entity::{
        outline::{Column, Entity, Model},
        timeline,
    },
    error::Error,
    store::Store,
};

/// A timeline in short.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// How much is kept of the session.
    pub record: Record,
    /// Where its page is or was last.
    pub url: Option<String>,
    /// That page's title.
    pub title: Option<String>,
    /// Documents that its pages have shown.
    pub navigations: u64,
    /// Actions on the timeline.
    pub actions: u64,
    /// Pictures taken.
    pub screenshots: u64,
    /// Entries that were given up to keep within bounds.
    pub dropped: u64,
    /// Entries that are there.
    pub entries: u64,
}

/// Begins the timeline of a session that is just being let in.
pub(crate) async fn begin(txn: &DatabaseTransaction, session: i64, record: Record) -> Result<(), DbErr> {
    let row = Model {
        session,
        record: record.name().to_owned(),
        url: None,
        title: None,
        navigations: 0,
        actions: 0,
        screenshots: 0,
        dropped: 0,
        // The place before the first entry is the marker's that tells what was given up.
        first_seq: 1,
        next_seq: 1,
    };
    Entity::insert(row.into_active_model()).exec_without_returning(txn).await?;
    Ok(())
}

/// Takes the timeline of a session away that never was; nothing where it has none.
pub(crate) async fn undo(txn: &DatabaseTransaction, session: i64) -> Result<(), DbErr> {
    Entity::delete_by_id(session).exec(txn).await?;
    timeline::Entity::delete_many().filter(timeline::Column::Session.eq(session)).exec(txn).await?;
    Ok(())
}

impl Store {
    /// The outlines of these sessions, by number; a session without a timeline has none.
    ///
    /// # Errors
    /// The database's.
    pub async fn outlines(
        &self,
        sessions: impl IntoIterator<Item = i64> + Send,
    ) -> Result<HashMap<i64, Outline>, Error> {
        let rows = Entity::find().filter(Column::Session.is_in(sessions)).all(self.reader()).await?;
        rows.iter().map(|row| Ok((row.session, row.to_domain()?))).collect()
    }
}
