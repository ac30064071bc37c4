//! Accounts: made, read and changed. Their meters move only with rows that justify them.

mod create;
mod update;

pub use create::NewAccount;
pub use update::AccountPatch;

use hangar_domain::{Account, AccountId};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    entity::account::{ActiveModel, Column, Entity, Model},
    error::Error,
    store::Store,
};

/// What an account has used since it was made, from counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Ended sessions, as many as its history lists.
    pub total_sessions: i64,
    /// Their time, milliseconds.
    pub total_ms: i64,
    /// Live sessions.
    pub active_sessions: i64,
}

impl Store {
    /// The account with this id.
    ///
    /// # Errors
    /// The database's.
    pub async fn account_find(&self, id: AccountId) -> Result<Option<Account>, Error> {
        let row = Entity::find_by_id(id.to_string()).one(self.reader()).await?;
        row.map(|row| row.to_domain()).transpose()
    }

    /// Every account, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn account_list(&self) -> Result<Vec<Account>, Error> {
        let rows = Entity::find().order_by_asc(Column::Id).all(self.reader()).await?;
        rows.iter().map(Model::to_domain).collect()
    }

    /// What the account has used.
    ///
    /// # Errors
    /// [`Error::UnknownAccount`], and the database's.
    pub async fn usage(&self, id: AccountId) -> Result<Usage, Error> {
        let row = Entity::find_by_id(id.to_string()).one(self.reader()).await?.ok_or(Error::UnknownAccount(id))?;
        Ok(Usage { total_sessions: row.total_sessions, total_ms: row.total_ms, active_sessions: row.active_sessions })
    }
}

/// The account's row, which nobody else changes until the transaction is over.
pub(crate) async fn lock(txn: &DatabaseTransaction, id: &str) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id).lock_exclusive().one(txn).await?)
}

/// Writes the set columns of `change`; the row must be locked.
pub(crate) async fn write(txn: &DatabaseTransaction, id: &str, change: ActiveModel) -> Result<(), Error> {
    Entity::update_many().set(change).filter(Column::Id.eq(id)).exec(txn).await?;
    Ok(())
}

/// The change that gives back one live session's slot and hold.
pub(crate) fn released(account: &Model, hold_ms: Option<i64>) -> ActiveModel {
    ActiveModel {
        held_ms: Set(account.held_ms - hold_ms.unwrap_or(0)),
        active_sessions: Set(account.active_sessions - 1),
        ..ActiveModel::default()
    }
}
