//! The ledger: what an account's balance is the sum of. Append-only; this module must never update or delete a row.

use hangar_domain::{AccountId, LedgerId, Micros, SessionId};
use jiff::Timestamp;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use serde::{Deserialize, Serialize};

use crate::{
    column,
    entity::ledger::{Column, Entity, Model},
    error::Error,
    store::Store,
};

/// What a row of the ledger stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// The operator added money, or took some back.
    TopUp,
    /// One session's bill.
    Usage,
    /// The operator began a new period of the plan.
    Period,
}

/// One row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    /// Which.
    pub id: LedgerId,
    /// Whose.
    pub account: AccountId,
    /// What it stands for.
    pub kind: EntryKind,
    /// What the balance changed by; negative for a bill.
    pub amount: Micros,
    /// Time paid from the plan (usage) or included in the new period (period), milliseconds.
    pub included_ms: i64,
    /// Time paid from the balance, milliseconds.
    pub overage_ms: i64,
    /// The session that a bill is for; no two rows name the same one.
    pub session: Option<SessionId>,
    /// When.
    pub created_at: Timestamp,
}

impl LedgerRow {
    pub(crate) const fn without_session(
        id: LedgerId,
        account: AccountId,
        kind: EntryKind,
        amount: Micros,
        at: Timestamp,
    ) -> Self {
        Self { id, account, kind, amount, included_ms: 0, overage_ms: 0, session: None, created_at: at }
    }
}

impl Store {
    /// The account's last `limit` rows, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn ledger_rows(&self, account: AccountId, limit: u32) -> Result<Vec<LedgerRow>, Error> {
        let rows = Entity::find()
            .filter(Column::AccountId.eq(account.to_string()))
            .order_by_desc(Column::CreatedAt)
            .order_by_desc(Column::Id)
            .limit(u64::from(limit))
            .all(self.reader())
            .await?;
        rows.iter().map(Model::to_domain).collect()
    }

    /// The sum of the account's rows, which its cached balance must equal; reads them all.
    ///
    /// # Errors
    /// The database's.
    pub async fn ledger_sum(&self, account: AccountId) -> Result<Micros, Error> {
        // PostgreSQL sums BIGINT as NUMERIC; the cast makes both answer in the same type.
        let sum = Entity::find()
            .filter(Column::AccountId.eq(account.to_string()))
            .select_only()
            .expr(Expr::col(Column::Amount).sum().cast_as("BIGINT"))
            .into_tuple::<Option<i64>>()
            .one(self.reader())
            .await?;
        Ok(Micros(sum.flatten().unwrap_or(0)))
    }
}

/// Writes a row; the account's cached balance is the caller's to move in the same transaction.
pub(crate) async fn append(txn: &DatabaseTransaction, entry: &LedgerRow) -> Result<(), Error> {
    let row = Model {
        id: entry.id.to_string(),
        account_id: entry.account.to_string(),
        kind: column::from_word("ledger.kind", &entry.kind)?,
        amount: entry.amount.0,
        included_ms: entry.included_ms,
        overage_ms: entry.overage_ms,
        session_id: entry.session.map(|session| session.to_string()),
        created_at: column::from_time(entry.created_at),
    };
    Entity::insert(row.into_active_model()).exec_without_returning(txn).await?;
    Ok(())
}
