//! A client's place on a browser: its browser-level session, what it waits for, and the way back to it.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use super::{CLIENT_QUEUE_LIMIT, Inner, answer::Answers, call::CdpError, gate::Gate, late::LateCalls};
use crate::{filter::Policy, outbox::Outbox, session_key::SessionKey, ws::text_header};

/// What a client may do, and what it asked not to see.
#[derive(Clone)]
pub struct ClientOptions {
    /// Judges each of its commands.
    pub policy: Arc<Policy>,
    /// Console events are not passed on (`--bot-disable-console-message`).
    pub drop_console: bool,
    /// `Debugger.enable` is followed by `Debugger.setSkipAllPauses` (`--bot-disable-debugger`).
    pub skip_pauses: bool,
    /// What its commands pass, in this order; none costs nothing.
    pub gates: Arc<[Arc<dyn Gate>]>,
}

/// A client on a browser. Ends, with all its sessions, by [`Client::detach`].
pub struct Client {
    pub(super) inner: Arc<Inner>,
    root: SessionKey,
    /// What follows a command that names no session: `,"sessionId":"…"}` and the pipe's NUL.
    pub(super) root_suffix: [u8; 49],
    pub(super) outbox: Arc<Outbox>,
    pub(super) options: ClientOptions,
    pub(super) answers: Answers,
    pub(super) late: LateCalls,
    waiting: Mutex<HashSet<(SessionKey, i64), foldhash::fast::RandomState>>,
    evicted: CancellationToken,
    bytes_up: AtomicU64,
    bytes_down: AtomicU64,
}

#[derive(Serialize)]
struct ErrorReply<E> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    error: E,
    #[serde(rename = "sessionId", skip_serializing_if = "Option::is_none")]
    session: Option<String>,
}

#[derive(Serialize)]
struct CodedError<'a> {
    #[serde(flatten)]
    error: &'a CdpError,
    data: Code<'a>,
}

#[derive(Serialize)]
struct Code<'a> {
    code: &'a str,
}

#[derive(Serialize)]
struct ResultReply<'a> {
    id: i64,
    result: &'a RawValue,
    #[serde(rename = "sessionId", skip_serializing_if = "Option::is_none")]
    session: Option<String>,
}

#[derive(Serialize)]
struct EventMessage<'a> {
    method: &'a str,
    params: &'a RawValue,
    #[serde(rename = "sessionId", skip_serializing_if = "Option::is_none")]
    session: Option<String>,
}

impl Client {
    pub(super) fn new(inner: Arc<Inner>, root: SessionKey, outbox: Arc<Outbox>, options: ClientOptions) -> Self {
        let mut root_suffix = *b",\"sessionId\":\"00000000000000000000000000000000\"}\0";
        root_suffix[14..46].copy_from_slice(&root.text());
        Self {
            inner,
            root,
            root_suffix,
            outbox,
            options,
            answers: Answers::default(),
            late: LateCalls::default(),
            waiting: Mutex::default(),
            evicted: CancellationToken::new(),
            bytes_up: AtomicU64::new(0),
            bytes_down: AtomicU64::new(0),
        }
    }

    /// The client's browser-level session.
    #[must_use]
    pub fn root(&self) -> SessionKey {
        self.root
    }

    /// Payload bytes from and to this client.
    #[must_use]
    pub fn bytes(&self) -> (u64, u64) {
        (self.bytes_up.load(Relaxed), self.bytes_down.load(Relaxed))
    }

    /// Completes when the client was given up because it does not read.
    pub async fn evicted(&self) {
        self.evicted.cancelled().await;
    }

    /// The target that one of the client's sessions is attached to.
    #[must_use]
    pub fn target_of(&self, session: SessionKey) -> Option<Box<str>> {
        let routes = self.inner.routes();
        routes.owns(self.root, session).then(|| routes.target_of(session)).flatten()
    }

    /// Gives the client a session that Hangar opened for it, below its `parent`.
    pub fn adopt(&self, child: SessionKey, parent: SessionKey) {
        self.inner.routes().hand_over(child, parent);
    }

    /// Ends the client's sessions. What the browser still says to them is dropped.
    pub fn detach(&self) {
        self.answers.forget();
        self.inner.routes().remove_owner(self.root);
        self.inner.detach(self.root);
    }

    /// Answers a command with a result; `session` as the client named it.
    pub fn reply(&self, id: i64, session: Option<SessionKey>, result: &RawValue) {
        self.answers.given(session.unwrap_or(self.root), id, None);
        self.say(&ResultReply { id, result, session: self.outward(session) });
    }

    /// Answers a command with an error; `session` as the client named it.
    pub fn refuse(&self, id: Option<i64>, session: Option<SessionKey>, error: &CdpError) {
        if let Some(id) = id {
            self.answers.given(session.unwrap_or(self.root), id, Some(error));
        }
        self.say(&ErrorReply { id, error, session: self.outward(session) });
    }

    /// Answers a command with an error that names itself in `data.code`.
    pub(super) fn refuse_as(&self, id: i64, session: Option<SessionKey>, error: &CdpError, code: &str) {
        self.answers.given(session.unwrap_or(self.root), id, Some(error));
        let error = CodedError { error, data: Code { code } };
        self.say(&ErrorReply { id: Some(id), error, session: self.outward(session) });
    }

    /// Sends an event of our own on one of the client's sessions.
    pub fn emit(&self, session: Option<SessionKey>, method: &str, params: &RawValue) {
        self.say(&EventMessage { method, params, session: self.outward(session) });
    }

    /// Sends a control frame.
    pub fn send_control(&self, frame: &[u8]) {
        self.outbox.push(&[frame]);
        self.outbox.kick();
    }

    /// Counts messages of this client that each spent `added` in this process.
    pub fn note_added(&self, added: Duration, messages: u64) {
        self.inner.meter.added(added, messages);
    }

    fn outward(&self, session: Option<SessionKey>) -> Option<String> {
        session.filter(|key| *key != self.root).map(|key| key.to_string())
    }

    fn say(&self, message: &impl Serialize) {
        let text = serde_json::to_vec(message).expect("our own messages have string keys");
        self.send(&text, b"");
        self.outbox.kick();
    }

    /// Queues a message that stays in the reader's buffer.
    pub(super) fn send(&self, body: &[u8], end: &[u8]) {
        let length = body.len() + end.len();
        let (header, size) = text_header(length);
        self.count_down(length);
        self.outbox.push(&[&header[..size], body, end]);
    }

    /// Queues a large message without copying it.
    pub(super) fn send_owned(&self, body: BytesMut) {
        let (header, size) = text_header(body.len());
        self.count_down(body.len());
        self.outbox.push_owned(&header[..size], body.freeze(), b"");
    }

    fn count_down(&self, length: usize) {
        self.bytes_down.fetch_add(length as u64, Relaxed);
        self.inner.meter.bytes_down.fetch_add(length as u64, Relaxed);
        self.inner.meter.messages_down.fetch_add(1, Relaxed);
    }

    pub(super) fn count_up(&self, length: usize) {
        self.bytes_up.fetch_add(length as u64, Relaxed);
        self.inner.meter.bytes_up.fetch_add(length as u64, Relaxed);
        self.inner.meter.messages_up.fetch_add(1, Relaxed);
    }

    pub(super) fn is_full(&self) -> bool {
        self.outbox.queued() >= CLIENT_QUEUE_LIMIT
    }

    pub(super) fn evict(&self) {
        self.inner.meter.slow_readers.fetch_add(1, Relaxed);
        self.answers.forget();
        self.inner.routes().remove_owner(self.root);
        self.evicted.cancel();
    }

    /// Notes a command on its way; false when too many already wait.
    pub(super) fn expect(&self, session: SessionKey, id: i64) -> bool {
        let mut waiting = self.waiting();
        if waiting.len() >= super::upstream::IN_FLIGHT_LIMIT {
            return false;
        }
        waiting.insert((session, id));
        true
    }

    pub(super) fn answered(&self, session: SessionKey, id: i64, message: &[u8]) {
        self.answers.came(session, id, message);
        self.waiting().remove(&(session, id));
    }

    /// Answers what the browser never will, because the target that it was sent to has crashed.
    pub(super) fn fail_waiting(&self, session: SessionKey) {
        let mut waiting = self.waiting();
        let ids: Vec<i64> = waiting.iter().filter(|(on, _)| *on == session).map(|(_, id)| *id).collect();
        waiting.retain(|(on, _)| *on != session);
        drop(waiting);
        let error = CdpError { code: -32000, message: "Target crashed".to_owned() };
        for id in ids {
            self.refuse(Some(id), Some(session), &error);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashSet<(SessionKey, i64), foldhash::fast::RandomState>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A result without content.
pub(super) fn empty() -> Box<RawValue> {
    RawValue::from_string("{}".to_owned()).expect("an object is JSON")
}

/// Bytes taken over from a client's message.
pub(super) fn take(message: &mut BytesMut) -> Bytes {
    message.split().freeze()
}
