//! One browser's pipe, shared: every client and Hangar itself has a browser-level session of its own on it.
//!
//! Sessions come from `Target.attachToBrowserTarget` (CDP Target domain), so clients never see each other's events, and
//! detaching one ends all its children. Towards the browser the client's `sessionId` is added where it is absent; from
//! the browser the owner is read off the message's tail, where Chromium writes it, without parsing the rest.
//!
//! The multiplexer must never wait for one client on behalf of another browser, and must never let a client name a
//! session that it does not own.

mod answer;
mod call;
mod client;
mod equip;
mod gate;
mod internal;
mod late;
mod reader;
mod routes;
mod upstream;

use std::{
    collections::HashSet,
    io,
    os::fd::OwnedFd,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::Deserialize;
use serde_json::Value;
use tokio::{
    net::unix::pipe::{Receiver, Sender},
    runtime::Handle,
};
use tokio_util::sync::CancellationToken;

pub use self::{
    answer::Answered,
    call::{CallError, CdpError},
    client::{Client, ClientOptions},
    equip::{AttachedToTarget, Equipment, TargetInfo},
    gate::{Gate, HeldCommand, Outgoing, Passage},
    internal::{Event, Events, InternalSession},
    upstream::{Accepted, ExtraCall},
};
use self::{call::Calls, routes::Routes};
use crate::{meter::Meter, outbox::Outbox, session_key::SessionKey};

/// Commands that a client has sent wait in the pipe's outbox; beyond this many bytes its frames are not read.
pub const PIPE_QUEUE_LIMIT: usize = 4 << 20;

/// Bytes that may wait for one client before its browser is no longer read.
pub const CLIENT_QUEUE_LIMIT: usize = 16 << 20;

/// Closes that are remembered; a client that asks for more has its pages' ends taken for their own.
const MOST_CLOSES: usize = 100_000;

/// A handle on the owner of one browser's pipe. Cheap to clone.
#[derive(Clone)]
pub struct Mux {
    inner: Arc<Inner>,
}

struct Inner {
    pipe: Outbox,
    lane: Handle,
    routes: Mutex<Routes>,
    /// Calls on the connection itself, outside any session.
    root: Calls,
    /// A browser session attached ahead of its client, which saves that client a round trip.
    spare: Mutex<Option<SessionKey>>,
    /// Targets and browser contexts that a client has asked to close.
    closes: Mutex<HashSet<Box<str>>>,
    equipment: OnceLock<Box<Equipment>>,
    meter: Arc<Meter>,
    ended: CancellationToken,
    blocked: AtomicBool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attached {
    session_id: String,
}

impl Mux {
    /// Takes over a browser's pipe: `reader` is what it writes (its descriptor 4), `writer` what it reads (3). Both, and
    /// everything that the multiplexer does, live on `lane`.
    ///
    /// # Errors
    /// Where a descriptor is not a pipe, or the lane has no place for it.
    pub fn start(lane: Handle, reader: OwnedFd, writer: OwnedFd, meter: Arc<Meter>) -> io::Result<Self> {
        let (reader, writer) = {
            // A descriptor belongs to the runtime in whose context it is registered.
            let _entered = lane.enter();
            (Receiver::from_owned_fd(reader)?, Sender::from_owned_fd(writer)?)
        };
        let inner = Arc::new(Inner {
            pipe: Outbox::new(writer),
            lane: lane.clone(),
            routes: Mutex::default(),
            root: Calls::default(),
            spare: Mutex::new(None),
            closes: Mutex::default(),
            equipment: OnceLock::new(),
            meter,
            ended: CancellationToken::new(),
            blocked: AtomicBool::new(false),
        });
        lane.spawn({
            let inner = inner.clone();
            async move { inner.pipe.run().await }
        });
        lane.spawn(reader::run(inner.clone(), reader));
        Ok(Self { inner })
    }

    /// Where this browser's clients should be served.
    #[must_use]
    pub fn lane(&self) -> &Handle {
        &self.inner.lane
    }

    /// Sets, once, what goes ahead of every client on each session that it gets.
    pub fn equip_clients(&self, equipment: impl Fn(&TargetInfo) -> Vec<(&'static str, Value)> + Send + Sync + 'static) {
        // Set by the one director of the browser; a second would change nothing.
        let _set_before = self.inner.equipment.set(Box::new(equipment));
    }

    /// Completes when the browser's side of the pipe is gone.
    pub async fn ended(&self) {
        self.inner.ended.cancelled().await;
    }

    /// Whether the browser's side of the pipe is gone.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.inner.ended.is_cancelled()
    }

    /// Whether the browser is not being read because a client does not read: silence then says nothing about it.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.inner.blocked.load(Ordering::Relaxed)
    }

    /// Clients attached now.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.inner.routes().clients()
    }

    /// Whether a client asked for the end of this target, or of the browser context that it is in. Asked once, at the
    /// target's end.
    #[must_use]
    pub fn was_asked_to_close(&self, target: &str, context: Option<&str>) -> bool {
        let mut closes = self.inner.closes.lock().unwrap_or_else(PoisonError::into_inner);
        let by_target = closes.remove(target);
        by_target || context.is_some_and(|context| closes.contains(context))
    }

    /// Notes that the end of this target or browser context was asked for, so that it is not taken for a page's own.
    pub fn expect_close(&self, id: &str) {
        self.inner.expect_close(id.into());
    }

    /// Closes the pipe; the browser exits by itself.
    pub fn close(&self) {
        self.inner.pipe.abort();
    }

    /// Makes ready what the first client will need, so that it does not wait for it.
    ///
    /// # Errors
    /// [`CallError`] when the browser does not answer as it should.
    pub async fn warm(&self) -> Result<(), CallError> {
        let session = self.inner.attach_to_browser().await?;
        *self.inner.spare() = Some(session);
        Ok(())
    }

    /// A browser-level session for Hangar's own use. Its events must be received: they arrive in a bounded queue.
    ///
    /// # Errors
    /// [`CallError`] when the browser does not answer as it should.
    pub async fn open_session(&self) -> Result<(InternalSession, Events), CallError> {
        let root = self.inner.attach_to_browser().await?;
        Ok(internal::open(self.inner.clone(), root))
    }

    /// Gives a client its browser-level session. Messages to it go to `outbox` as WebSocket frames.
    ///
    /// # Errors
    /// [`CallError`] when the browser does not answer as it should.
    pub async fn attach(&self, outbox: Arc<Outbox>, options: ClientOptions) -> Result<Arc<Client>, CallError> {
        let spare = self.inner.spare().take();
        let root = match spare {
            Some(session) => session,
            None => self.inner.attach_to_browser().await?,
        };
        let client = Arc::new(Client::new(self.inner.clone(), root, outbox, options));
        self.inner.routes().add_client(&client);
        Ok(client)
    }

    /// Gives a client a session on one page. Its policy must be one of one page, since the browser itself would let this
    /// session do as much as any other.
    ///
    /// # Errors
    /// [`CallError`] when there is no such page or the browser does not answer as it should.
    pub async fn attach_to_page(
        &self,
        target: &str,
        outbox: Arc<Outbox>,
        options: ClientOptions,
    ) -> Result<PageClient, CallError> {
        // Its events are only those of the attaching; without a receiver they are dropped.
        let (around, _) = self.open_session().await?;
        let params = serde_json::json!({ "targetId": target, "flatten": true });
        let reply = around.call("Target.attachToTarget", &params).await?;
        let attached: Attached = serde_json::from_str(reply.get()).map_err(|_| CallError::Unreadable)?;
        let page = SessionKey::parse(attached.session_id.as_bytes()).ok_or(CallError::Unreadable)?;
        let client = Arc::new(Client::new(self.inner.clone(), page, outbox, options));
        self.inner.routes().add_page_client(&client, target);
        Ok(PageClient { client, _around: around })
    }
}

/// A client that sees one page and nothing of the browser around it. The page's session is a child of a browser session
/// that the client cannot name; both end when this is dropped.
pub struct PageClient {
    /// Its messages name no session, or one below the page's.
    pub client: Arc<Client>,
    _around: InternalSession,
}

impl Drop for PageClient {
    fn drop(&mut self) {
        self.client.detach();
    }
}

impl Inner {
    async fn attach_to_browser(&self) -> Result<SessionKey, CallError> {
        let reply = self.root.call(self, None, "Target.attachToBrowserTarget", &serde_json::json!({})).await?;
        let attached: Attached = serde_json::from_str(reply.get()).map_err(|_| CallError::Unreadable)?;
        SessionKey::parse(attached.session_id.as_bytes()).ok_or(CallError::Unreadable)
    }

    fn expect_close(&self, id: Box<str>) {
        let mut closes = self.closes.lock().unwrap_or_else(PoisonError::into_inner);
        if closes.len() < MOST_CLOSES {
            closes.insert(id);
        }
    }

    fn routes(&self) -> MutexGuard<'_, Routes> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spare(&self) -> MutexGuard<'_, Option<SessionKey>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends a browser-level session and all its children, without waiting for the browser's word.
    fn detach(&self, root: SessionKey) {
        let params = serde_json::json!({ "sessionId": root.to_string() });
        self.root.send_and_forget(self, None, "Target.detachFromTarget", &params);
    }
}
