//! What the operator changes about an account: plan, limits, status, money.

use hangar_domain::{Account, AccountId, AccountStatus, LedgerId, Micros, Plan, PlanLimits, timeline::Record};
use jiff::Timestamp;
use sea_orm::{ActiveValue::Set, DatabaseTransaction};

use super::{lock, write};
use crate::{
    column,
    entity::account::ActiveModel,
    error::Error,
    ledger::{self, EntryKind, LedgerRow},
    store::Store,
};

/// What to change; `None` leaves as it is.
#[derive(Clone, Debug, Default)]
pub struct AccountPatch {
    /// Another name.
    pub name: Option<String>,
    /// Another plan. It begins a new period, with nothing used, where its kind or its end differs from the old plan's;
    /// otherwise it only corrects the terms of the running one.
    pub plan: Option<Plan>,
    /// Other limits.
    pub limits: Option<PlanLimits>,
    /// Suspended or active again.
    pub status: Option<AccountStatus>,
    /// The most that is kept of its sessions from now on.
    pub record: Option<Record>,
    /// Money added to the balance; negative takes some back.
    pub top_up: Option<Micros>,
}

impl Store {
    /// Changes an account and returns it as it then is; `None` where there is none.
    ///
    /// A new period and a top-up are one row of the ledger each, or, given together, one row of the kind
    /// [`EntryKind::Period`] with the amount.
    ///
    /// # Errors
    /// The database's.
    pub async fn account_update(
        &self,
        id: AccountId,
        patch: AccountPatch,
        ledger_id: LedgerId,
        now: Timestamp,
    ) -> Result<Option<Account>, Error> {
        let txn = self.begin().await?;
        let Some(row) = lock(&txn, &id.to_string()).await? else {
            return Ok(None);
        };
        let mut account = row.to_domain()?;
        let is_new_period = patch.plan.as_ref().is_some_and(|plan| is_new_period(&account.plan, plan));
        let amount = patch.top_up.unwrap_or_default();
        apply(&mut account, patch, is_new_period);
        if let Some(kind) = entry_kind(is_new_period, amount) {
            let mut entry = LedgerRow::without_session(ledger_id, id, kind, amount, now);
            entry.included_ms = if is_new_period { account.plan.included_ms().unwrap_or(0) } else { 0 };
            ledger::append(&txn, &entry).await?;
        }
        save(&txn, &account).await?;
        txn.commit().await?;
        Ok(Some(account))
    }
}

fn is_new_period(old: &Plan, new: &Plan) -> bool {
    std::mem::discriminant(old) != std::mem::discriminant(new) || old.ends_at() != new.ends_at()
}

fn entry_kind(is_new_period: bool, amount: Micros) -> Option<EntryKind> {
    match (is_new_period, amount) {
        (true, _) => Some(EntryKind::Period),
        (false, Micros::ZERO) => None,
        (false, _) => Some(EntryKind::TopUp),
    }
}

fn apply(account: &mut Account, patch: AccountPatch, is_new_period: bool) {
    account.name = patch.name.unwrap_or_else(|| std::mem::take(&mut account.name));
    account.plan = patch.plan.unwrap_or_else(|| account.plan.clone());
    account.limits = patch.limits.unwrap_or(account.limits);
    account.status = patch.status.unwrap_or(account.status);
    account.record = patch.record.unwrap_or(account.record);
    account.balance = account.balance + patch.top_up.unwrap_or_default();
    if is_new_period {
        account.used_ms = 0;
    }
}

async fn save(txn: &DatabaseTransaction, account: &Account) -> Result<(), Error> {
    let change = ActiveModel {
        name: Set(account.name.clone()),
        plan: Set(column::from_json("accounts.plan", &account.plan)?),
        max_sessions: Set(i64::from(account.limits.max_sessions)),
        max_profiles: Set(i64::from(account.limits.max_profiles)),
        status: Set(column::from_word("accounts.status", &account.status)?),
        record: Set(column::from_word("accounts.record", &account.record)?),
        balance: Set(account.balance.0),
        used_ms: Set(account.used_ms),
        ..ActiveModel::default()
    };
    write(txn, &account.id.to_string(), change).await
}
