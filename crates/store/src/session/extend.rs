//! More time for a live session, as far as the account can pay.

use hangar_domain::{Account, SessionId, account::Standing};
use jiff::Timestamp;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::{hold, open};
use crate::{
    account,
    entity::{account::ActiveModel as AccountChange, session},
    error::Error,
    store::Store,
};

/// What became of a wish for more time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extension {
    /// The session may run until it has lasted `hold_ms` milliseconds in all, possibly fewer than it asked for; `None`
    /// without limit.
    Extended {
        /// The whole of what is now reserved for it.
        hold_ms: Option<i64>,
    },
    /// Nothing could be added; never [`Standing::Good`].
    Refused(Standing),
    /// The session is over, or there never was one.
    Gone,
}

impl Store {
    /// Reserves up to `add_ms` more, at least one, for a live session.
    ///
    /// # Errors
    /// The database's.
    pub async fn session_extend(&self, id: SessionId, add_ms: i64, now: Timestamp) -> Result<Extension, Error> {
        let txn = self.begin().await?;
        let Some(open::Locked { account: row, session }) = open::lock(&txn, id).await? else {
            return Ok(Extension::Gone);
        };
        let account = row.to_domain()?;
        let hold_ms = match extended(&account, &session, add_ms, now) {
            Ok(hold_ms) => hold_ms,
            Err(standing) => return Ok(Extension::Refused(standing)),
        };
        let held_ms = row.held_ms - session.hold_ms.unwrap_or(0) + hold_ms.unwrap_or(0);
        account::write(&txn, &row.id, AccountChange { held_ms: Set(held_ms), ..AccountChange::default() }).await?;
        let change = session::ActiveModel { hold_ms: Set(hold_ms), ..session::ActiveModel::default() };
        session::Entity::update_many()
            .set(change)
            .filter(session::Column::Number.eq(session.number))
            .exec(&txn)
            .await?;
        txn.commit().await?;
        Ok(Extension::Extended { hold_ms })
    }
}

/// The session's whole hold after the extension.
fn extended(account: &Account, session: &session::Model, add_ms: i64, now: Timestamp) -> Result<Option<i64>, Standing> {
    match account.standing(now) {
        Standing::Good => {}
        standing => return Err(standing),
    }
    let Some(available) = hold::available_ms(account) else {
        return Ok(None);
    };
    // A session that began without limit has reserved nothing for the time it has already used.
    let (base, available) = match session.hold_ms {
        Some(held) => (held, available),
        None => (session.elapsed_ms, available - session.elapsed_ms),
    };
    match available.min(add_ms.max(1)) {
        added if added > 0 => Ok(Some(base + added)),
        _ => Err(hold::exhausted(&account.plan)),
    }
}
