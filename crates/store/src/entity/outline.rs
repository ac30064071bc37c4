//! `outlines`: what a list of sessions shows of each one's timeline, without reading it.

use hangar_domain::timeline::Record;
use sea_orm::entity::prelude::*;

use crate::{column, error::Error, timeline::Outline};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outlines")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub session: i64,
    #[sea_orm(column_type = "Text")]
    pub record: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub url: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub title: Option<String>,
    pub navigations: i64,
    pub actions: i64,
    pub screenshots: i64,
    /// Entries that were given up.
    pub dropped: i64,
    /// The oldest entry that is still there.
    pub first_seq: i64,
    /// The next entry's.
    pub next_seq: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn to_domain(&self) -> Result<Outline, Error> {
        Ok(Outline {
            record: Record::from_name(&self.record).ok_or(Error::Decode("outlines.record"))?,
            url: self.url.clone(),
            title: self.title.clone(),
            navigations: column::count("outlines.navigations", self.navigations)?,
            actions: column::count("outlines.actions", self.actions)?,
            screenshots: column::count("outlines.screenshots", self.screenshots)?,
            dropped: column::count("outlines.dropped", self.dropped)?,
            entries: column::count("outlines.next_seq", self.next_seq - self.first_seq)?,
        })
    }
}
