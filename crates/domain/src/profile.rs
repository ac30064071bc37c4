//! Browser state that outlives a session, under a single writer.

use std::{fmt, str::FromStr};

use jiff::Timestamp;

use crate::{
    clock::Random,
    id::{AccountId, SessionId},
};

const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const PREFIX: &str = "udd_";
const LENGTH: usize = 16;

/// The public id of a profile: `udd_` and 16 of `[a-z0-9]` (contracts/botcloud.md §1). Safe as a folder name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProfileId(String);

/// Why a text is not a profile's id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not an id of the form udd_ and 16 of a-z0-9")]
pub struct ParseProfileIdError;

impl ProfileId {
    /// A new id; rejects the bytes that would make some letters likelier than others.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        let mut text = String::from(PREFIX);
        while text.len() < PREFIX.len() + LENGTH {
            let mut bytes = [0; LENGTH];
            random.fill(&mut bytes);
            let fair = bytes.iter().filter(|byte| **byte < 252);
            let missing = PREFIX.len() + LENGTH - text.len();
            text.extend(fair.take(missing).map(|byte| char::from(ALPHABET[usize::from(byte % 36)])));
        }
        Self(text)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProfileId {
    type Err = ParseProfileIdError;

    fn from_str(text: &str) -> Result<Self, ParseProfileIdError> {
        let tail = text.strip_prefix(PREFIX).ok_or(ParseProfileIdError)?;
        let is_valid = tail.len() == LENGTH && tail.bytes().all(|byte| ALPHABET.contains(&byte));
        is_valid.then(|| Self(text.to_owned())).ok_or(ParseProfileIdError)
    }
}

impl fmt::Display for ProfileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A profile as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Which.
    pub id: ProfileId,
    /// Whose.
    pub account: AccountId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a session last opened it.
    pub last_used_at: Option<Timestamp>,
    /// The session that may write it now.
    pub locked_by: Option<SessionId>,
    /// Grows with every lease; a save with an older epoch is refused.
    pub epoch: i64,
}
