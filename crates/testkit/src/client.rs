//! A client that knows nothing but WebSocket frames and the DevTools envelope: what a library hides shows here.
//!
//! It reads only while something is waited for, so that a test can stop reading, and it can misbehave in every way that
//! a connection can: reset, half-closed, cut in the middle of a frame or of the handshake.

pub mod frame;

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context as _, anyhow, bail};
use bytes::BytesMut;
use serde_json::{Value, json};
use socket2::SockRef;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{
    http::{Head, Reply},
    wait::PATIENCE,
};

/// The handshake was answered with something else.
#[derive(Debug)]
pub struct Refused(pub Reply);

/// How the server ended a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// With a close frame.
    Frame {
        /// 1005 where the frame had none.
        code: u16,
        /// The reason.
        text: String,
    },
    /// Without one, in order.
    Fin,
    /// With a reset.
    Reset,
}

/// When a session was surely there, for the comparison with its bill.
#[derive(Clone, Debug)]
pub struct Lifetime {
    /// Its id.
    pub session: String,
    /// Before it was asked for.
    pub asked: Instant,
    /// When it was there.
    pub opened: Instant,
    /// When it last answered.
    pub answered: Instant,
    /// When it was surely over.
    pub over: Option<Instant>,
}

/// A page, and the session on it.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its target.
    pub target: String,
    /// The flat session.
    pub session: String,
}

/// A connected client.
pub struct Client {
    stream: TcpStream,
    buffer: BytesMut,
    head: Head,
    next_id: i64,
    replies: VecDeque<Value>,
    events: VecDeque<Value>,
    farewell: Option<Farewell>,
    lifetime: Arc<Mutex<Lifetime>>,
}

impl Client {
    /// Connects to `target` (path and query).
    ///
    /// # Errors
    /// [`Refused`] inside the error where the server answered with another status than 101.
    pub async fn connect(address: SocketAddr, target: &str) -> anyhow::Result<Result<Self, Refused>> {
        let asked = Instant::now();
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        stream.write_all(upgrade(address, target).as_bytes()).await?;
        let mut buffer = BytesMut::new();
        let head =
            timeout(PATIENCE, read_head(&mut stream, &mut buffer)).await.context("no answer to the handshake")??;
        if head.status != 101 {
            let mut rest = buffer.to_vec();
            timeout(PATIENCE, stream.read_to_end(&mut rest)).await.context("a refusal without an end")??;
            return Ok(Err(Refused(Reply { head, text: String::from_utf8_lossy(&rest).into_owned() })));
        }
        let now = Instant::now();
        let session = head.get("x-hangar-session-id").unwrap_or_default().to_owned();
        let lifetime = Lifetime { session, asked, opened: now, answered: now, over: None };
        Ok(Ok(Self {
            stream,
            buffer,
            head,
            next_id: 1,
            replies: VecDeque::new(),
            events: VecDeque::new(),
            farewell: None,
            lifetime: Arc::new(Mutex::new(lifetime)),
        }))
    }

    /// The 101 reply.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The session's id.
    #[must_use]
    pub fn session(&self) -> String {
        self.lifetime().session.clone()
    }

    /// What is known of the session's life; shared, and kept up to date.
    #[must_use]
    pub fn watch(&self) -> Arc<Mutex<Lifetime>> {
        self.lifetime.clone()
    }

    /// The local address, to tell this connection from others.
    ///
    /// # Errors
    /// The socket's.
    pub fn local_addr(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.stream.local_addr()?)
    }

    /// Calls a method of the browser.
    ///
    /// # Errors
    /// The browser's own error as text, or the connection's end.
    pub async fn call(&mut self, method: &str, params: Value) -> anyhow::Result<Value> {
        self.call_on(None, method, params).await
    }

    /// Calls a method of a page.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn call_on(&mut self, page: Option<&Page>, method: &str, params: Value) -> anyhow::Result<Value> {
        let id = self.post(page, method, params).await?;
        self.reply(id).await.with_context(|| method.to_owned())
    }

    /// Sends a command without waiting for its reply; its id.
    ///
    /// # Errors
    /// The connection's.
    pub async fn post(&mut self, page: Option<&Page>, method: &str, params: Value) -> anyhow::Result<i64> {
        let id = self.next_id;
        self.next_id += 1;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(page) = page {
            message["sessionId"] = json!(page.session);
        }
        self.write(&frame::masked(frame::TEXT, message.to_string().as_bytes())).await?;
        Ok(id)
    }

    /// Waits for the reply to a command.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn reply(&mut self, id: i64) -> anyhow::Result<Value> {
        loop {
            if let Some(at) = self.replies.iter().position(|reply| reply["id"] == id) {
                let mut reply = self.replies.remove(at).unwrap_or_default();
                return match reply.get_mut("error") {
                    Some(error) => Err(anyhow!("{error}")),
                    None => Ok(reply["result"].take()),
                };
            }
            self.turn().await?;
        }
    }

    /// The first event of this name, past or future; it is taken out.
    ///
    /// # Errors
    /// The connection's end.
    pub async fn event(&mut self, method: &str) -> anyhow::Result<Value> {
        loop {
            if let Some(at) = self.events.iter().position(|event| event["method"] == method) {
                return Ok(self.events.remove(at).unwrap_or_default());
            }
            self.turn().await.with_context(|| format!("waiting for {method}"))?;
        }
    }

    /// A new page with a flat session on it.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn page(&mut self, url: &str) -> anyhow::Result<Page> {
        let made = self.call("Target.createTarget", json!({ "url": url })).await?;
        self.attach(made["targetId"].as_str().context("no targetId")?).await
    }

    /// A flat session on a target.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn attach(&mut self, target: &str) -> anyhow::Result<Page> {
        let attached = self.call("Target.attachToTarget", json!({ "targetId": target, "flatten": true })).await?;
        let session = attached["sessionId"].as_str().context("no sessionId")?.to_owned();
        Ok(Page { target: target.to_owned(), session })
    }

    /// Evaluates an expression and waits for a promise.
    ///
    /// # Errors
    /// As [`Client::call`], or what it threw.
    pub async fn evaluate(&mut self, page: &Page, expression: &str) -> anyhow::Result<Value> {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut reply = self.call_on(Some(page), "Runtime.evaluate", params).await?;
        match reply.get("exceptionDetails") {
            Some(thrown) => bail!("{thrown}"),
            None => Ok(reply["result"]["value"].take()),
        }
    }

    /// Goes to a URL and waits until it is loaded.
    ///
    /// # Errors
    /// As [`Client::call`], or that it could not be loaded.
    pub async fn goto(&mut self, page: &Page, url: &str) -> anyhow::Result<()> {
        self.call_on(Some(page), "Page.enable", json!({})).await?;
        let reply = self.call_on(Some(page), "Page.navigate", json!({ "url": url })).await?;
        if let Some(error) = reply["errorText"].as_str() {
            bail!("{url}: {error}");
        }
        self.event("Page.loadEventFired").await?;
        Ok(())
    }

    /// Writes bytes as they are.
    ///
    /// # Errors
    /// The connection's; a write that cannot go on for a minute is one.
    pub async fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        timeout(PATIENCE, self.stream.write_all(bytes)).await.context("the server does not read")??;
        Ok(())
    }

    /// Reads until the server ends the connection; how it did.
    ///
    /// # Errors
    /// Where it does not.
    pub async fn ended(&mut self) -> anyhow::Result<Farewell> {
        self.ended_within(PATIENCE).await
    }

    /// The same with another limit.
    ///
    /// # Errors
    /// Where it does not end in time.
    pub async fn ended_within(&mut self, limit: Duration) -> anyhow::Result<Farewell> {
        let read = async {
            loop {
                if let Some(farewell) = &self.farewell {
                    return farewell.clone();
                }
                let _more = self.turn().await;
            }
        };
        timeout(limit, read).await.context("the server does not end the connection")
    }

    /// Closes in order: close frame, answer, end.
    ///
    /// # Errors
    /// Where the server does not answer.
    pub async fn close(mut self) -> anyhow::Result<Farewell> {
        self.write(&frame::masked(frame::CLOSE, &frame::close_body(1000, ""))).await?;
        self.ended().await
    }

    /// Ends the sending side without a close frame, and waits for the server's end.
    ///
    /// # Errors
    /// Where the server does not end the connection.
    pub async fn hang_up(mut self) -> anyhow::Result<Farewell> {
        self.stream.shutdown().await?;
        self.ended().await
    }

    /// Resets the connection (socket(7) `SO_LINGER` 0).
    pub fn reset(self) {
        reset(self.stream);
    }

    /// Reads once, and takes in whatever is whole.
    async fn turn(&mut self) -> anyhow::Result<()> {
        if let Some(farewell) = &self.farewell {
            bail!("the connection has ended: {farewell:?}");
        }
        let end = match timeout(PATIENCE, self.stream.read_buf(&mut self.buffer)).await.context("nothing comes")? {
            Ok(0) => Some(Farewell::Fin),
            Ok(_) => None,
            Err(_) => Some(Farewell::Reset),
        };
        while let Some(frame) = frame::take(&mut self.buffer) {
            self.receive(frame)?;
        }
        if let (Some(end), None) = (end, &self.farewell) {
            self.end(end);
        }
        Ok(())
    }

    fn receive(&mut self, frame: frame::Frame) -> anyhow::Result<()> {
        match frame.first {
            frame::TEXT => {
                let message: Value = serde_json::from_slice(&frame.payload)?;
                self.lifetime().answered = Instant::now();
                let queue = if message.get("id").is_some() { &mut self.replies } else { &mut self.events };
                queue.push_back(message);
            }
            frame::CLOSE => {
                let code = frame.payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code));
                let text = String::from_utf8(frame.payload.get(2..).unwrap_or_default().to_vec())?;
                self.end(Farewell::Frame { code, text });
            }
            // A pong; or a ping, which nobody here has to answer.
            first if first & 0x0f >= 9 => {}
            first => bail!("an unexpected frame {first:#x}"),
        }
        Ok(())
    }

    fn end(&mut self, farewell: Farewell) {
        self.lifetime().over.get_or_insert(Instant::now());
        self.farewell.get_or_insert(farewell);
    }

    fn lifetime(&self) -> std::sync::MutexGuard<'_, Lifetime> {
        self.lifetime.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Resets a connection instead of closing it.
pub fn reset(stream: TcpStream) {
    // Where the option cannot be set the connection is gone already.
    let _gone = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
}

/// The request that asks for a WebSocket.
#[must_use]
pub fn upgrade(address: SocketAddr, target: &str) -> String {
    format!(
        "GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

async fn read_head(stream: &mut TcpStream, buffer: &mut BytesMut) -> anyhow::Result<Head> {
    loop {
        if let Some((head, length)) = Head::parse(buffer)? {
            let _head = buffer.split_to(length);
            return Ok(head);
        }
        if stream.read_buf(buffer).await? == 0 {
            bail!("the server hung up during the handshake");
        }
    }
}
