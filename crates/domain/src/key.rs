//! API keys: a secret that is shown once and kept only as a hash.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, KeyId};

/// What a key may do; each level includes the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KeyLevel {
    /// Read quota, usage, history, user data.
    Read,
    /// Also open sessions and change the account's own things.
    Write,
    /// Also manage the account's keys.
    Admin,
    /// Also the operator API, for every account.
    Operator,
}

/// A key as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Which.
    pub id: KeyId,
    /// Whose.
    pub account: AccountId,
    /// The owner's name for it.
    pub name: String,
    /// What it may do.
    pub level: KeyLevel,
    /// SHA-256 of the secret, compared in constant time.
    pub secret_sha256: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

impl Key {
    /// Whether it opens anything at `now`.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}
