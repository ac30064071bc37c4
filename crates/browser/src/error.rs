//! What can go wrong around a browser, and whose fault it is.
//!
//! An error here never carries a client's secret: what a browser printed is kept only from its launch, before any client
//! has spoken to it.

use std::{io, path::PathBuf, time::Duration};

use hangar_domain::{Fault, Retry};

use crate::{find::BinaryKind, isolation::Level};

/// Anything that this crate refuses or fails to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such browser on this machine.
    #[error("{kind} is not installed; looked at {}", list(.tried))]
    BinaryMissing {
        /// Which browser.
        kind: BinaryKind,
        /// Every path that was looked at.
        tried: Vec<PathBuf>,
    },
    /// The file is there but is not a browser that runs.
    #[error("{} is not a browser that runs: {detail}", .path.display())]
    BinaryUnusable {
        /// The file.
        path: PathBuf,
        /// What happened when it was asked for its version.
        detail: String,
    },
    /// The level that was asked for, or every level, does not work here.
    #[error("isolation {wanted} does not work on this machine: {}", reasons(.why))]
    IsolationUnavailable {
        /// `auto` or the name of a level.
        wanted: String,
        /// Each level that was tried and why it does not work.
        why: Vec<(Level, String)>,
    },
    /// The browser ended, or could not be started at all.
    #[error("the browser did not start: {detail}; it printed: {printed}")]
    LaunchFailed {
        /// What was seen.
        detail: String,
        /// The end of what it printed.
        printed: String,
    },
    /// The browser started but did not answer in time.
    #[error("the browser did not answer within {after:?}; it printed: {printed}")]
    LaunchTimeout {
        /// How long was waited.
        after: Duration,
        /// The end of what it printed.
        printed: String,
    },
    /// Every user id of the pool is held by a session.
    #[error("no free user id: all {0} are held by sessions")]
    NoFreeUid(u32),
    /// Processes were still there long after the kill.
    #[error("{count} processes of the browser are still there {after:?} after they were killed")]
    Unkillable {
        /// How many.
        count: usize,
        /// How long was waited.
        after: Duration,
    },
    /// The browser has ended, so what was asked of it cannot be done.
    #[error("the browser has ended")]
    Ended,
    /// The browser answered its first question and then no more.
    #[error("the browser was not ready within {after:?}")]
    NotReady {
        /// How long was waited.
        after: Duration,
    },
    /// The browser refused a command of Hangar's own.
    #[error("the browser refused a command")]
    Cdp(#[from] hangar_cdp::mux::CallError),
    /// The browser's way out could not be opened.
    #[error("the egress endpoint could not be opened")]
    Egress(#[from] crate::egress::Error),
    /// No more browsers are started, because the server stops.
    #[error("the server is stopping")]
    ShuttingDown,
    /// A profile is bigger than the limit; nothing was saved, the old copy stands.
    #[error("the profile is bigger than {limit} bytes")]
    ProfileTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// Another process holds the profile.
    #[error("the profile is held by another session")]
    ProfileBusy,
    /// The operating system refused.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// Its answer.
        source: io::Error,
    },
}

impl Error {
    /// A stable name for logs, metrics and faces.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::BinaryMissing { .. } => "browser_missing",
            Self::BinaryUnusable { .. } => "browser_unusable",
            Self::IsolationUnavailable { .. } => "isolation_unavailable",
            Self::LaunchFailed { .. } => "launch_failed",
            Self::LaunchTimeout { .. } => "launch_timeout",
            Self::NoFreeUid(_) => "no_free_uid",
            Self::Unkillable { .. } => "unkillable",
            Self::Ended => "browser_ended",
            Self::NotReady { .. } => "browser_not_ready",
            Self::Cdp(_) => "browser_refused",
            Self::Egress(_) => "egress",
            Self::ShuttingDown => "shutting_down",
            Self::ProfileTooLarge { .. } => "profile_too_large",
            Self::ProfileBusy => "profile_busy",
            Self::Io { .. } => "browser_io",
        }
    }

    /// The party that has to change something.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::LaunchFailed { .. }
            | Self::LaunchTimeout { .. }
            | Self::NotReady { .. }
            | Self::Cdp(_)
            | Self::Ended => Fault::Browser,
            Self::ProfileTooLarge { .. } => Fault::Account,
            Self::ProfileBusy => Fault::Client,
            _ => Fault::Host,
        }
    }

    /// Whether trying the same again helps.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::LaunchFailed { .. } | Self::LaunchTimeout { .. } | Self::NotReady { .. } | Self::Cdp(_) => Retry::Now,
            Self::NoFreeUid(_) | Self::ProfileBusy => Retry::After(Duration::from_secs(1)),
            _ => Retry::Never,
        }
    }

    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

fn reasons(why: &[(Level, String)]) -> String {
    why.iter().map(|(level, reason)| format!("{level}: {reason}")).collect::<Vec<_>>().join("; ")
}
