//! Commands that Hangar itself sends, and the matching of their replies.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::oneshot;

use super::Inner;
use crate::session_key::SessionKey;

/// An error object of CDP (JSON-RPC 2.0 §5.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message} ({code})")]
pub struct CdpError {
    /// JSON-RPC code.
    pub code: i64,
    /// What the browser said.
    pub message: String,
}

/// Why a command of our own got no result.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The browser refused it.
    #[error("the browser refused the command")]
    Refused(#[from] CdpError),
    /// The pipe closed before the reply.
    #[error("the browser's pipe closed")]
    Closed,
    /// The reply was not of the documented shape.
    #[error("the browser's reply was not of the documented shape")]
    Unreadable,
}

type Reply = Result<Box<RawValue>, CdpError>;

#[derive(Default)]
pub(super) struct Calls {
    next: AtomicI64,
    waiting: Mutex<HashMap<i64, oneshot::Sender<Reply>>>,
}

#[derive(Serialize)]
struct Command<'a, P> {
    id: i64,
    method: &'a str,
    params: &'a P,
    #[serde(rename = "sessionId", skip_serializing_if = "Option::is_none")]
    session: Option<String>,
}

/// Takes a waiting call out again when its caller has gone.
struct Forget<'a> {
    calls: &'a Calls,
    id: i64,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.calls.take(self.id);
    }
}

impl Calls {
    pub(super) async fn call(
        &self,
        inner: &Inner,
        session: Option<SessionKey>,
        method: &str,
        params: &impl Serialize,
    ) -> Result<Box<RawValue>, CallError> {
        let (sender, receiver) = oneshot::channel();
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(id, sender);
        let _forget = Forget { calls: self, id };
        if inner.ended.is_cancelled() {
            return Err(CallError::Closed);
        }
        Self::write(inner, id, session, method, params);
        tokio::select! {
            reply = receiver => reply.map_err(|_| CallError::Closed)?.map_err(CallError::Refused),
            () = inner.ended.cancelled() => Err(CallError::Closed),
        }
    }

    pub(super) fn send_and_forget(
        &self,
        inner: &Inner,
        session: Option<SessionKey>,
        method: &str,
        params: &impl Serialize,
    ) {
        Self::write(inner, self.next.fetch_add(1, Ordering::Relaxed), session, method, params);
    }

    /// Hands a reply to whoever waits for it.
    pub(super) fn resolve(&self, id: i64, reply: Reply) {
        if let Some(sender) = self.take(id) {
            // The caller may have gone in between; then nobody needs the reply.
            let _gone = sender.send(reply);
        }
    }

    fn take(&self, id: i64) -> Option<oneshot::Sender<Reply>> {
        self.lock().remove(&id)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<i64, oneshot::Sender<Reply>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(inner: &Inner, id: i64, session: Option<SessionKey>, method: &str, params: &impl Serialize) {
        let command = Command { id, method, params, session: session.map(|key| key.to_string()) };
        let mut message = serde_json::to_vec(&command).expect("parameters of our own commands have string keys");
        message.push(0);
        inner.pipe.push(&[&message]);
        inner.pipe.kick();
    }
}
