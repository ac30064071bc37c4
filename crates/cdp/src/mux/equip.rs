//! Commands that go ahead of a client on each session that it gets.
//!
//! After a navigation into another process Chromium restores the overrides of every session in turn, and one that has
//! none resets the platform of all (seen on Chromium 156). So what Hangar's own session overrides, a client's session
//! must override as well, before the client knows of it; what the client then sets itself stands.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Inner, upstream::EQUIP_ID};
use crate::session_key::SessionKey;

/// What a target tells of itself (`Target.TargetInfo`).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetInfo {
    /// Which.
    pub target_id: String,
    /// `page`, `iframe`, `worker`, …
    pub r#type: String,
    /// The browser context that it is in.
    pub browser_context_id: Option<String>,
}

/// `Target.attachedToTarget`: a child session of the one that it came on.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttachedToTarget {
    /// Its id, as the browser writes it ([`SessionKey::parse`]).
    pub session_id: String,
    /// What it is attached to.
    pub target_info: TargetInfo,
}

/// Gives the commands for a target, each a method and its parameters.
pub type Equipment = dyn Fn(&TargetInfo) -> Vec<(&'static str, Value)> + Send + Sync;

impl Inner {
    /// Sends the equipment of a session that a client just got. Its replies are swallowed.
    pub(super) fn equip(&self, session: SessionKey, target: &TargetInfo) {
        let Some(equipment) = self.equipment.get() else { return };
        for (method, params) in equipment(target) {
            let command =
                json!({ "id": EQUIP_ID, "method": method, "params": params, "sessionId": session.to_string() });
            self.pipe.push(&[command.to_string().as_bytes(), b"\0"]);
        }
        self.pipe.kick();
    }
}
