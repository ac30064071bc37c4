//! Who is asking: secrets against hashes.
//!
//! A secret is looked up by the first bytes of its hash and then compared as a whole in constant time; a key that does
//! not exist takes the same path. Secrets are shown once, when they are made, and never stored or logged.

use hangar_domain::{Account, AccountId, Key, KeyId, KeyLevel};
use hangar_store::{NewAccount, Store};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{Control, Error};

/// Bytes of randomness in a secret.
const SECRET_BYTES: usize = 32;

/// The node setting that says that the first key was made.
const BOOTSTRAPPED: &str = "bootstrap_key";

/// An account together with the key that opened it.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Whose.
    pub account: Account,
    /// Through which key.
    pub key: KeyId,
    /// What the key may do.
    pub level: KeyLevel,
}

impl Identity {
    /// Refuses a key below `needs`.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub fn require(&self, needs: KeyLevel) -> Result<(), Error> {
        if self.level >= needs { Ok(()) } else { Err(Error::Forbidden { needs }) }
    }
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The owner's name for it.
    pub name: String,
    /// What it may do.
    pub level: KeyLevel,
    /// When it stops working; never if absent.
    pub expires_at: Option<Timestamp>,
}

/// SHA-256 of a secret. The secrets are random and long, so that a plain hash is enough.
fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

fn prefix(digest: &[u8; 32]) -> [u8; 8] {
    let mut prefix = [0; 8];
    prefix.copy_from_slice(&digest[..8]);
    prefix
}

impl Control {
    /// The account and key behind a secret.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] for every secret that opens nothing now.
    pub async fn authenticate(&self, secret: &str) -> Result<Identity, Error> {
        let digest = digest(secret);
        let candidates = self.store.key_candidates(prefix(&digest)).await?;
        let key = candidates.into_iter().find(|key| bool::from(key.secret_sha256.ct_eq(&digest)));
        let key = key.filter(|key| key.is_valid(self.clock.now())).ok_or(Error::InvalidKey)?;
        let account = self.store.account_find(key.account).await?.ok_or(Error::InvalidKey)?;
        Ok(Identity { account, key: key.id, level: key.level })
    }

    /// Makes a key for an account and returns its secret, this once.
    ///
    /// # Errors
    /// [`Error::Invalid`] for one that would never work, [`Error::AccountUnknown`], or the store's.
    pub async fn create_key(&self, account: AccountId, new: NewKey) -> Result<(Key, String), Error> {
        if new.expires_at.is_some_and(|end| end <= self.clock.now()) {
            return Err(Error::Invalid("'expiresAt' is in the past".to_owned()));
        }
        self.store.account_find(account).await?.ok_or(Error::AccountUnknown)?;
        let secret = self.new_secret();
        let key = self.new_key(account, new, &secret);
        self.store.key_create(&key).await?;
        Ok((key, secret))
    }

    /// The keys of an account.
    ///
    /// # Errors
    /// The store's.
    pub async fn list_keys(&self, account: AccountId) -> Result<Vec<Key>, Error> {
        Ok(self.store.key_list(account).await?)
    }

    /// Takes a key back; its live sessions end within seconds.
    ///
    /// # Errors
    /// The store's.
    pub async fn revoke_key(&self, account: AccountId, id: KeyId) -> Result<bool, Error> {
        let is_own = self.store.key_find(id).await?.is_some_and(|key| key.account == account);
        Ok(is_own && self.store.key_revoke(id, self.clock.now()).await?)
    }

    /// Makes the operator's account and key on the first start of a data folder: with exactly `wanted` as its secret, or
    /// with a random one, which is returned.
    ///
    /// # Errors
    /// The store's.
    pub async fn bootstrap(&self, wanted: Option<&str>) -> Result<Option<String>, Error> {
        if let Some(secret) = wanted
            && self.authenticate(secret).await.is_ok()
        {
            return Ok(None);
        }
        let made_before = self.store.node_setting(BOOTSTRAPPED).await?.is_some();
        if made_before && wanted.is_none() {
            return Ok(None);
        }
        let secret = wanted.map_or_else(|| self.new_secret(), str::to_owned);
        let account = self.operator_account(&self.store).await?;
        let new = NewKey { name: "bootstrap".to_owned(), level: KeyLevel::Operator, expires_at: None };
        self.store.key_create(&self.new_key(account, new, &secret)).await?;
        self.store.node_setting_put_once(BOOTSTRAPPED, "made").await?;
        Ok(wanted.is_none().then_some(secret))
    }

    async fn operator_account(&self, store: &Store) -> Result<AccountId, Error> {
        let fresh = AccountId::generate(&*self.clock, &*self.random);
        let stored = store.node_setting_put_once("operator_account", &fresh.to_string()).await?;
        let id: AccountId = stored.parse().map_err(|_| Error::Internal("the operator's account id cannot be read"))?;
        if store.account_find(id).await?.is_none() {
            let new = NewAccount {
                id,
                name: "operator".to_owned(),
                plan: hangar_domain::Plan::Unlimited,
                limits: hangar_domain::PlanLimits {
                    max_sessions: u32::try_from(self.settings.max_sessions).unwrap_or(u32::MAX),
                    ..hangar_domain::PlanLimits::default()
                },
                balance: hangar_domain::Micros::ZERO,
                ledger_id: self.ledger_id(),
                now: self.clock.now(),
            };
            store.account_create(new).await?;
        }
        Ok(id)
    }

    fn new_secret(&self) -> String {
        let mut bytes = [0; SECRET_BYTES];
        self.random.fill(&mut bytes);
        format!("hgr_{}", hex::encode(bytes))
    }

    fn new_key(&self, account: AccountId, new: NewKey, secret: &str) -> Key {
        Key {
            id: KeyId::generate(&*self.clock, &*self.random),
            account,
            name: new.name,
            level: new.level,
            secret_sha256: digest(secret),
            created_at: self.clock.now(),
            expires_at: new.expires_at,
            revoked_at: None,
        }
    }
}
