//! The sessions that live in this process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hangar_domain::{
    EndDetail, EndReason, SessionId,
    session::{End, SessionSpec},
};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::live::Live;

/// Live sessions by id.
#[derive(Default)]
pub(crate) struct Registry {
    live: Mutex<HashMap<SessionId, Arc<Live>>>,
    changed: Notify,
}

impl Registry {
    pub(crate) fn insert(&self, live: Arc<Live>) {
        self.lock().insert(live.id(), live);
    }

    pub(crate) fn remove(&self, id: SessionId) {
        self.lock().remove(&id);
        self.changed.notify_waiters();
    }

    pub(crate) fn find(&self, id: SessionId) -> Option<Arc<Live>> {
        self.lock().get(&id).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Live>> {
        self.lock().values().cloned().collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Completes at the next change: a session that begins to end, or has ended.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    pub(crate) fn notify(&self) {
        self.changed.notify_waiters();
    }

    /// Whether a session that fits is on its way out.
    pub(crate) fn is_ending(&self, fits: impl Fn(&SessionSpec) -> bool) -> bool {
        self.lock().values().any(|live| live.is_ending() && fits(live.spec()))
    }

    pub(crate) async fn emptied(&self) {
        loop {
            let changed = self.changed.notified();
            if self.lock().is_empty() {
                return;
            }
            changed.await;
        }
    }

    pub(crate) fn end_all(&self) {
        let end = End::detailed(EndReason::GatewayCrash, EndDetail::Drained);
        self.all().iter().for_each(|live| live.end(end));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Arc<Live>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
