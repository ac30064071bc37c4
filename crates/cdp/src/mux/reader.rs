//! From the browser to whoever a message is for.
//!
//! One task per browser reads its pipe. It stops reading while a client's outbox is full, so that the browser, and not
//! this server, holds what that client does not read.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use bytes::{Buf, BytesMut};
use memchr::memchr;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    sync::mpsc::error::TrySendError,
};

use super::{
    CLIENT_QUEUE_LIMIT, Inner,
    call::CdpError,
    client::Client,
    equip::TargetInfo,
    internal::{Event, Internal},
    routes::Owner,
    upstream::is_reserved,
};
use crate::{envelope, room::Room, session_key::SessionKey};

/// A client that takes nothing for this long while its outbox is full is closed.
pub(super) const STALL_LIMIT: Duration = Duration::from_secs(30);

/// Messages beyond this are handed on in their own buffer.
const OWN_BUFFER: usize = 16 << 10;

/// Length of `,"sessionId":"<32 hex>"}`.
const TAIL: usize = 48;

/// What a message from the browser is, read only as far as needed.
#[derive(Deserialize)]
struct Incoming {
    id: Option<i64>,
    method: Option<String>,
    params: Option<Box<RawValue>>,
    result: Option<Box<RawValue>>,
    error: Option<CdpError>,
    #[serde(rename = "sessionId")]
    session: Option<String>,
}

#[derive(Deserialize)]
struct TargetEvent {
    params: TargetParams,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TargetParams {
    session_id: String,
    target_info: Option<TargetInfo>,
}

/// The clients that the last read had something for.
type Touched = Vec<Arc<Client>>;

pub(super) async fn run(inner: Arc<Inner>, mut reader: impl AsyncRead + Unpin) {
    let mut buffer = BytesMut::new();
    let mut scanned = 0;
    let mut touched = Touched::new();
    let mut room = Room::default();
    loop {
        // As much again as has arrived of a large message.
        room.make(&mut buffer, scanned);
        match reader.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(read) => room.learn(read),
        }
        let arrived = Instant::now();
        let mut messages = 0;
        while let Some(position) = memchr(0, &buffer[scanned..]) {
            dispatch(&inner, &mut buffer, scanned + position, &mut touched).await;
            scanned = 0;
            messages += 1;
        }
        scanned = buffer.len();
        touched.iter().for_each(|client| client.outbox.kick());
        inner.meter.added(arrived.elapsed(), messages);
        if touched.iter().any(|client| client.is_full()) {
            Box::pin(wait_for_slow_clients(&inner, &mut touched)).await;
        }
        touched.clear();
    }
    inner.ended.cancel();
    inner.pipe.abort();
}

/// Takes one message of `length` bytes and its NUL off the buffer.
async fn dispatch(inner: &Inner, buffer: &mut BytesMut, length: usize, touched: &mut Touched) {
    let message = &buffer[..length];
    let session = envelope::tail_session(message).and_then(|text| SessionKey::parse(text.as_bytes()));
    let Some((session, in_tail)) = session.map(|key| (key, true)).or_else(|| anywhere(message).map(|key| (key, false)))
    else {
        root_message(inner, message);
        return buffer.advance(length + 1);
    };
    let owner = inner.routes().owner(session);
    match owner {
        None => buffer.advance(length + 1),
        Some(Owner::Internal(internal)) => {
            internal_message(inner, &internal, session, message).await;
            buffer.advance(length + 1);
        }
        Some(Owner::Client(client)) => {
            let is_awaited = note(inner, &client, session, message);
            if is_awaited && client.wants(message) {
                pass_on(&client, session, in_tail, buffer, length);
                if !touched.iter().any(|known| Arc::ptr_eq(known, &client)) {
                    touched.push(client);
                }
            } else {
                buffer.advance(length + 1);
            }
        }
    }
}

/// Hands the message to the client; its own browser-level session is cut off, children's ids stay.
fn pass_on(client: &Client, session: SessionKey, in_tail: bool, buffer: &mut BytesMut, length: usize) {
    let cut = session == client.root() && in_tail;
    if length <= OWN_BUFFER {
        match cut {
            true => client.send(&buffer[..length - TAIL], b"}"),
            false => client.send(&buffer[..length], b""),
        }
        return buffer.advance(length + 1);
    }
    let mut message = buffer.split_to(length);
    buffer.advance(1);
    if cut {
        message.truncate(length - TAIL + 1);
        message[length - TAIL] = b'}';
    }
    client.send_owned(message);
}

/// The session of a message that does not end with it: rare, so it is parsed.
fn anywhere(message: &[u8]) -> Option<SessionKey> {
    let incoming: Incoming = serde_json::from_slice(message).ok()?;
    SessionKey::parse(incoming.session?.as_bytes())
}

/// A reply on the connection itself; its events are nobody's.
fn root_message(inner: &Inner, message: &[u8]) {
    if let Ok(Incoming { id: Some(id), result, error, .. }) = serde_json::from_slice(message) {
        inner.root.resolve(id, reply(result, error));
    }
}

fn reply(result: Option<Box<RawValue>>, error: Option<CdpError>) -> Result<Box<RawValue>, CdpError> {
    error.map_or_else(|| Ok(result.unwrap_or_else(super::client::empty)), Err)
}

async fn internal_message(inner: &Inner, internal: &Internal, session: SessionKey, message: &[u8]) {
    let Ok(incoming) = serde_json::from_slice::<Incoming>(message) else {
        return;
    };
    if let Some(id) = incoming.id {
        return internal.calls.resolve(id, reply(incoming.result, incoming.error));
    }
    follow_targets(inner, session, message);
    if let Some(method) = incoming.method {
        let params = incoming.params.unwrap_or_else(super::client::empty);
        // Closed means that the session was dropped; its last events are nobody's.
        if let Err(TrySendError::Full(event)) = internal.events.try_send(Box::new(Event { session, method, params })) {
            // Boxed, as whatever is needed only now and then: it must not weigh on every browser for its life.
            let _gone = Box::pin(internal.events.send(event)).await;
        }
    }
}

/// Keeps the books that a client's message changes: answered commands, children, crashes. False for the reply to a
/// command that Hangar added.
fn note(inner: &Inner, client: &Client, session: SessionKey, message: &[u8]) -> bool {
    let Some(id) = envelope::head_id(message) else {
        follow_targets(inner, session, message);
        return true;
    };
    client.answered(session, id, message);
    !is_reserved(id)
}

fn follow_targets(inner: &Inner, session: SessionKey, message: &[u8]) {
    match envelope::head_method(message) {
        Some("Target.attachedToTarget") => {
            if let Some((child, params)) = target_event(message) {
                let target = params.target_info.as_ref().map(|info| info.target_id.as_str());
                let is_clients = inner.routes().add_child(session, child, target);
                if let (true, Some(target)) = (is_clients, &params.target_info) {
                    inner.equip(child, target);
                }
            }
        }
        Some("Target.detachedFromTarget") => {
            if let Some((child, _)) = target_event(message) {
                inner.routes().remove(child);
            }
        }
        Some("Inspector.targetCrashed") => {
            let bereft = inner.routes().on_same_target(session);
            bereft.into_iter().for_each(|(session, client)| client.fail_waiting(session));
        }
        _ => {}
    }
}

fn target_event(message: &[u8]) -> Option<(SessionKey, TargetParams)> {
    let event: TargetEvent = serde_json::from_slice(message).ok()?;
    Some((SessionKey::parse(event.params.session_id.as_bytes())?, event.params))
}

/// Stops reading the browser while a client's outbox is full: for at most [`STALL_LIMIT`] without progress, and not at
/// all where other clients share the browser.
async fn wait_for_slow_clients(inner: &Inner, touched: &mut Touched) {
    for client in touched.drain(..).filter(|client| client.is_full()) {
        if inner.routes().clients() > 1 {
            client.evict();
            continue;
        }
        inner.blocked.store(true, Ordering::Relaxed);
        while client.is_full() && !client.outbox.is_closed() {
            let deadline = client.outbox.last_progress() + STALL_LIMIT;
            tokio::select! {
                () = client.outbox.room(CLIENT_QUEUE_LIMIT) => break,
                () = tokio::time::sleep_until(deadline) => {
                    if client.outbox.last_progress().elapsed() >= STALL_LIMIT {
                        client.evict();
                        break;
                    }
                }
                () = inner.ended.cancelled() => break,
            }
        }
        inner.blocked.store(false, Ordering::Relaxed);
    }
}

impl Client {
    /// Whether the client asked to see messages like this one.
    fn wants(&self, message: &[u8]) -> bool {
        !self.options.drop_console
            || !matches!(
                envelope::head_method(message),
                Some("Runtime.consoleAPICalled" | "Console.messageAdded" | "Log.entryAdded")
            )
    }
}
