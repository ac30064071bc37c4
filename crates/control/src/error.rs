//! Why a use case was refused or failed, without any face's words for it.
//!
//! Each face renders every kind in one exhaustive match, so that adding a kind breaks them on purpose.

use std::time::Duration;

use hangar_domain::{Fault, KeyLevel, Retry, account::Standing};
use hangar_store::StartRefusal;

use crate::passes::PassRefusal;

/// A refusal or failure of a use case.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such key, or it is revoked or expired.
    #[error("invalid or missing token")]
    InvalidKey,
    /// The key is too weak for this.
    #[error("this key's level does not allow it: {needs:?} is needed")]
    Forbidden {
        /// What would be enough.
        needs: KeyLevel,
    },
    /// The account may not start anything.
    #[error("the account's standing does not allow a session")]
    Standing(Standing),
    /// The account already has its live sessions, and may not wait.
    #[error("at most {max} live sessions at once")]
    SessionLimit {
        /// How many it may have.
        max: u32,
    },
    /// Too many of the account's sessions already wait.
    #[error("too many sessions wait for a place")]
    QueueFull,
    /// No place became free in time.
    #[error("no place became free within {} s", waited.as_secs())]
    QueueTimeout {
        /// How long it waited.
        waited: Duration,
    },
    /// No profile with this id.
    #[error("no user data with this id")]
    ProfileUnknown,
    /// The profile is another account's.
    #[error("the user data belongs to another account")]
    ProfileForeign,
    /// A session is writing the profile.
    #[error("the user data is in use by a session")]
    ProfileLocked,
    /// The account has as many profiles as it may.
    #[error("at most {max} user data containers")]
    ProfileLimit {
        /// How many it may have.
        max: u32,
    },
    /// No live session with this id, or another account's.
    #[error("no live session with this id")]
    SessionUnknown,
    /// The session is over; nobody can act in it.
    #[error("the session has ended")]
    SessionEnded,
    /// Its browser is not there yet.
    #[error("Session is still provisioning")]
    SessionNotReady,
    /// An action in a page did not succeed.
    #[error(transparent)]
    Act(#[from] hangar_driver::Error),
    /// The session could not be recorded.
    #[error(transparent)]
    Recorder(#[from] hangar_recorder::Error),
    /// A person has control of the session.
    #[error("a person has control of this session in the live view")]
    ControlTaken,
    /// A link that opens nothing.
    #[error(transparent)]
    Link(PassRefusal),
    /// No text of this name.
    #[error("no artifact of this name")]
    ArtifactUnknown,
    /// More than is taken at once.
    #[error("'{field}' is too large: at most {max} bytes")]
    TooLarge {
        /// What is too large.
        field: &'static str,
        /// How much it may have.
        max: usize,
    },
    /// Nothing here can do it.
    #[error("{0}")]
    NotSupported(&'static str),
    /// The session has no recording, or it is gone.
    #[error("no recording of this session")]
    RecordingUnknown,
    /// No account with this id.
    #[error("no account with this id")]
    AccountUnknown,
    /// A value that cannot be taken; the text names it.
    #[error("{0}")]
    Invalid(String),
    /// The client's own proxy is no destination that the egress policy lets through.
    #[error("the proxy of the session is refused: {0}")]
    ProxyRefused(hangar_browser::egress::Refusal),
    /// The server is about to stop.
    #[error("the server is stopping")]
    Draining,
    /// A browser did not start or did not answer.
    #[error("no browser could be had")]
    Browser(#[source] hangar_browser::Error),
    /// The browser refused a command of ours.
    #[error("the browser did not do what the session needs")]
    Cdp(#[from] hangar_cdp::mux::CallError),
    /// A recording cannot be made or read.
    #[error("the recording failed")]
    Recording(#[source] hangar_recorder::recording::Error),
    /// This server makes no videos.
    #[error("no video can be made")]
    Video(#[source] hangar_recorder::video::Error),
    /// The database failed.
    #[error("the database failed")]
    Store(#[source] hangar_store::Error),
    /// A state that should not exist.
    #[error("{0}")]
    Internal(&'static str),
}

impl From<hangar_store::Error> for Error {
    fn from(error: hangar_store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<hangar_browser::Error> for Error {
    fn from(error: hangar_browser::Error) -> Self {
        Self::Browser(error)
    }
}

impl From<StartRefusal> for Error {
    fn from(refusal: StartRefusal) -> Self {
        match refusal {
            StartRefusal::Standing(standing) => Self::Standing(standing),
            StartRefusal::SessionLimit { max, .. } => Self::SessionLimit { max },
            StartRefusal::ProfileUnknown => Self::ProfileUnknown,
            StartRefusal::ProfileForeign => Self::ProfileForeign,
            StartRefusal::ProfileLocked => Self::ProfileLocked,
        }
    }
}

impl Error {
    /// The stable code, for logs, metrics and clients.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidKey => "invalid_key",
            Self::Forbidden { .. } => "forbidden",
            Self::Standing(Standing::Good) => "internal",
            Self::Standing(Standing::Lapsed) => "subscription_lapsed",
            Self::Standing(Standing::TrialOver) => "trial_over",
            Self::Standing(Standing::NoBalance) => "insufficient_balance",
            Self::SessionLimit { .. } => "session_limit",
            Self::QueueFull => "queue_full",
            Self::QueueTimeout { .. } => "queue_timeout",
            Self::ProfileUnknown => "profile_unknown",
            Self::ProfileForeign => "profile_foreign",
            Self::ProfileLocked => "profile_locked",
            Self::ProfileLimit { .. } => "profile_limit",
            Self::SessionUnknown => "session_unknown",
            Self::SessionEnded => "session_ended",
            Self::SessionNotReady => "session_not_ready",
            Self::Act(error) => error.code(),
            Self::Recorder(error) => error.code(),
            Self::ControlTaken => "control_taken",
            Self::Link(PassRefusal::Unknown) => "link_unknown",
            Self::Link(PassRefusal::Expired) => "link_expired",
            Self::ArtifactUnknown => "artifact_unknown",
            Self::TooLarge { .. } => "too_large",
            Self::NotSupported(_) => "not_supported",
            Self::RecordingUnknown => "recording_unknown",
            Self::AccountUnknown => "account_unknown",
            Self::Invalid(_) => "invalid",
            Self::ProxyRefused(_) => "proxy_refused",
            Self::Draining => "draining",
            Self::Browser(_) => "browser_unavailable",
            Self::Cdp(_) => "browser_refused",
            Self::Recording(error) => error.code(),
            Self::Video(error) => error.code(),
            Self::Store(_) => "store",
            Self::Internal(_) => "internal",
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::InvalidKey
            | Self::Forbidden { .. }
            | Self::ProfileUnknown
            | Self::ProfileForeign
            | Self::ProfileLocked
            | Self::SessionUnknown
            | Self::SessionEnded
            | Self::SessionNotReady
            | Self::ControlTaken
            | Self::Link(_)
            | Self::ArtifactUnknown
            | Self::TooLarge { .. }
            | Self::NotSupported(_)
            | Self::RecordingUnknown
            | Self::AccountUnknown
            | Self::ProxyRefused(_)
            | Self::Invalid(_) => Fault::Client,
            Self::Standing(_)
            | Self::SessionLimit { .. }
            | Self::QueueFull
            | Self::QueueTimeout { .. }
            | Self::ProfileLimit { .. } => Fault::Account,
            Self::Cdp(_) => Fault::Browser,
            Self::Act(error) => error.fault(),
            Self::Recorder(error) => error.fault(),
            Self::Browser(error) => error.fault(),
            Self::Recording(error) => error.fault(),
            Self::Video(error) => error.fault(),
            Self::Draining | Self::Store(_) | Self::Internal(_) => Fault::Host,
        }
    }

    /// Whether to ask again.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::QueueFull | Self::QueueTimeout { .. } => Retry::After(Duration::from_secs(5)),
            Self::ProfileLocked | Self::Draining | Self::Store(_) => Retry::After(Duration::from_secs(1)),
            Self::SessionNotReady => Retry::After(Duration::from_secs(1)),
            Self::ControlTaken => Retry::After(Duration::from_secs(5)),
            Self::Act(error) => error.retry(),
            Self::SessionLimit { .. } => Retry::After(Duration::from_secs(10)),
            Self::Browser(_) | Self::Cdp(_) | Self::Recorder(_) => Retry::Now,
            Self::Recording(error) => error.retry(),
            Self::Video(error) => error.retry(),
            _ => Retry::Never,
        }
    }
}
