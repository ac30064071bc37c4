//! `api_keys`: hashes of secrets, found by the first eight bytes of the hash.

use hangar_domain::Key;
use sea_orm::entity::prelude::*;

use crate::{column, error::Error};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub id: String,
    #[sea_orm(column_type = "Text")]
    pub account_id: String,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    #[sea_orm(column_type = "Text")]
    pub level: String,
    /// The first eight bytes of the hash, big-endian; indexed.
    pub secret_prefix: i64,
    /// The whole SHA-256 as hex digits.
    #[sea_orm(column_type = "Text")]
    pub secret_sha256: String,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub revoked_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_domain(key: &Key) -> Result<Self, Error> {
        Ok(Self {
            id: key.id.to_string(),
            account_id: key.account.to_string(),
            name: key.name.clone(),
            level: column::from_word("api_keys.level", &key.level)?,
            secret_prefix: prefix(key.secret_sha256.first_chunk().copied().unwrap_or_default()),
            secret_sha256: column::from_digest(&key.secret_sha256),
            created_at: column::from_time(key.created_at),
            expires_at: key.expires_at.map(column::from_time),
            revoked_at: key.revoked_at.map(column::from_time),
        })
    }

    pub(crate) fn to_domain(&self) -> Result<Key, Error> {
        Ok(Key {
            id: column::parse("api_keys.id", &self.id)?,
            account: column::parse("api_keys.account_id", &self.account_id)?,
            name: self.name.clone(),
            level: column::word("api_keys.level", &self.level)?,
            secret_sha256: column::digest("api_keys.secret_sha256", &self.secret_sha256)?,
            created_at: column::time("api_keys.created_at", self.created_at)?,
            expires_at: column::time_or_none("api_keys.expires_at", self.expires_at)?,
            revoked_at: column::time_or_none("api_keys.revoked_at", self.revoked_at)?,
        })
    }
}

/// The column's form of a digest's first eight bytes.
pub(crate) const fn prefix(bytes: [u8; 8]) -> i64 {
    i64::from_be_bytes(bytes)
}
