//! After a server died: its sessions are billed to their last heartbeat, before anybody may connect.

use hangar_domain::{EndReason, session::End};
use hangar_store::EndSession;

use crate::{Control, Error};

/// What an earlier server left behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Sessions that were open.
    pub sessions: usize,
    /// Half-written profiles that were removed.
    pub profiles: usize,
}

impl Control {
    /// Ends what an earlier server of this node left open. Its processes and folders must be gone already.
    ///
    /// # Errors
    /// The store's, or the profile folder's.
    pub async fn recover(&self) -> Result<Recovered, Error> {
        let open = self.store.sessions_open(self.node, self.boot).await?;
        for session in &open {
            let elapsed = jiff::SignedDuration::from_millis(session.elapsed_ms);
            let end = EndSession {
                id: session.id,
                end: End::plain(EndReason::GatewayCrash),
                elapsed_ms: session.elapsed_ms,
                ended_at: session.started_at.saturating_add(elapsed).unwrap_or(session.started_at),
                bytes_up: 0,
                bytes_down: 0,
                ledger_id: self.ledger_id(),
            };
            self.store.session_end(end).await?;
            tracing::warn!(session.id = %session.id, session.elapsed_ms = session.elapsed_ms, "recovered a session");
        }
        Ok(Recovered { sessions: open.len(), profiles: self.profiles.sweep().await? })
    }
}
