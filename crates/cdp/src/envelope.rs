//! The outer object of a CDP message: what a command of a client says, and whose a message of the browser is.
//!
//! A command is read once, strictly, in one pass and without an allocation in the normal case. The rule behind every
//! choice: what this accepts, Chromium reads in exactly the same way, so nothing can mean one thing to the policy
//! filter and another to the browser. It is stricter than Chromium where leniency would serve nobody (repeated keys
//! below the top, raw line breaks in strings, ids written as floats, nesting over 64).
//!
//! It must never be quadratic: a client may send 99 MB of anything.

mod edges;
mod keys;
mod malformed;
mod members;
mod scan;
mod text;

#[cfg(test)]
mod suite;

use std::borrow::Cow;
use std::ops::Range;

pub use edges::{head_id, head_method, tail_session};
pub use malformed::Malformed;

/// A client's command, as spans and borrowed text of the message that it was scanned from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope<'m> {
    /// The command's id. Always in the range of 32 bits, as in Chromium.
    pub id: i64,
    /// The method, its escapes decoded.
    pub method: Cow<'m, str>,
    /// The session that it is for, its escapes decoded; never empty (Chromium reads "" as its root session).
    pub session_id: Option<Cow<'m, str>>,
    /// The bytes of the params object; `None` when absent or null.
    pub params: Option<Range<usize>>,
    /// The digits of the id.
    pub id_span: Range<usize>,
    /// The value of `sessionId` with its quotes.
    pub session_span: Option<Range<usize>>,
    /// Where the closing brace is: `,"sessionId":"…"` goes before it.
    pub close: usize,
}

impl<'m> Envelope<'m> {
    /// Reads the outer object of a command and checks the whole message.
    ///
    /// The bytes should be UTF-8, as the frame decoder guarantees; only the envelope's own text is checked for it here.
    ///
    /// # Errors
    /// What Chromium would answer, with the id as far as it was read.
    pub fn scan(message: &'m [u8]) -> Result<Self, Malformed> {
        scan::command(message)
    }

    /// The text of the params; an empty object when there are none.
    #[must_use]
    pub fn params_in(&self, message: &'m [u8]) -> &'m [u8] {
        self.params.clone().and_then(|span| message.get(span)).unwrap_or(b"{}")
    }
}
