//! What becomes of the client while a person has control, and what it is told.

/// What the client is told: the code in `error.data.code`.
pub const CONTROL_TAKEN: &str = "CONTROL_TAKEN";

/// A person has control, and the client does not wish to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a person has control of this session; act again once they have handed it back")]
pub struct ControlTaken;

/// What becomes of a client's actions while a person has control.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Takeover {
    /// They wait, and go on when control is back.
    #[default]
    Wait,
    /// They are refused.
    Refuse,
}

impl Takeover {
    /// The choice of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "wait" => Some(Self::Wait),
            "refuse" => Some(Self::Refuse),
            _ => None,
        }
    }
}
