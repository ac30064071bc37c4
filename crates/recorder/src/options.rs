//! What a recording keeps, and how much of it at most.

use std::fmt;

use hangar_domain::timeline::Record;

/// What a recording keeps.
#[derive(Clone)]
pub struct Options {
    /// [`Record::Full`] also keeps the answers' headers; pictures are not this recorder's.
    pub level: Record,
    /// What must appear nowhere: passwords, tokens. Those of fewer than four bytes are passed over.
    pub secrets: Vec<String>,
    /// Whether JavaScript dialogs wait for somebody to answer them, even where no client has enabled `Page`. Without it,
    /// a page that no client has enabled `Page` on gets the answer that Chromium gives by itself: dismissed.
    pub hold_dialogs: bool,
    /// Bounds.
    pub limits: Limits,
}

/// Bounds of a recording. Whatever is longer is cut, and says so with an ellipsis.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a console line, an exception's text, a dialog's message, typed text.
    pub text: usize,
    /// Bytes of an address.
    pub url: usize,
    /// Calls of a stack.
    pub stack: usize,
    /// Arguments of a console call.
    pub arguments: usize,
    /// Headers of an answer.
    pub headers: usize,
    /// Requests under way; beyond it the oldest is given up.
    pub pending: usize,
    /// Entries that wait for their receiver; beyond it they are dropped.
    pub waiting: usize,
    /// About as many bytes may they hold.
    pub waiting_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text: 8 << 10,
            url: 4 << 10,
            stack: 16,
            arguments: 32,
            headers: 64,
            pending: 4096,
            waiting: 16_384,
            waiting_bytes: 16 << 20,
        }
    }
}

impl Options {
    /// A recording at this level, with the usual bounds.
    #[must_use]
    pub fn new(level: Record) -> Self {
        Self { level, secrets: Vec::new(), hold_dialogs: false, limits: Limits::default() }
    }
}

/// Never the secrets.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("level", &self.level)
            .field("secrets", &self.secrets.len())
            .field("hold_dialogs", &self.hold_dialogs)
            .field("limits", &self.limits)
            .finish()
    }
}
