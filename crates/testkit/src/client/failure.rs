//! Why something that was asked for did not come about.
//!
//! What the browser, or Hangar, answers must never be mixed up with a connection that was lost: a test that waits for a
//! refusal would take the one for the other.

use serde_json::Value;

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The reply is a DevTools error.
    #[error("{0}")]
    Refused(Value),
    /// The expression threw.
    #[error("{0}")]
    Thrown(Value),
    /// The page could not be loaded; Chromium's name for why, such as `net::ERR_FAILED`.
    #[error("{url}: {text}")]
    NotLoaded {
        /// Where it should have gone.
        url: String,
        /// Why it did not.
        text: String,
    },
    /// There is no answer: the connection has ended, or nothing came in time.
    #[error("{0:#}")]
    Lost(anyhow::Error),
}

impl Failure {
    /// What was answered, in the words of whoever answered; panics where nobody did.
    #[must_use]
    pub fn said(self) -> String {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        match self {
            Self::Refused(error) => text(&error["message"]).unwrap_or_default(),
            Self::Thrown(thrown) => text(&thrown["exception"]["description"]).unwrap_or_else(|| "thrown".to_owned()),
            Self::NotLoaded { text, .. } => text,
            Self::Lost(error) => panic!("nobody answers: {error:#}"),
        }
    }
}
