//! A client that knows nothing but WebSocket frames and the DevTools envelope: what a library hides shows here.
//!
//! It reads only while something is waited for, so that a test can stop reading, and it can misbehave in every way that
//! a connection can: reset, half-closed, cut in the middle of a frame or of the handshake. Several may call and wait at
//! once.

mod failure;
pub mod frame;
mod handshake;
mod lifetime;
mod page;
mod wire;

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::time::timeout;

use self::{
    handshake::Open,
    wire::{Wire, lock},
};
use crate::{http::Head, wait::PATIENCE};

pub use self::{
    failure::Failure,
    handshake::{Refused, upgrade},
    lifetime::Lifetime,
    page::Page,
    wire::{Farewell, reset},
};

/// A connected client.
pub struct Client {
    wire: Wire,
    head: Head,
    next_id: AtomicI64,
}

impl Client {
    /// Connects to `target` (path and query).
    ///
    /// # Errors
    /// [`Refused`] inside the error where the server answered with another status than 101.
    pub async fn connect(address: SocketAddr, target: &str) -> anyhow::Result<Result<Self, Refused>> {
        let asked = Instant::now();
        let Open { stream, head, early } = match handshake::shake(address, target).await? {
            Ok(open) => open,
            Err(refused) => return Ok(Err(refused)),
        };
        let now = Instant::now();
        let lifetime = Lifetime {
            session: head.get("x-hangar-session-id").unwrap_or_default().to_owned(),
            asked,
            opened: now,
            answered: now,
            over: None,
            is_kept: target.contains("&keep_alive="),
        };
        Ok(Ok(Self { wire: Wire::new(stream, early, lifetime), head, next_id: AtomicI64::new(1) }))
    }

    /// The 101 reply.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The session's id.
    #[must_use]
    pub fn session(&self) -> String {
        lock(self.wire.lifetime()).session.clone()
    }

    /// What is known of the session's life; shared, and kept up to date.
    #[must_use]
    pub fn watch(&self) -> Arc<Mutex<Lifetime>> {
        self.wire.lifetime().clone()
    }

    /// The local address, to tell this connection from others.
    ///
    /// # Errors
    /// The socket's.
    pub fn local_addr(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.wire.stream().local_addr()?)
    }

    /// Calls a method of the browser.
    ///
    /// # Errors
    /// [`Failure::Refused`], or [`Failure::Lost`].
    pub async fn call(&self, method: &str, params: Value) -> Result<Value, Failure> {
        self.call_on(None, method, params).await
    }

    /// Calls a method of a page.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn call_on(&self, page: Option<&Page>, method: &str, params: Value) -> Result<Value, Failure> {
        self.call_in(page.map(|page| page.session.as_str()), method, params).await
    }

    /// Calls a method in any session, also in one that is not the client's own.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn call_in(&self, session: Option<&str>, method: &str, params: Value) -> Result<Value, Failure> {
        let id = self.send(session, method, params).await.map_err(|error| lost(error, method))?;
        self.reply(id).await.map_err(|failure| match failure {
            Failure::Lost(error) => lost(error, method),
            answered => answered,
        })
    }

    /// Sends a command without waiting for its reply; its id.
    ///
    /// # Errors
    /// The connection's.
    pub async fn post(&self, page: Option<&Page>, method: &str, params: Value) -> anyhow::Result<i64> {
        self.send(page.map(|page| page.session.as_str()), method, params).await
    }

    /// Waits for the reply to a command.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn reply(&self, id: i64) -> Result<Value, Failure> {
        let mut reply = self.heard(0, |message| message["id"] == id).await.map_err(Failure::Lost)?;
        match reply.get_mut("error") {
            Some(error) => Err(Failure::Refused(error.take())),
            None => Ok(reply["result"].take()),
        }
    }

    async fn send(&self, session: Option<&str>, method: &str, params: Value) -> anyhow::Result<i64> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        self.write(&frame::masked(frame::TEXT, message.to_string().as_bytes())).await?;
        Ok(id)
    }

    /// How many messages have arrived by now.
    #[must_use]
    pub fn mark(&self) -> usize {
        self.wire.count()
    }

    /// What has arrived since a mark.
    #[must_use]
    pub fn since(&self, mark: usize) -> Vec<Value> {
        self.wire.since(mark)
    }

    /// The first message since a mark that fits, past or future.
    ///
    /// # Errors
    /// Where the connection has ended before, or none comes in time.
    pub async fn heard(&self, mark: usize, fits: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        timeout(PATIENCE, self.wire.first(mark, fits)).await.context("nothing that fits comes")?
    }

    /// The first event of this name, past or future.
    ///
    /// # Errors
    /// As [`Client::heard`].
    pub async fn event(&self, method: &str) -> anyhow::Result<Value> {
        let heard = self.heard(0, |message| message["method"] == method).await;
        heard.with_context(|| format!("waiting for {method}"))
    }

    /// Writes bytes as they are.
    ///
    /// # Errors
    /// The connection's; a write that cannot go on for a minute is one.
    pub async fn write(&self, bytes: &[u8]) -> anyhow::Result<()> {
        timeout(PATIENCE, self.wire.write(bytes)).await.context("the server does not read")??;
        Ok(())
    }

    /// Reads until the server ends the connection; how it did.
    ///
    /// # Errors
    /// Where it does not.
    pub async fn ended(&self) -> anyhow::Result<Farewell> {
        self.ended_within(PATIENCE).await
    }

    /// The same with another limit.
    ///
    /// # Errors
    /// Where it does not end in time.
    pub async fn ended_within(&self, limit: Duration) -> anyhow::Result<Farewell> {
        timeout(limit, self.wire.ended()).await.context("the server does not end the connection")
    }

    /// Closes in order: close frame, answer, end.
    ///
    /// # Errors
    /// Where the server does not answer.
    pub async fn close(self) -> anyhow::Result<Farewell> {
        self.write(&frame::masked(frame::CLOSE, &frame::close_body(1000, ""))).await?;
        self.ended().await
    }

    /// Ends the sending side without a close frame, and waits for the server's end.
    ///
    /// # Errors
    /// Where the server does not end the connection.
    pub async fn hang_up(self) -> anyhow::Result<Farewell> {
        self.wire.shut()?;
        self.ended().await
    }

    /// Resets the connection.
    pub fn reset(self) {
        self.wire.reset();
    }
}

fn lost(error: anyhow::Error, what: &str) -> Failure {
    Failure::Lost(error.context(what.to_owned()))
}
