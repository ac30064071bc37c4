//! What somebody did in a session, whichever way they came. What was typed into a password field is never in it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Something that was done in a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// What was done, such as `navigate` or `click`.
    pub r#type: String,
    /// With what; typed text of password fields is masked.
    pub details: serde_json::Value,
    /// Whether it worked.
    pub success: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How long it took, milliseconds.
    pub duration_ms: u64,
    /// What it cost; nothing where Hangar is self-hosted.
    #[serde(default)]
    pub cost: f64,
    /// Why an agent did it, in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thought: Option<String>,
    /// Which agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Who did it.
    pub by: Actor,
}

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A CDP client.
    Client,
    /// A caller of a REST face.
    Rest,
    /// Somebody in the live view.
    Person,
}

impl Action {
    /// An action by `by` that took `duration`.
    #[must_use]
    pub fn new(r#type: &str, details: serde_json::Value, by: Actor, duration: Duration) -> Self {
        Self {
            r#type: r#type.to_owned(),
            details,
            success: true,
            error: None,
            duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
            cost: 0.0,
            thought: None,
            agent: None,
            by,
        }
    }
}
