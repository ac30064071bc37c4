//! Profiles: made, listed, deleted. Their lease is taken and given back with a session ([`crate::session`]) and never alone.

use hangar_domain::{AccountId, ProfileId, profile::Profile};
use jiff::Timestamp;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder};

use crate::{
    account, column,
    entity::profile::{Column, Entity, Model},
    error::Error,
    store::Store,
};

/// The account has as many profiles as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtLimit {
    /// How many that is.
    pub max: u32,
}

/// What became of a wish to delete a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileDeletion {
    /// The row is gone; its folder is the caller's to remove.
    Deleted,
    /// There is no such profile.
    Unknown,
    /// It is another account's.
    Foreign,
    /// A session is writing it.
    Locked,
}

impl Store {
    /// Makes a profile unless the account already has `max`.
    ///
    /// # Errors
    /// [`Error::UnknownAccount`], [`Error::Duplicate`] where the id is taken, and the database's.
    pub async fn profile_create(
        &self,
        account: AccountId,
        id: ProfileId,
        max: u32,
        now: Timestamp,
    ) -> Result<Result<Profile, AtLimit>, Error> {
        let owner = account.to_string();
        let txn = self.begin().await?;
        account::lock(&txn, &owner).await?.ok_or(Error::UnknownAccount(account))?;
        let count = Entity::find().filter(Column::AccountId.eq(&owner)).count(&txn).await?;
        if count >= u64::from(max) {
            return Ok(Err(AtLimit { max }));
        }
        let created_at = column::from_time(now);
        let row =
            Model { id: id.to_string(), account_id: owner, created_at, last_used_at: None, locked_by: None, epoch: 0 };
        let profile = row.to_domain()?;
        Entity::insert(row.into_active_model()).exec_without_returning(&txn).await?;
        txn.commit().await?;
        Ok(Ok(profile))
    }

    /// The account's profiles, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn profile_list(&self, account: AccountId) -> Result<Vec<Profile>, Error> {
        let query = Entity::find().filter(Column::AccountId.eq(account.to_string()));
        let rows = query.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).all(self.reader()).await?;
        rows.iter().map(Model::to_domain).collect()
    }

    /// The profile with this id, whoever owns it.
    ///
    /// # Errors
    /// The database's.
    pub async fn profile_find(&self, id: &ProfileId) -> Result<Option<Profile>, Error> {
        let row = Entity::find_by_id(id.as_str()).one(self.reader()).await?;
        row.map(|row| row.to_domain()).transpose()
    }

    /// The epoch of the profile's last lease; it also grows when the lease is given back, so that a save that comes
    /// after that can be told from one that came in time.
    ///
    /// # Errors
    /// The database's.
    pub async fn profile_epoch(&self, id: &ProfileId) -> Result<Option<i64>, Error> {
        let row = Entity::find_by_id(id.as_str()).one(self.writer()).await?;
        Ok(row.map(|row| row.epoch))
    }

    /// Deletes the account's profile unless a session is writing it.
    ///
    /// # Errors
    /// The database's.
    pub async fn profile_delete(&self, account: AccountId, id: &ProfileId) -> Result<ProfileDeletion, Error> {
        let owner = account.to_string();
        let txn = self.begin().await?;
        let done = Entity::delete_many()
            .filter(Column::Id.eq(id.as_str()))
            .filter(Column::AccountId.eq(&owner))
            .filter(Column::LockedBy.is_null())
            .exec(&txn)
            .await?;
        let deletion = match Entity::find_by_id(id.as_str()).one(&txn).await? {
            _ if done.rows_affected == 1 => ProfileDeletion::Deleted,
            None => ProfileDeletion::Unknown,
            Some(row) if row.account_id != owner => ProfileDeletion::Foreign,
            Some(_) => ProfileDeletion::Locked,
        };
        txn.commit().await?;
        Ok(deletion)
    }
}
