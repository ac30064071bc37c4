//! Passes: links that open one thing for whoever holds them, without a key, until they expire.
//!
//! A pass carries what it opens and until when, under a keyed hash (HMAC-SHA-256, RFC 2104), so nothing is stored for it,
//! every node that shares the database reads it, and it outlives a restart. It must never be the only condition: who
//! reads one still asks whether what it opens is there. It cannot be taken back; what must end early ends by itself, as a
//! live session does.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hangar_domain::Random;
use hangar_store::Store;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;

use crate::{Control, Error};

/// Bytes of the hash that a pass carries: 128 bits (RFC 2104 §5).
const TAG: usize = 16;

/// Bytes before the subject: the purpose and the seconds of the expiry.
const HEAD: usize = 9;

/// The longest token that is looked at.
const LONGEST: usize = 512;

/// The name of the secret in the store.
const SETTING: &str = "pass_secret";

/// What a pass is for. A pass for one purpose opens nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// Watching a live session.
    View = 1,
    /// Watching it and acting in it.
    Control = 2,
    /// Playing what was recorded.
    Replay = 3,
    /// Reading one object.
    Object = 4,
}

/// A pass that was read and holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// What it is for.
    pub purpose: Purpose,
    /// What it opens: an id, and whatever else its maker wrote.
    pub subject: String,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Why a token opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PassRefusal {
    /// It is none of ours, or not for this.
    #[error("no such link")]
    Unknown,
    /// Its time is over.
    #[error("the link has expired")]
    Expired,
}

/// Makes and reads passes.
pub(crate) struct Passes {
    hmac: Hmac<Sha256>,
}

impl Passes {
    /// With the secret of this database, which is made once.
    pub(crate) async fn load(store: &Store, random: &dyn Random) -> Result<Self, Error> {
        let mut fresh = [0; 32];
        random.fill(&mut fresh);
        let secret = store.node_setting_put_once(SETTING, &hex::encode(fresh)).await?;
        Ok(Self::new(secret.as_bytes()))
    }

    fn new(secret: &[u8]) -> Self {
        let hmac = Hmac::new_from_slice(secret);
        Self { hmac: hmac.unwrap_or_else(|_| unreachable!("HMAC takes a key of any length")) }
    }

    fn sign(&self, pass: &Pass) -> String {
        let mut bytes = Vec::with_capacity(HEAD + pass.subject.len() + TAG);
        bytes.push(pass.purpose as u8);
        bytes.extend(pass.expires_at.as_second().to_be_bytes());
        bytes.extend(pass.subject.as_bytes());
        let tag = self.hmac.clone().chain_update(&bytes).finalize().into_bytes();
        bytes.extend(&tag[..TAG]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn read(&self, purpose: Purpose, token: &str, now: Timestamp) -> Result<Pass, PassRefusal> {
        let bytes =
            Some(token).filter(|token| token.len() <= LONGEST).and_then(|token| URL_SAFE_NO_PAD.decode(token).ok());
        let bytes = bytes.filter(|bytes| bytes.len() >= HEAD + TAG).ok_or(PassRefusal::Unknown)?;
        let (signed, tag) = bytes.split_at(bytes.len() - TAG);
        // Compared in constant time.
        self.hmac.clone().chain_update(signed).verify_truncated_left(tag).map_err(|_| PassRefusal::Unknown)?;
        let (head, subject) = signed.split_at(HEAD);
        let seconds = head[1..].try_into().map(i64::from_be_bytes).map_err(|_| PassRefusal::Unknown)?;
        let expires_at = Timestamp::from_second(seconds).map_err(|_| PassRefusal::Unknown)?;
        let subject = String::from_utf8(subject.to_vec()).map_err(|_| PassRefusal::Unknown)?;
        if head[0] != purpose as u8 {
            return Err(PassRefusal::Unknown);
        }
        if expires_at <= now {
            return Err(PassRefusal::Expired);
        }
        Ok(Pass { purpose, subject, expires_at })
    }
}

impl Control {
    /// A token that opens `subject` for this purpose until `expires_at`, whole seconds.
    #[must_use]
    pub fn sign_pass(&self, purpose: Purpose, subject: &str, expires_at: Timestamp) -> String {
        self.passes.sign(&Pass { purpose, subject: subject.to_owned(), expires_at })
    }

    /// What a token opens.
    ///
    /// # Errors
    /// [`PassRefusal`] when it opens nothing of this purpose.
    pub fn read_pass(&self, purpose: Purpose, token: &str) -> Result<Pass, PassRefusal> {
        self.passes.read(purpose, token, self.clock.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn a_pass_opens_one_thing_for_one_purpose_until_it_expires() {
        let passes = Passes::new(b"secret");
        let pass = Pass { purpose: Purpose::Replay, subject: "sess_1".to_owned(), expires_at: second(100) };
        let token = passes.sign(&pass);
        assert_eq!(passes.read(Purpose::Replay, &token, second(99)), Ok(pass));
        assert_eq!(passes.read(Purpose::Replay, &token, second(100)), Err(PassRefusal::Expired));
        assert_eq!(passes.read(Purpose::View, &token, second(99)), Err(PassRefusal::Unknown));
        assert_eq!(Passes::new(b"other").read(Purpose::Replay, &token, second(99)), Err(PassRefusal::Unknown));
    }

    #[test]
    fn no_changed_byte_goes_unnoticed() {
        let passes = Passes::new(b"secret");
        let pass = Pass { purpose: Purpose::Object, subject: "obj_1".to_owned(), expires_at: second(100) };
        let bytes = URL_SAFE_NO_PAD.decode(passes.sign(&pass)).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let token = URL_SAFE_NO_PAD.encode(&changed);
            assert_eq!(passes.read(Purpose::Object, &token, second(1)), Err(PassRefusal::Unknown), "byte {at}");
            let token = URL_SAFE_NO_PAD.encode(&bytes[..at]);
            assert_eq!(passes.read(Purpose::Object, &token, second(1)), Err(PassRefusal::Unknown), "{at} bytes");
        }
    }
}
