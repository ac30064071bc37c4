//! The end of a session: one reason, one bill, everything given back, in one transaction (reference/security.md §7).

use hangar_domain::{
    LedgerId, SessionId,
    bill::{self, Charge},
    session::End,
};
use jiff::Timestamp;
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::{hold, open};
use crate::{
    account, column,
    entity::{account::ActiveModel as AccountChange, session},
    error::Error,
    ledger::{self, EntryKind, LedgerRow},
    store::Store,
};

/// A session that is over.
#[derive(Clone, Copy, Debug)]
pub struct EndSession {
    /// Which.
    pub id: SessionId,
    /// Why.
    pub end: End,
    /// How long it lasted by the monotonic clock, milliseconds; below zero counts as zero.
    pub elapsed_ms: i64,
    /// Wall time, for display.
    pub ended_at: Timestamp,
    /// Bytes towards sites.
    pub bytes_up: u64,
    /// Bytes from sites.
    pub bytes_down: u64,
    /// The id of its bill.
    pub ledger_id: LedgerId,
}

impl Store {
    /// Ends and bills a session; `None` where it already was over, or never began. Of any number of closers exactly one
    /// gets the bill.
    ///
    /// # Errors
    /// The database's; then nothing was done and it may be tried again with the same values.
    pub async fn session_end(&self, end: EndSession) -> Result<Option<Charge>, Error> {
        let txn = self.begin().await?;
        let Some(locked) = open::lock(&txn, end.id).await? else {
            return Ok(None);
        };
        let elapsed_ms = end.elapsed_ms.max(0);
        let charge = bill::charge(hold::terms(&locked.account.to_domain()?), elapsed_ms);
        close_row(&txn, &locked.session, &end).await?;
        open::release_profile(&txn, &locked.session).await?;
        let account = &locked.account;
        let change = AccountChange {
            balance: Set(account.balance.saturating_sub(charge.amount.0)),
            used_ms: Set(account.used_ms.saturating_add(elapsed_ms)),
            total_sessions: Set(account.total_sessions + 1),
            total_ms: Set(account.total_ms.saturating_add(elapsed_ms)),
            ..account::released(account, locked.session.hold_ms)
        };
        account::write(&txn, &account.id, change).await?;
        ledger::append(&txn, &entry(&locked.session, &end, charge)?).await?;
        txn.commit().await?;
        Ok(Some(charge))
    }
}

async fn close_row(txn: &DatabaseTransaction, session: &session::Model, end: &EndSession) -> Result<(), Error> {
    let change = session::ActiveModel {
        ended_at: Set(Some(column::from_time(end.ended_at))),
        elapsed_ms: Set(end.elapsed_ms.max(0)),
        hold_ms: Set(None),
        reason: Set(Some(end.end.reason.code().to_owned())),
        detail: Set(end.end.detail.map(|detail| detail.code().to_owned())),
        bytes_up: Set(i64::try_from(end.bytes_up).unwrap_or(i64::MAX)),
        bytes_down: Set(i64::try_from(end.bytes_down).unwrap_or(i64::MAX)),
        ..session::ActiveModel::default()
    };
    session::Entity::update_many().set(change).filter(session::Column::Number.eq(session.number)).exec(txn).await?;
    Ok(())
}

fn entry(session: &session::Model, end: &EndSession, charge: Charge) -> Result<LedgerRow, Error> {
    Ok(LedgerRow {
        id: end.ledger_id,
        account: column::parse("sessions.account_id", &session.account_id)?,
        kind: EntryKind::Usage,
        amount: -charge.amount,
        included_ms: charge.included_ms,
        overage_ms: charge.overage_ms,
        session: Some(end.id),
        created_at: end.ended_at,
    })
}
