//! Sessions as others look at them: one by id, the live ones for the operator, the left-over ones for recovery.

use std::time::Duration;

use hangar_domain::{AccountId, BootId, KeyId, NodeId, ProfileId, SessionId, session::End};
use jiff::Timestamp;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Select};

use crate::{
    entity::session::{Column, Entity, Model},
    error::Error,
    store::Store,
};

/// When and how a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Wall time, for display.
    pub at: Timestamp,
    /// Why.
    pub end: End,
}

/// A session as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// The whole number that the gateway's history shows.
    pub number: i64,
    /// Which.
    pub id: SessionId,
    /// Whose.
    pub account: AccountId,
    /// The key that opened it.
    pub key: KeyId,
    /// Where it runs or ran.
    pub node: NodeId,
    /// Under which start of that node's server.
    pub boot: BootId,
    /// The profile that it writes or wrote.
    pub profile: Option<ProfileId>,
    /// The device preset's name.
    pub device: String,
    /// Options that were accepted and ignored, by name.
    pub warnings: Vec<String>,
    /// How long it outlives its last client.
    pub keep_alive: Duration,
    /// Wall time of the request.
    pub started_at: Timestamp,
    /// Wall time of the last heartbeat; the start's until there is one.
    pub heartbeat_at: Timestamp,
    /// Milliseconds at the last heartbeat; once ended, those that were billed.
    pub elapsed_ms: i64,
    /// Milliseconds reserved for it; `None` without limit and once ended.
    pub hold_ms: Option<i64>,
    /// Bytes towards sites; counted at the end.
    pub bytes_up: u64,
    /// Bytes from sites; counted at the end.
    pub bytes_down: u64,
    /// How it ended; `None` while it is open.
    pub ended: Option<Ended>,
}

/// A session that an earlier server process left open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// Which.
    pub id: SessionId,
    /// Whose.
    pub account: AccountId,
    /// The server process that had it.
    pub boot: BootId,
    /// Wall time of the request.
    pub started_at: Timestamp,
    /// Wall time of its last heartbeat: the best that is known of its end.
    pub heartbeat_at: Timestamp,
    /// Milliseconds at its last heartbeat: what it is billed.
    pub elapsed_ms: i64,
    /// The profile whose lease it still has.
    pub profile: Option<ProfileId>,
}

impl Store {
    /// The session with this id.
    ///
    /// # Errors
    /// The database's.
    pub async fn session_find(&self, id: SessionId) -> Result<Option<SessionRow>, Error> {
        let row = Entity::find().filter(Column::Id.eq(id.to_string())).one(self.reader()).await?;
        row.map(|row| row.to_row()).transpose()
    }

    /// Every open session on every node, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn sessions_live(&self) -> Result<Vec<SessionRow>, Error> {
        let rows = live().all(self.reader()).await?;
        rows.iter().map(Model::to_row).collect()
    }

    /// The node's open sessions that do not belong to the boot `not_boot`: what recovery has to end before the server
    /// accepts anyone.
    ///
    /// # Errors
    /// The database's.
    pub async fn sessions_open(&self, node: NodeId, not_boot: BootId) -> Result<Vec<OpenSession>, Error> {
        let rows = left_open(node, not_boot).all(self.reader()).await?;
        rows.iter().map(Model::to_open).collect()
    }
}

fn live() -> Select<Entity> {
    Entity::find().filter(Column::EndedAt.is_null()).order_by_asc(Column::Number)
}

fn left_open(node: NodeId, not_boot: BootId) -> Select<Entity> {
    live().filter(Column::NodeId.eq(node.to_string())).filter(Column::BootId.ne(not_boot.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn open_sessions_are_found_without_looking_at_the_ended_ones() {
        let store = Store::connect("sqlite::memory:").await.unwrap();
        let node: NodeId = "node_00000000000000000000000000000001".parse().unwrap();
        let boot: BootId = "boot_00000000000000000000000000000001".parse().unwrap();
        for query in [live(), left_open(node, boot)] {
            let plan = store.explain(query).await;
            assert!(plan.contains("USING INDEX sessions_open"), "{plan}");
        }
    }
}
