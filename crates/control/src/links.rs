//! Links that a person opens: each random, short-lived, for one viewer of one thing.
//!
//! Whoever has a link needs no key, so only its hash is kept, and one that was used or has ended is remembered for a
//! while: a late visitor learns that the link is over, not that it never was. Must never outlive its session's interest:
//! dropping an [`OpenLink`] ends it and whoever views through it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hangar_domain::{Random, SessionId};
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

/// Bytes of randomness in a token.
const TOKEN_BYTES: usize = 32;

/// Characters of a token: unpadded base64url (RFC 4648 §5).
pub const TOKEN_LENGTH: usize = 43;

/// Links remembered, open and over.
const MOST: usize = 10_000;

/// How long a link that is over is remembered.
const MEMORY: Duration = Duration::from_secs(3600);

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The DevTools of one page.
    Devtools,
    /// The live view of a session; its links are passes, not kept here.
    Live,
}

/// What a link shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What for.
    pub scope: Scope,
    /// Of which session.
    pub session: SessionId,
    /// Which target of its browser.
    pub target: String,
}

/// Why a link opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefusal {
    /// There never was such a link, or it is long forgotten.
    #[error("no such link")]
    Unknown,
    /// It was used, or its time is over.
    #[error("the link was used or has expired")]
    Over,
}

/// Why no link was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotOpened {
    /// There is one to the same thing already.
    Taken,
    /// There are too many.
    TooMany,
}

/// How far an open link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// Nobody views through it yet.
    Fresh,
    /// Somebody does.
    Viewed,
}

/// All links of this server.
#[derive(Default)]
pub struct Links {
    by_hash: Mutex<HashMap<Hash, Link>>,
}

type Hash = [u8; 32];

struct Link {
    subject: Subject,
    /// `None` once it is over.
    state: Option<LinkState>,
    /// Monotonic: until when it is open, or remembered.
    until: Duration,
    ended: CancellationToken,
}

/// A link that its maker holds open.
pub(crate) struct OpenLink {
    links: Arc<Links>,
    hash: Hash,
    until: Duration,
    pub(crate) token: String,
    pub(crate) ended: CancellationToken,
}

/// The one use of a link: the viewer holds it, and its end is the link's end.
pub struct Use {
    /// What there is to see.
    pub subject: Subject,
    ended: CancellationToken,
}

impl Use {
    /// Completes when the link is over.
    pub async fn ended(&self) {
        self.ended.cancelled().await;
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        self.ended.cancel();
    }
}

impl Drop for OpenLink {
    fn drop(&mut self) {
        self.ended.cancel();
        if let Some(link) = self.links.lock().get_mut(&self.hash) {
            link.state = None;
            link.until = self.until + MEMORY;
        }
    }
}

impl Links {
    /// Makes a link that is open for `timeout` from `now` (monotonic).
    pub(crate) fn open(
        self: &Arc<Self>,
        random: &dyn Random,
        now: Duration,
        timeout: Duration,
        subject: Subject,
    ) -> Result<OpenLink, NotOpened> {
        let mut bytes = [0; TOKEN_BYTES];
        random.fill(&mut bytes);
        let token = URL_SAFE_NO_PAD.encode(bytes);
        let (hash, until, ended) = (hash(&token), now + timeout, CancellationToken::new());
        let mut links = self.lock();
        if links.values().any(|link| link.state.is_some() && link.subject == subject) {
            return Err(NotOpened::Taken);
        }
        if links.len() >= MOST {
            links.retain(|_, link| link.state.is_some() || link.until > now);
        }
        if links.len() >= MOST {
            return Err(NotOpened::TooMany);
        }
        links.insert(hash, Link { subject, state: Some(LinkState::Fresh), until, ended: ended.clone() });
        drop(links);
        Ok(OpenLink { links: self.clone(), hash, until, token, ended })
    }

    /// How far the link of this token is.
    ///
    /// # Errors
    /// [`LinkRefusal`] when it opens nothing.
    pub fn state(&self, scope: Scope, token: &str, now: Duration) -> Result<LinkState, LinkRefusal> {
        let links = self.lock();
        let link = links.get(&hash(token)).filter(|link| link.subject.scope == scope).ok_or(LinkRefusal::Unknown)?;
        link.state.filter(|_| now < link.until).ok_or(LinkRefusal::Over)
    }

    /// Uses the link up.
    ///
    /// # Errors
    /// [`LinkRefusal`] when it opens nothing, or somebody views through it already.
    pub fn take(&self, scope: Scope, token: &str, now: Duration) -> Result<Use, LinkRefusal> {
        let mut links = self.lock();
        let link = links.get_mut(&hash(token)).filter(|link| link.subject.scope == scope);
        let link = link.ok_or(LinkRefusal::Unknown)?;
        if link.state != Some(LinkState::Fresh) || now >= link.until {
            return Err(LinkRefusal::Over);
        }
        link.state = Some(LinkState::Viewed);
        Ok(Use { subject: link.subject.clone(), ended: link.ended.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Hash, Link>> {
        self.by_hash.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash(token: &str) -> Hash {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use hangar_domain::Clock;

    use super::*;

    struct Counting(Mutex<u8>);

    impl Random for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            let mut next = self.0.lock().unwrap();
            *next += 1;
            bytes.fill(*next);
        }
    }

    struct Epoch;

    impl Clock for Epoch {
        fn now(&self) -> jiff::Timestamp {
            jiff::Timestamp::UNIX_EPOCH
        }

        fn monotonic(&self) -> Duration {
            Duration::ZERO
        }
    }

    const MINUTE: Duration = Duration::from_secs(60);

    fn subject(random: &Counting, target: &str) -> Subject {
        Subject { scope: Scope::Devtools, session: SessionId::generate(&Epoch, random), target: target.to_owned() }
    }

    #[test]
    fn a_link_is_used_once_and_then_known_to_be_over() {
        let (links, random) = (Arc::new(Links::default()), Counting(Mutex::new(0)));
        let open = links.open(&random, Duration::ZERO, MINUTE, subject(&random, "T")).ok().unwrap();
        assert_eq!(open.token.len(), TOKEN_LENGTH);
        let state = || links.state(Scope::Devtools, &open.token, Duration::ZERO);
        let take = || links.take(Scope::Devtools, &open.token, Duration::ZERO);
        assert_eq!(state(), Ok(LinkState::Fresh));
        let used = take().ok().unwrap();
        assert_eq!((used.subject.target.as_str(), state()), ("T", Ok(LinkState::Viewed)));
        assert_eq!(take().err(), Some(LinkRefusal::Over));
        assert!(!open.ended.is_cancelled());
        drop(used);
        assert!(open.ended.is_cancelled(), "the viewer's end is the link's");
        let token = open.token.clone();
        drop(open);
        assert_eq!(links.state(Scope::Devtools, &token, Duration::ZERO), Err(LinkRefusal::Over));
        assert_eq!(links.state(Scope::Devtools, "other", Duration::ZERO), Err(LinkRefusal::Unknown));
    }

    #[test]
    fn there_is_one_link_to_a_thing_and_it_expires() {
        let (links, random) = (Arc::new(Links::default()), Counting(Mutex::new(0)));
        let subject = subject(&random, "T");
        let open = links.open(&random, Duration::ZERO, MINUTE, subject.clone()).ok().unwrap();
        assert_eq!(links.open(&random, MINUTE, MINUTE, subject.clone()).err(), Some(NotOpened::Taken));
        assert_eq!(links.state(Scope::Devtools, &open.token, MINUTE), Err(LinkRefusal::Over));
        drop(open);
        assert!(links.open(&random, MINUTE, MINUTE, subject).is_ok());
    }
}
