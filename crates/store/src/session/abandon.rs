//! A session that never got its browser: as if it had never been asked for.

use hangar_domain::{AccountId, SessionId};
use sea_orm::EntityTrait;

use super::open;
use crate::{account, entity::session, error::Error, store::Store, timeline::outline};

impl Store {
    /// Removes an open session and gives back what it held: no bill, no history. `false` where it is over or unknown.
    ///
    /// An admission whose caller has gone away may still be committing, on another connection. It has the account's lock
    /// until it is through, so that is waited for first: whatever it has written is then there to be removed.
    ///
    /// # Errors
    /// The database's.
    pub async fn session_abandon(&self, id: SessionId, account: AccountId) -> Result<bool, Error> {
        let txn = self.begin().await?;
        if account::lock(&txn, &account.to_string()).await?.is_none() {
            return Ok(false);
        }
        let Some(locked) = open::lock(&txn, id).await? else {
            return Ok(false);
        };
        open::release_profile(&txn, &locked.session).await?;
        account::write(&txn, &locked.account.id, account::released(&locked.account, locked.session.hold_ms)).await?;
        outline::undo(&txn, locked.session.number).await?;
        session::Entity::delete_by_id(locked.session.number).exec(&txn).await?;
        txn.commit().await?;
        Ok(true)
    }
}
