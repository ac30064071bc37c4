//! What is answered to a message that is no command. The texts are Chromium's own, because clients print them.

/// A message that is not a CDP command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Malformed {
    /// The command's id, when it was read before the fault; the answer then carries it, so that the client's call fails
    /// instead of hanging.
    pub id: Option<i64>,
    /// -32700 (no JSON) or -32600 (no command).
    pub code: i32,
    /// In words; never a part of the message.
    pub message: &'static str,
}

impl Malformed {
    pub(super) const fn json(message: &'static str) -> Self {
        Self { id: None, code: -32_700, message }
    }

    pub(super) const fn request(id: Option<i64>, message: &'static str) -> Self {
        Self { id, code: -32_600, message }
    }
}
