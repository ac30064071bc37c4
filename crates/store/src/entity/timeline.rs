//! `timeline`: what happened in a session, one row each, in order.

use hangar_domain::timeline::{Entry, Event};
use sea_orm::entity::prelude::*;

use crate::{column, error::Error};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "timeline")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub session: i64,
    /// Counts up within a session.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    pub at: i64,
    /// The event as JSON.
    #[sea_orm(column_type = "Text")]
    pub data: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_domain(session: i64, seq: i64, entry: &Entry) -> Result<Self, Error> {
        Ok(Self {
            session,
            seq,
            kind: entry.event.kind().to_owned(),
            at: column::from_time(entry.at),
            data: column::from_json("timeline.data", &entry.event)?,
        })
    }

    pub(crate) fn to_domain(&self) -> Result<Entry, Error> {
        let event: Event = column::json("timeline.data", &self.data)?;
        Ok(Entry { at: column::time("timeline.at", self.at)?, event })
    }
}
