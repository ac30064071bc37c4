//! One client's connection, from its first frame to its last: the loop that feeds a [`Client`].
//!
//! It must never buffer more than one message of the client's, and never answers anything itself but pings.

mod extras;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt};

pub use self::extras::{Answering, Extras};
use crate::{
    Client,
    mux::{Accepted, ExtraCall},
    room::Room,
    ws::{self, Decoder, Limits, Message, ProtocolError},
};

/// How a client's connection ended.
#[derive(Debug)]
pub enum RelayEnd {
    /// A close frame came, with this code.
    Closed(Option<u16>),
    /// The stream ended between two frames, as when a process exits.
    HungUp,
    /// The stream ended inside a frame, or with an error such as a TCP reset.
    Broken,
    /// The client broke RFC 6455.
    Protocol(ProtocolError),
    /// The client sent a binary message.
    Binary,
    /// The client asked the browser to close.
    BrowserClose,
    /// The client does not read.
    Evicted,
}

/// When a client last said something.
#[derive(Debug)]
pub struct Activity {
    since: Instant,
    last_ms: AtomicU64,
}

impl Default for Activity {
    fn default() -> Self {
        Self { since: Instant::now(), last_ms: AtomicU64::new(0) }
    }
}

impl Activity {
    /// Notes that a client said something now.
    pub fn touch(&self) {
        self.last_ms.store(self.since.elapsed().as_millis() as u64, Relaxed);
    }

    /// When a client last said something, or when this was made.
    #[must_use]
    pub fn last(&self) -> Instant {
        self.since + std::time::Duration::from_millis(self.last_ms.load(Relaxed))
    }
}

/// What a relay needs beside its client.
pub struct Relay {
    /// The client's commands go here.
    pub client: Arc<Client>,
    /// Bounds on its frames and messages.
    pub limits: Limits,
    /// Touched at each frame but pings and pongs, which say nothing about a client's doing anything.
    pub activity: Arc<Activity>,
    /// Calls of the gateway's own methods.
    pub extras: Extras,
}

impl Relay {
    /// Reads frames until the connection ends; `early` is what was read behind the upgrade request.
    pub async fn run(mut self, mut reader: impl AsyncRead + Unpin, early: BytesMut) -> RelayEnd {
        let mut buffer = early;
        let mut decoder = Decoder::new(self.limits);
        let mut room = Room::default();
        let client = self.client.clone();
        let evicted = client.evicted();
        tokio::pin!(evicted);
        loop {
            match self.drain(&mut decoder, &mut buffer).await {
                Ok(()) => {}
                Err(end) => return end,
            }
            room.make(&mut buffer, decoder.needed());
            let read = tokio::select! {
                read = reader.read_buf(&mut buffer) => read,
                () = &mut evicted => return RelayEnd::Evicted,
                call = client.late_call() => match self.call(call).await {
                    Ok(()) => continue,
                    Err(end) => return end,
                },
            };
            match read {
                Ok(0) if buffer.is_empty() && !decoder.is_inside_message() => return RelayEnd::HungUp,
                Ok(0) | Err(_) => return RelayEnd::Broken,
                Ok(read) => room.learn(read),
            }
        }
    }

    /// Passes on every whole message of the buffer, then writes them to the pipe together.
    async fn drain(&mut self, decoder: &mut Decoder, buffer: &mut BytesMut) -> Result<(), RelayEnd> {
        let arrived = Instant::now();
        let mut messages = 0;
        let outcome = loop {
            match decoder.next(buffer) {
                Ok(Some(message)) => match self.pass_on(message).await {
                    Ok(()) => messages += 1,
                    Err(end) => break Err(end),
                },
                Ok(None) => break Ok(()),
                Err(error) => break Err(RelayEnd::Protocol(error)),
            }
        };
        if messages > 0 {
            self.client.kick();
            self.client.note_added(arrived.elapsed(), messages);
            if !self.client.has_room() {
                Box::pin(self.client.room()).await;
            }
        }
        outcome
    }

    async fn pass_on(&mut self, message: Message) -> Result<(), RelayEnd> {
        match message {
            Message::Text(text) => {
                self.activity.touch();
                match self.client.accept(text) {
                    Accepted::Done => Ok(()),
                    Accepted::CloseBrowser => Err(RelayEnd::BrowserClose),
                    Accepted::Extra(call) => self.call(call).await,
                }
            }
            Message::Ping(payload) => {
                self.client.send_control(&ws::pong(&payload));
                Ok(())
            }
            Message::Pong => Ok(()),
            Message::Binary(_) => Err(RelayEnd::Binary),
            Message::Close { code, .. } => Err(RelayEnd::Closed(code)),
        }
    }

    async fn call(&mut self, call: Box<ExtraCall>) -> Result<(), RelayEnd> {
        // Boxed, as whatever a client needs only now and then: it must not weigh on it for its life.
        match Box::pin(self.extras.send(call)).await {
            true => Ok(()),
            // The receiver lives as long as the session: without it there is nobody to answer.
            false => Err(RelayEnd::BrowserClose),
        }
    }
}
