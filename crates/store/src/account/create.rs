//! A new account, with its first balance already in the ledger.

use hangar_domain::{Account, AccountId, AccountStatus, LedgerId, Micros, Plan, PlanLimits, timeline::Record};
use jiff::Timestamp;
use sea_orm::{EntityTrait, IntoActiveModel};

use crate::{
    column,
    entity::account::{Entity, Model},
    error::Error,
    ledger::{self, EntryKind, LedgerRow},
    store::Store,
};

/// What an account begins with.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Which.
    pub id: AccountId,
    /// The operator's name for it.
    pub name: String,
    /// What it has bought.
    pub plan: Plan,
    /// What the operator allows beside the plan.
    pub limits: PlanLimits,
    /// Its first balance; where it is not zero it becomes a top-up in the ledger.
    pub balance: Micros,
    /// The id of that row.
    pub ledger_id: LedgerId,
    /// When.
    pub now: Timestamp,
}

impl Store {
    /// Makes an account, active, with nothing used.
    ///
    /// # Errors
    /// [`Error::Duplicate`] where the id is taken, and the database's.
    pub async fn account_create(&self, new: NewAccount) -> Result<Account, Error> {
        let row = Model {
            id: new.id.to_string(),
            name: new.name,
            plan: column::from_json("accounts.plan", &new.plan)?,
            max_sessions: i64::from(new.limits.max_sessions),
            max_profiles: i64::from(new.limits.max_profiles),
            status: column::from_word("accounts.status", &AccountStatus::Active)?,
            record: column::from_word("accounts.record", &Record::Full)?,
            balance: new.balance.0,
            used_ms: 0,
            held_ms: 0,
            active_sessions: 0,
            total_sessions: 0,
            total_ms: 0,
            created_at: column::from_time(new.now),
        };
        let account = row.to_domain()?;
        let txn = self.begin().await?;
        Entity::insert(row.into_active_model()).exec_without_returning(&txn).await?;
        if new.balance != Micros::ZERO {
            let entry = LedgerRow::without_session(new.ledger_id, new.id, EntryKind::TopUp, new.balance, new.now);
            ledger::append(&txn, &entry).await?;
        }
        txn.commit().await?;
        Ok(account)
    }
}
