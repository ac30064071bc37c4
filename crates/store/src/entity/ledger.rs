//! `ledger`: append-only; nothing updates or deletes a row.

use hangar_domain::Micros;
use sea_orm::entity::prelude::*;

use crate::{column, error::Error, ledger::LedgerRow};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub id: String,
    #[sea_orm(column_type = "Text")]
    pub account_id: String,
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// What the balance changed by, micro-units.
    pub amount: i64,
    pub included_ms: i64,
    pub overage_ms: i64,
    /// Unique: a session has one bill.
    #[sea_orm(column_type = "Text", nullable)]
    pub session_id: Option<String>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn to_domain(&self) -> Result<LedgerRow, Error> {
        Ok(LedgerRow {
            id: column::parse("ledger.id", &self.id)?,
            account: column::parse("ledger.account_id", &self.account_id)?,
            kind: column::word("ledger.kind", &self.kind)?,
            amount: Micros(self.amount),
            included_ms: self.included_ms,
            overage_ms: self.overage_ms,
            session: column::parse_or_none("ledger.session_id", self.session_id.as_deref())?,
            created_at: column::time("ledger.created_at", self.created_at)?,
        })
    }
}
