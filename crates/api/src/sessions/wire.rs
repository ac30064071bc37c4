//! How this face spells what all faces share (contracts/thinkrun.md §1).

use hangar_control::sessions::look::Stage;
use hangar_domain::NodeId;
use jiff::Timestamp;

/// ISO 8601 in UTC, whole seconds.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A session's status.
pub(super) const fn status(stage: Stage) -> &'static str {
    match stage {
        Stage::Provisioning => "creating",
        Stage::Running => "running",
        Stage::Completed => "completed",
        Stage::Failed => "failed",
        Stage::Cancelled => "cancelled",
    }
}

/// A node as eight hex digits, as in the seed.
pub(super) fn machine(node: NodeId) -> String {
    let id = node.uuid().simple().to_string();
    id[id.len() - 8..].to_owned()
}
