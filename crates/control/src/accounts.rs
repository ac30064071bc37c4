//! What an operator does with accounts, and what an account reads about itself.

use hangar_domain::{Account, AccountId, Micros, Plan, PlanLimits, account::Standing};
use hangar_store::{AccountPatch, HistoryPage, HistoryQuery, NewAccount, SessionRow, Usage};

use crate::{Control, Error, Identity};

impl Control {
    /// Makes an account.
    ///
    /// # Errors
    /// The store's.
    pub async fn create_account(
        &self,
        name: String,
        plan: Plan,
        limits: PlanLimits,
        balance: Micros,
    ) -> Result<Account, Error> {
        let new = NewAccount {
            id: AccountId::generate(&*self.clock, &*self.random),
            name,
            plan,
            limits,
            balance,
            ledger_id: self.ledger_id(),
            now: self.clock.now(),
        };
        Ok(self.store.account_create(new).await?)
    }

    /// Changes an account; live sessions feel it within a second.
    ///
    /// # Errors
    /// [`Error::AccountUnknown`], or the store's.
    pub async fn update_account(&self, id: AccountId, patch: AccountPatch) -> Result<Account, Error> {
        let changed = self.store.account_update(id, patch, self.ledger_id(), self.clock.now()).await?;
        changed.ok_or(Error::AccountUnknown)
    }

    /// One account.
    ///
    /// # Errors
    /// [`Error::AccountUnknown`], or the store's.
    pub async fn find_account(&self, id: AccountId) -> Result<Account, Error> {
        self.store.account_find(id).await?.ok_or(Error::AccountUnknown)
    }

    /// Every account, oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn list_accounts(&self) -> Result<Vec<Account>, Error> {
        Ok(self.store.account_list().await?)
    }

    /// Refuses an account that may not have a browser now.
    ///
    /// # Errors
    /// [`Error::Standing`].
    pub fn check_standing(&self, identity: &Identity) -> Result<(), Error> {
        match identity.account.standing(self.clock.now()) {
            Standing::Good => Ok(()),
            standing => Err(Error::Standing(standing)),
        }
    }

    /// What an account has used since it was made.
    ///
    /// # Errors
    /// The store's.
    pub async fn usage(&self, account: AccountId) -> Result<Usage, Error> {
        Ok(self.store.usage(account).await?)
    }

    /// A page of an account's ended sessions, newest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn history(&self, account: AccountId, query: HistoryQuery) -> Result<HistoryPage, Error> {
        Ok(self.store.history_page(account, query).await?)
    }

    /// Every live session of every node.
    ///
    /// # Errors
    /// The store's.
    pub async fn live_sessions(&self) -> Result<Vec<SessionRow>, Error> {
        Ok(self.store.sessions_live().await?)
    }
}
