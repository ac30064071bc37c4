//! The policy filter: what a client may tell its browser.
//!
//! An allow-list of domains with denied, checked and rewritten methods. Everything that a filter can enforce is in
//! [`table`]; what it cannot see (a page's own redirects, a file opened by script) is stopped by the browser's
//! namespaces and its egress, never by this.
//!
//! It must never forward a command that it has not understood, nor change one that it forwards. It never sees replies.

mod answer;
mod command;
mod downloads;
mod extra;
mod files;
mod navigation;
mod one_page;
mod permissions;
mod rule;
mod table;
mod targets;
mod tracing;

#[cfg(test)]
mod suite;

use std::fmt;
use std::sync::Arc;

use crate::envelope::Envelope;

pub use answer::Answer;
pub use extra::{Extra, LONGEST_VIEW_MS, MOST_FLAGS};

pub use navigation::may_open;

use command::Command;
use rule::Rule;

/// What the filter has to know of the session that it guards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// Where the browser must put downloads: an absolute path as the browser sees it, without a slash at the end.
    pub downloads: String,
    /// The only folder whose files a page may be given: an absolute path as the browser sees it, without a slash at
    /// the end.
    pub uploads: String,
    /// Whether domains that the table does not know are forwarded. Denied ones never are.
    pub unknown_domains: bool,
}

/// The filter of one session; cheap to clone.
#[derive(Clone, Debug)]
pub struct Policy {
    surroundings: Arc<Surroundings>,
    one_page: bool,
}

/// What becomes of a command.
#[derive(PartialEq)]
pub enum Verdict {
    /// The original bytes go to the browser.
    Forward,
    /// These bytes go instead: a whole command with the same id and `sessionId`.
    Rewrite(Vec<u8>),
    /// The browser never sees it.
    Answer(Answer),
    /// `Browser.close`: answered with `{}`, and the session ends.
    EndSession,
    /// Hangar does it itself.
    Extra(Extra),
}

/// Only the kind: a command may hold cookies and the credentials of a proxy.
impl fmt::Debug for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forward => f.write_str("Forward"),
            Self::Rewrite(bytes) => write!(f, "Rewrite({} bytes)", bytes.len()),
            Self::Answer(answer) => answer.fmt(f),
            Self::EndSession => f.write_str("EndSession"),
            Self::Extra(extra) => extra.fmt(f),
        }
    }
}

/// Whether a client may send this method at all, whatever becomes of its params.
#[must_use]
pub fn is_offered(method: &str) -> bool {
    matches!(table::rule(method), Some(Rule::Forward | Rule::Check(_)))
}

impl Policy {
    /// The policy of a session with these surroundings.
    #[must_use]
    pub fn new(surroundings: Surroundings) -> Self {
        Self { surroundings: Arc::new(surroundings), one_page: false }
    }

    /// The policy of somebody who may see one page of this session, and nothing else.
    #[must_use]
    pub fn of_one_page(&self) -> Self {
        Self { surroundings: self.surroundings.clone(), one_page: true }
    }

    /// Decides on a command. `envelope` must have been scanned from `message`.
    ///
    /// Allocates nothing for what is forwarded unchecked, which is nearly everything.
    #[must_use]
    pub fn judge(&self, envelope: &Envelope<'_>, message: &[u8]) -> Verdict {
        let method = &*envelope.method;
        if self.one_page {
            let command = Command { surroundings: &self.surroundings, envelope, message };
            if let Err(refusal) = one_page::check(&command) {
                return Verdict::Answer(refusal);
            }
        }
        match table::rule(method) {
            Some(Rule::Forward) => Verdict::Forward,
            Some(Rule::Deny) => Verdict::Answer(Answer::denied(method)),
            Some(Rule::Check(check)) => {
                let command = Command { surroundings: &self.surroundings, envelope, message };
                check(&command).unwrap_or_else(Verdict::Answer)
            }
            None if self.surroundings.unknown_domains && method.contains('.') => Verdict::Forward,
            None | Some(Rule::Unknown) => Verdict::Answer(Answer::not_found(method)),
        }
    }
}
