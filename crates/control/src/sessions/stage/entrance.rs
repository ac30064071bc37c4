//! Links to a session's live view: who gets one, and what one opens.
//!
//! A link is a signed pass, so nothing is kept for it; it opens nothing once its session is over, which is asked each
//! time. It must never say whose session it is.

use std::{sync::Arc, time::Duration};

use hangar_domain::SessionId;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::Takeover;
use crate::{
    Control, Error, Identity, Live,
    passes::{Pass, PassRefusal, Purpose},
};

/// How long a link lasts unless its maker says otherwise.
pub const USUAL_LIFE: Duration = Duration::from_secs(3600);

/// How long one may last.
pub const LONGEST_LIFE: Duration = Duration::from_secs(24 * 3600);

/// What stands between a session and the nonce of its client's own link.
const NONCE: char = '/';

/// What a link lets somebody do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkScope {
    /// Watch.
    View,
    /// Watch and act.
    Control,
    /// See what was recorded.
    Replay,
}

impl LinkScope {
    /// The scope of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "view" => Some(Self::View),
            "control" => Some(Self::Control),
            "replay" => Some(Self::Replay),
            _ => None,
        }
    }

    const fn purpose(self) -> Purpose {
        match self {
            Self::View => Purpose::View,
            Self::Control => Purpose::Control,
            Self::Replay => Purpose::Replay,
        }
    }
}

/// A link's secret and until when it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What follows `/live/` or `/replay/`.
    pub token: String,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Why a link opens no live view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LiveRefusal {
    /// There never was such a link.
    #[error("no such link")]
    Unknown,
    /// Its time is over.
    #[error("the link has expired")]
    Expired,
    /// Its session is over, or what it was made for.
    #[error("the session is over")]
    Over,
}

/// What a link opens now.
pub struct Entrance {
    /// The session.
    pub live: Arc<Live>,
    /// Whether whoever comes may act.
    pub may_control: bool,
    /// Until when.
    pub expires_at: Timestamp,
    /// Cancelled when the link ends before its time; `None` for links that cannot.
    pub ended: Option<CancellationToken>,
}

impl Control {
    /// Makes a link to a session, live or, for its replay, over. `owner` is whose session it must be; `None` for the
    /// operator, who may open all.
    ///
    /// # Errors
    /// [`Error::SessionUnknown`]; for a replay, of a session that may be over, [`Error::RecordingUnknown`].
    pub async fn link_session(
        &self,
        owner: Option<&Identity>,
        id: SessionId,
        scope: LinkScope,
        life: Option<Duration>,
        takeover: Option<Takeover>,
    ) -> Result<Link, Error> {
        let life = life.unwrap_or(USUAL_LIFE).min(LONGEST_LIFE);
        if scope == LinkScope::Replay {
            match owner {
                Some(owner) => self.owned_session(owner, id).await?,
                None => self.store.session_find(id).await?.ok_or(Error::SessionUnknown)?,
            };
            self.recordings.find(id).ok_or(Error::RecordingUnknown)?;
            return Ok(self.sign_link(scope.purpose(), &id.to_string(), life));
        }
        let is_theirs = |live: &Arc<Live>| owner.is_none_or(|owner| live.spec().account == owner.account.id);
        let live = self.registry.find(id).filter(is_theirs).filter(|live| !live.is_ending());
        let live = live.ok_or(Error::SessionUnknown)?;
        if let Some(takeover) = takeover {
            live.stage().set_takeover(takeover);
        }
        Ok(self.sign_link(scope.purpose(), &id.to_string(), life))
    }

    /// A link of the session's own client: one at a time, `nonce` tells it from those before.
    pub(crate) fn live_url(&self, id: SessionId, nonce: &str, life: Duration) -> Link {
        self.sign_link(Purpose::Control, &format!("{id}{NONCE}{nonce}"), life)
    }

    fn sign_link(&self, purpose: Purpose, subject: &str, life: Duration) -> Link {
        // Passes count whole seconds: a link never lasts shorter than it says.
        let end = SignedDuration::try_from(life).ok().and_then(|life| self.clock.now().checked_add(life).ok());
        let seconds = end.map_or(i64::MAX, |end| end.as_second() + i64::from(end.subsec_nanosecond() > 0));
        let expires_at = Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
        Link { token: self.sign_pass(purpose, subject, expires_at), expires_at }
    }

    /// What the link of this token opens now.
    ///
    /// # Errors
    /// [`LiveRefusal`].
    pub fn entrance(&self, token: &str) -> Result<Entrance, LiveRefusal> {
        let pass = match self.read_pass(Purpose::View, token) {
            Err(PassRefusal::Unknown) => self.read_pass(Purpose::Control, token),
            outcome => outcome,
        };
        let Pass { purpose, subject, expires_at } = pass.map_err(|refusal| match refusal {
            PassRefusal::Unknown => LiveRefusal::Unknown,
            PassRefusal::Expired => LiveRefusal::Expired,
        })?;
        let (id, nonce) = match subject.split_once(NONCE) {
            Some((id, nonce)) => (id, Some(nonce)),
            None => (subject.as_str(), None),
        };
        let id: SessionId = id.parse().map_err(|_| LiveRefusal::Unknown)?;
        let live = self.registry.find(id).filter(|live| !live.is_ending()).ok_or(LiveRefusal::Over)?;
        let ended = match nonce {
            Some(nonce) => Some(live.stage().live_url(nonce).ok_or(LiveRefusal::Over)?),
            None => None,
        };
        Ok(Entrance { live, may_control: purpose == Purpose::Control, expires_at, ended })
    }
}
