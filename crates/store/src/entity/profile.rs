//! `profiles`: who may write a profile's folder now, and which lease that is.

use hangar_domain::profile::Profile;
use sea_orm::entity::prelude::*;

use crate::{column, error::Error};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "profiles")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub id: String,
    #[sea_orm(column_type = "Text")]
    pub account_id: String,
    pub created_at: i64,
    pub last_used_at: Option<i64>,
    /// The session that holds the lease.
    #[sea_orm(column_type = "Text", nullable)]
    pub locked_by: Option<String>,
    /// Grows when the lease is taken and when it is given back.
    pub epoch: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn to_domain(&self) -> Result<Profile, Error> {
        Ok(Profile {
            id: column::parse("profiles.id", &self.id)?,
            account: column::parse("profiles.account_id", &self.account_id)?,
            created_at: column::time("profiles.created_at", self.created_at)?,
            last_used_at: column::time_or_none("profiles.last_used_at", self.last_used_at)?,
            locked_by: column::parse_or_none("profiles.locked_by", self.locked_by.as_deref())?,
            epoch: self.epoch,
        })
    }
}
