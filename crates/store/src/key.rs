//! API keys. The store finds candidates by a part of the hash; comparing the whole, in constant time, is the caller's.

use hangar_domain::{AccountId, Key, KeyId};
use jiff::Timestamp;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, sea_query::Expr};

use crate::{
    column,
    entity::key::{Column, Entity, Model, prefix},
    error::Error,
    store::Store,
};

impl Store {
    /// Keeps a new key.
    ///
    /// # Errors
    /// [`Error::Duplicate`] where the id is taken, and the database's, also where there is no such account.
    pub async fn key_create(&self, key: &Key) -> Result<(), Error> {
        Entity::insert(Model::from_domain(key)?.into_active_model()).exec_without_returning(self.writer()).await?;
        Ok(())
    }

    /// Every key, valid or not, whose secret's SHA-256 begins with these bytes: nearly always none or one.
    ///
    /// # Errors
    /// The database's.
    pub async fn key_candidates(&self, digest_prefix: [u8; 8]) -> Result<Vec<Key>, Error> {
        let rows = Entity::find().filter(Column::SecretPrefix.eq(prefix(digest_prefix))).all(self.reader()).await?;
        rows.iter().map(Model::to_domain).collect()
    }

    /// The account's keys, oldest first, the revoked ones too.
    ///
    /// # Errors
    /// The database's.
    pub async fn key_list(&self, account: AccountId) -> Result<Vec<Key>, Error> {
        let query = Entity::find().filter(Column::AccountId.eq(account.to_string())).order_by_asc(Column::Id);
        query.all(self.reader()).await?.iter().map(Model::to_domain).collect()
    }

    /// The key with this id.
    ///
    /// # Errors
    /// The database's.
    pub async fn key_find(&self, id: KeyId) -> Result<Option<Key>, Error> {
        let row = Entity::find_by_id(id.to_string()).one(self.reader()).await?;
        row.map(|row| row.to_domain()).transpose()
    }

    /// Takes a key back; `false` where there is none or it already was.
    ///
    /// # Errors
    /// The database's.
    pub async fn key_revoke(&self, id: KeyId, now: Timestamp) -> Result<bool, Error> {
        let done = Entity::update_many()
            .col_expr(Column::RevokedAt, Expr::value(column::from_time(now)))
            .filter(Column::Id.eq(id.to_string()))
            .filter(Column::RevokedAt.is_null())
            .exec(self.writer())
            .await?;
        Ok(done.rows_affected == 1)
    }
}
