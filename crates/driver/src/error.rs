//! Everything that can go wrong with an action, in the words of contracts/thinkrun.md §1.
//!
//! The texts go to the caller and into the action log: they must never hold what was typed, and no address.

use std::time::Duration;

use hangar_cdp::mux::CallError;
use hangar_domain::{Fault, Retry};

/// Why an action did not do what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The script threw, did not parse, or made too much.
    #[error("{message}")]
    EvaluateFailed {
        /// What it threw.
        message: String,
    },
    /// Nothing matched the selector in time.
    #[error("no element matches {selector}")]
    ElementNotFound {
        /// The selector.
        selector: String,
    },
    /// The element is in a frame that no input gets to.
    #[error("the element for {selector} {why}")]
    ElementInIframe {
        /// The selector.
        selector: String,
        /// Goes on from "the element".
        why: String,
    },
    /// The element is only in a closed shadow root.
    #[error("the element for {selector} is in a closed shadow root")]
    ElementInShadowDom {
        /// The selector.
        selector: String,
    },
    /// The document went away while it was acted on.
    #[error("the page went to another document during the action")]
    PageNavigated,
    /// The address could not be loaded.
    #[error("the address could not be loaded: {code}")]
    Network {
        /// Chromium's name for it, such as `net::ERR_NAME_NOT_RESOLVED`.
        code: String,
    },
    /// The browser refused a command that it should not have.
    #[error("the browser refused {method}: {message}")]
    Protocol {
        /// The command.
        method: &'static str,
        /// What it said.
        message: String,
    },
    /// The page's renderer died.
    #[error("the page crashed")]
    Crashed,
    /// The page did not get where it should in time.
    #[error("the navigation was not over after {} ms: {why}", limit.as_millis())]
    NavigationTimeout {
        /// What was allowed.
        limit: Duration,
        /// What was waited for.
        why: String,
    },
    /// What the action needs did not come about in time.
    #[error("gave up after {} ms: {why}", limit.as_millis())]
    OperationTimeout {
        /// What was allowed.
        limit: Duration,
        /// What was waited for.
        why: String,
    },
    /// The request cannot be carried out on any page, or not on this element.
    #[error("{message}")]
    Invalid {
        /// What is wrong with it.
        message: String,
        /// What to do instead; may be empty.
        hint: String,
    },
    /// The browser is gone.
    #[error("the browser is gone")]
    Gone,
}

impl Error {
    pub(crate) fn invalid(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Invalid { message: message.into(), hint: hint.into() }
    }

    pub(crate) fn unreadable(method: &'static str) -> Self {
        Self::Protocol { method, message: "the reply is not of the documented shape".to_owned() }
    }

    pub(crate) fn refused(method: &'static str, error: CallError) -> Self {
        match error {
            CallError::Closed => Self::Gone,
            CallError::Unreadable => Self::unreadable(method),
            CallError::Refused(refusal) if is_about_a_lost_document(&refusal.message) => Self::PageNavigated,
            CallError::Refused(refusal) => Self::Protocol { method, message: refusal.message },
        }
    }

    /// The contract's code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::EvaluateFailed { .. } => "EVALUATE_FAILED",
            Self::ElementNotFound { .. } => "ELEMENT_NOT_FOUND",
            Self::ElementInIframe { .. } => "ELEMENT_IN_IFRAME",
            Self::ElementInShadowDom { .. } => "ELEMENT_IN_SHADOW_DOM",
            Self::PageNavigated => "PAGE_NAVIGATED",
            Self::Network { .. } => "NETWORK_ERROR",
            Self::Protocol { .. } | Self::Crashed => "BROWSER_PROTOCOL_ERROR",
            Self::NavigationTimeout { .. } => "NAVIGATION_TIMEOUT",
            Self::OperationTimeout { .. } => "OPERATION_TIMEOUT",
            Self::Invalid { .. } => "INVALID_REQUEST",
            Self::Gone => "SESSION_CLOSED",
        }
    }

    /// Who has to change something.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::EvaluateFailed { .. } | Self::Invalid { .. } => Fault::Client,
            Self::Protocol { .. } | Self::Crashed | Self::Gone => Fault::Browser,
            Self::ElementNotFound { .. }
            | Self::ElementInIframe { .. }
            | Self::ElementInShadowDom { .. }
            | Self::PageNavigated
            | Self::Network { .. }
            | Self::NavigationTimeout { .. }
            | Self::OperationTimeout { .. } => Fault::Site,
        }
    }

    /// Whether the same request may be made again.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::EvaluateFailed { .. } | Self::Invalid { .. } | Self::Gone => Retry::Never,
            _ => Retry::Now,
        }
    }

    /// What an agent might try next.
    #[must_use]
    pub fn hint(&self) -> &str {
        match self {
            Self::EvaluateFailed { .. } => "Send one expression; put statements into (() => { … })().",
            Self::ElementNotFound { .. } => {
                "Take a snapshot to see what is on the page, or wait for the element first."
            }
            Self::ElementInIframe { .. } => {
                "Bring the frame into view first, or open its address as a page of its own."
            }
            Self::ElementInShadowDom { .. } => {
                "Selectors cannot look into a closed shadow root; click its host, or use keys."
            }
            Self::PageNavigated => "Look where the page is now, then decide again.",
            Self::Network { code } => network_hint(code),
            Self::Protocol { .. } => "Try again.",
            Self::Crashed => "Navigate again: the page starts anew.",
            Self::NavigationTimeout { .. } => {
                "The page may still be loading: wait for what is needed, or allow more time."
            }
            Self::OperationTimeout { why, .. } => timeout_hint(why),
            Self::Invalid { hint, .. } => hint,
            Self::Gone => "Create a new session.",
        }
    }
}

/// Begins every reason that a dialog is.
pub(crate) const DIALOG: &str = "a dialog is open";

fn timeout_hint(why: &str) -> &'static str {
    match why {
        _ if why.starts_with(DIALOG) => "Answer the dialog, then try again.",
        _ if why.contains("is covered by") => "Close or wait for what lies over the element.",
        _ if why.contains("is disabled") => "Do first what enables it.",
        _ if why.contains("is not visible") => "Open or scroll to what shows it, or choose another selector.",
        _ => "Take a snapshot to see the state of the page.",
    }
}

fn network_hint(code: &str) -> &'static str {
    match code {
        "net::ERR_ABORTED" => {
            "The address answered with a download, with nothing (204), or another navigation took over; the page stays."
        }
        "net::ERR_NAME_NOT_RESOLVED" => "Check the host's name.",
        _ => "Check the address, or try again later.",
    }
}

/// What Chromium says where a document, its context or its objects are no more.
fn is_about_a_lost_document(message: &str) -> bool {
    const LOST: [&str; 10] = [
        "Cannot find context with specified id",
        "Could not find object with given id",
        "Cannot find default execution context",
        "Execution context was destroyed",
        "Inspected target navigated or closed",
        "Session with given id not found",
        "No frame for given id found",
        "Frame with the given id was not found",
        "Frame with the given id does not belong to the target",
        "Not attached to an active page",
    ];
    LOST.iter().any(|text| message.contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_chromium_says_of_lost_documents_is_known() {
        let lost = hangar_cdp::mux::CdpError { code: -32000, message: "Execution context was destroyed.".to_owned() };
        assert_eq!(Error::refused("X", CallError::Refused(lost)), Error::PageNavigated);
        let other = hangar_cdp::mux::CdpError { code: -32602, message: "Invalid parameters".to_owned() };
        assert_eq!(Error::refused("X", CallError::Refused(other)).code(), "BROWSER_PROTOCOL_ERROR");
    }

    #[test]
    fn a_reason_leads_to_its_hint() {
        let timeout = |why: &str| Error::OperationTimeout { limit: Duration::from_secs(1), why: why.to_owned() };
        assert!(timeout("the element is covered by <div>").hint().starts_with("Close or wait"));
        assert!(timeout("a dialog is open (alert)").hint().starts_with("Answer the dialog"));
        assert_eq!(timeout("it is moving").to_string(), "gave up after 1000 ms: it is moving");
    }
}
