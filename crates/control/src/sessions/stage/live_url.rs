//! The one link that a session's client may have to its live view (`liveURL`, contracts/botcloud.md §5).
//!
//! Its pass alone cannot be taken back, so the session knows which one is open: it ends with its time, with the person's
//! Done, and with its maker's interest.

use std::sync::{Arc, Weak};

use tokio_util::sync::CancellationToken;

use super::{Stage, viewer::lock};

/// The link as the session knows it.
#[derive(Clone)]
pub(super) struct Known {
    nonce: String,
    ended: CancellationToken,
}

/// The link as its maker holds it open.
pub(crate) struct OpenLiveUrl {
    stage: Weak<Stage>,
    pub(crate) ended: CancellationToken,
}

impl Stage {
    /// Opens the link; `None` while there is another.
    pub(crate) fn open_live_url(self: &Arc<Self>, nonce: &str) -> Option<OpenLiveUrl> {
        let mut known = lock(&self.live_url);
        if known.is_some() {
            return None;
        }
        let ended = CancellationToken::new();
        *known = Some(Known { nonce: nonce.to_owned(), ended: ended.clone() });
        Some(OpenLiveUrl { stage: Arc::downgrade(self), ended })
    }

    /// What tells of the end of the link with this nonce; `None` when it is over.
    pub(super) fn live_url(&self, nonce: &str) -> Option<CancellationToken> {
        lock(&self.live_url).as_ref().filter(|known| known.nonce == nonce).map(|known| known.ended.clone())
    }
}

impl Drop for OpenLiveUrl {
    fn drop(&mut self) {
        self.ended.cancel();
        if let Some(stage) = self.stage.upgrade() {
            *lock(&stage.live_url) = None;
        }
    }
}
