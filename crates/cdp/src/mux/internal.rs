//! A session of Hangar's own: the recorder's, the emulation's, an action's.

use std::{sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    Inner,
    call::{CallError, Calls},
    equip::TargetInfo,
};
use crate::session_key::SessionKey;

/// Events that wait for their receiver before the browser is no longer read.
const EVENTS: usize = 4096;

/// An event on an internal session or one of its children.
#[derive(Debug)]
pub struct Event {
    /// The session that it came on.
    pub session: SessionKey,
    /// `Domain.event`.
    pub method: String,
    /// Its parameters as the browser wrote them.
    pub params: Box<RawValue>,
}

impl Event {
    /// The parameters as `T`; `None` where they are not.
    #[must_use]
    pub fn params<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(self.params.get()).ok()
    }
}

/// Where an internal session's events arrive. Whoever receives must not wait for a call before receiving the next.
pub struct Events {
    /// Boxed: a queue keeps whole blocks of its items, also while it is empty.
    receiver: mpsc::Receiver<Box<Event>>,
    ended: CancellationToken,
}

impl Events {
    /// The next event; `None` once the browser is gone.
    pub async fn recv(&mut self) -> Option<Box<Event>> {
        tokio::select! {
            biased;
            event = self.receiver.recv() => event,
            () = self.ended.cancelled() => None,
        }
    }
}

/// What the routing knows of an internal session.
pub(super) struct Internal {
    pub(super) root: SessionKey,
    pub(super) calls: Calls,
    pub(super) events: mpsc::Sender<Box<Event>>,
}

/// A browser-level session of Hangar's own; ends, with its children, when dropped.
pub struct InternalSession {
    inner: Arc<Inner>,
    internal: Arc<Internal>,
}

pub(super) fn open(inner: Arc<Inner>, root: SessionKey) -> (InternalSession, Events) {
    let (events, receiver) = mpsc::channel(EVENTS);
    let internal = Arc::new(Internal { root, calls: Calls::default(), events });
    inner.routes().add_internal(&internal);
    let events = Events { receiver, ended: inner.ended.clone() };
    (InternalSession { inner, internal }, events)
}

impl InternalSession {
    /// The browser-level session's id.
    #[must_use]
    pub fn root(&self) -> SessionKey {
        self.internal.root
    }

    /// Sends a command on the browser-level session and waits for its result.
    ///
    /// # Errors
    /// [`CallError`] when it is refused or the pipe closes.
    pub async fn call(&self, method: &str, params: &impl Serialize) -> Result<Box<RawValue>, CallError> {
        self.call_on(self.internal.root, method, params).await
    }

    /// Sends a command on a child session and waits for its result.
    ///
    /// # Errors
    /// [`CallError`] when it is refused or the pipe closes.
    pub async fn call_on(
        &self,
        session: SessionKey,
        method: &str,
        params: &impl Serialize,
    ) -> Result<Box<RawValue>, CallError> {
        self.internal.calls.call(&self.inner, Some(session), method, params).await
    }

    /// Sends a command whose result nobody needs; commands on one session keep their order.
    pub fn send_on(&self, session: SessionKey, method: &str, params: &impl Serialize) {
        self.internal.calls.send_and_forget(&self.inner, Some(session), method, params);
    }

    /// Sends ahead on a child session what goes ahead of every client ([`Mux::equip_clients`](crate::Mux::equip_clients)):
    /// after a navigation into another process, Chromium lets a session that overrides nothing undo what others override.
    pub fn equip(&self, session: SessionKey, target: &TargetInfo) {
        self.inner.equip(session, target);
    }

    /// Whether the browser answers a command within `limit`; yes while a slow client keeps it from being read.
    pub async fn is_alive(&self, limit: Duration) -> bool {
        let params = serde_json::json!({});
        let version = self.call("Browser.getVersion", &params);
        match tokio::time::timeout(limit, version).await {
            Ok(reply) => reply.is_ok(),
            Err(_) => self.inner.blocked.load(std::sync::atomic::Ordering::Relaxed),
        }
    }
}

impl Drop for InternalSession {
    fn drop(&mut self) {
        self.inner.routes().remove_owner(self.internal.root);
        self.inner.detach(self.internal.root);
    }
}
