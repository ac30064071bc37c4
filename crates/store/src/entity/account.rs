//! `accounts`: the plan and the meters. Every meter is a cache of rows elsewhere, kept in the same transaction as they.

use hangar_domain::{Account, Micros, PlanLimits};
use sea_orm::entity::prelude::*;

use crate::{column, error::Error};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accounts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub id: String,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// `domain::Plan` as JSON.
    #[sea_orm(column_type = "Text")]
    pub plan: String,
    pub max_sessions: i64,
    pub max_profiles: i64,
    #[sea_orm(column_type = "Text")]
    pub status: String,
    /// `domain::timeline::Record`, by its name.
    #[sea_orm(column_type = "Text")]
    pub record: String,
    /// Sum of the account's `ledger.amount`, micro-units.
    pub balance: i64,
    /// Billed time in the plan's period.
    pub used_ms: i64,
    /// Sum of `sessions.hold_ms` of live sessions.
    pub held_ms: i64,
    /// Count of live sessions.
    pub active_sessions: i64,
    /// Count of ended sessions.
    pub total_sessions: i64,
    /// Sum of ended sessions' time.
    pub total_ms: i64,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn to_domain(&self) -> Result<Account, Error> {
        Ok(Account {
            id: column::parse("accounts.id", &self.id)?,
            name: self.name.clone(),
            plan: column::json("accounts.plan", &self.plan)?,
            limits: PlanLimits {
                max_sessions: column::count("accounts.max_sessions", self.max_sessions)?,
                max_profiles: column::count("accounts.max_profiles", self.max_profiles)?,
            },
            status: column::word("accounts.status", &self.status)?,
            record: column::word("accounts.record", &self.record)?,
            balance: Micros(self.balance),
            used_ms: self.used_ms,
            held_ms: self.held_ms,
            active_sessions: column::count("accounts.active_sessions", self.active_sessions)?,
            created_at: column::time("accounts.created_at", self.created_at)?,
        })
    }
}
