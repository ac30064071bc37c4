//! Why a recording could not begin.

use hangar_cdp::mux::CallError;
use hangar_domain::{Fault, Retry};

/// Why a recording could not begin. Once it has, it never fails: what it cannot see it leaves out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The browser did not answer as it should.
    #[error("the browser did not let itself be recorded")]
    Browser(#[from] CallError),
}

impl Error {
    /// A stable word for it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Browser(_) => "recorder_browser",
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        match self {
            Self::Browser(_) => Fault::Browser,
        }
    }

    /// Whether the same again may work.
    #[must_use]
    pub const fn retry(&self) -> Retry {
        match self {
            Self::Browser(CallError::Closed) => Retry::Never,
            Self::Browser(_) => Retry::Now,
        }
    }
}
