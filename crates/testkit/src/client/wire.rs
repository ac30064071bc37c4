//! The connection below a client: bytes out, messages in, and how it ended.
//!
//! Many may wait on it at once. Whoever waits reads, for all; nothing is read while nobody waits, so that a test can stop
//! reading. Every message is kept, in the order in which it came. A server that breaks the protocol fails the test.

use std::{
    io::ErrorKind,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::bail;
use bytes::BytesMut;
use serde_json::Value;
use socket2::SockRef;
use tokio::net::TcpStream;

use super::{Lifetime, frame};

/// Room for one read, bytes.
const ROOM: usize = 64 << 10;

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

pub(super) struct Wire {
    stream: TcpStream,
    /// What was read and is no whole frame yet; whoever reads holds it.
    partial: tokio::sync::Mutex<BytesMut>,
    /// Held for one write, so that frames do not mix.
    writing: tokio::sync::Mutex<()>,
    heard: Mutex<Heard>,
    lifetime: Arc<Mutex<Lifetime>>,
}

#[derive(Default)]
struct Heard {
    messages: Vec<Value>,
    farewell: Option<Farewell>,
}

impl Wire {
    /// With what was read beyond the handshake.
    pub(super) fn new(stream: TcpStream, mut early: BytesMut, lifetime: Lifetime) -> Self {
        let mut wire = Self {
            stream,
            partial: tokio::sync::Mutex::default(),
            writing: tokio::sync::Mutex::default(),
            heard: Mutex::default(),
            lifetime: Arc::new(Mutex::new(lifetime)),
        };
        wire.take_whole(&mut early);
        wire.partial = tokio::sync::Mutex::new(early);
        wire
    }

    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub(super) fn lifetime(&self) -> &Arc<Mutex<Lifetime>> {
        &self.lifetime
    }

    pub(super) async fn write(&self, mut bytes: &[u8]) -> std::io::Result<()> {
        let _mine = self.writing.lock().await;
        while !bytes.is_empty() {
            self.stream.writable().await?;
            match self.stream.try_write(bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The first message behind `mark` that fits, past or future.
    pub(super) async fn first(&self, mark: usize, fits: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        let mut looked_at = mark;
        loop {
            let mut partial = self.partial.lock().await;
            {
                let heard = lock(&self.heard);
                if let Some(found) = heard.messages[looked_at..].iter().find(|message| fits(message)) {
                    return Ok(found.clone());
                }
                if let Some(farewell) = &heard.farewell {
                    bail!("the connection has ended: {farewell:?}");
                }
                looked_at = heard.messages.len();
            }
            self.turn(&mut partial).await;
        }
    }

    /// How the connection ended, when it has.
    pub(super) async fn ended(&self) -> Farewell {
        loop {
            let mut partial = self.partial.lock().await;
            if let Some(farewell) = &lock(&self.heard).farewell {
                return farewell.clone();
            }
            self.turn(&mut partial).await;
        }
    }

    /// All that has arrived by now, from `mark` on.
    pub(super) fn since(&self, mark: usize) -> Vec<Value> {
        self.drain();
        lock(&self.heard).messages[mark..].to_vec()
    }

    /// The number of messages that have arrived by now.
    pub(super) fn count(&self) -> usize {
        self.drain();
        lock(&self.heard).messages.len()
    }

    /// Takes what the kernel holds, unless somebody is waiting and does that anyway.
    fn drain(&self) {
        if let Ok(mut partial) = self.partial.try_lock() {
            while self.read(&mut partial) {}
        }
    }

    /// Waits until there is something to read, and reads once.
    async fn turn(&self, partial: &mut BytesMut) {
        // A connection that has failed is ready too: reading then says so.
        let _ready = self.stream.readable().await;
        self.read(partial);
    }

    /// Reads once without waiting, and takes in whatever is whole; whether there may be more.
    fn read(&self, partial: &mut BytesMut) -> bool {
        if lock(&self.heard).farewell.is_some() {
            return false;
        }
        partial.reserve(ROOM);
        let end = match self.stream.try_read_buf(partial) {
            Ok(0) => Farewell::Fin,
            Ok(_) => {
                self.take_whole(partial);
                return true;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(_) => Farewell::Reset,
        };
        self.end(end);
        false
    }

    fn take_whole(&self, partial: &mut BytesMut) {
        while let Some(frame) = frame::take(partial) {
            self.receive(frame);
        }
    }

    fn receive(&self, frame: frame::Frame) {
        match frame.first {
            frame::TEXT => {
                let message = serde_json::from_slice(&frame.payload).expect("a server sends JSON");
                lock(&self.lifetime).answered = Instant::now();
                lock(&self.heard).messages.push(message);
            }
            frame::CLOSE => {
                let code = frame.payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code));
                let text = frame.payload.get(2..).unwrap_or_default().to_vec();
                self.end(Farewell::Frame { code, text: String::from_utf8(text).expect("a reason is text") });
            }
            // A pong; or a ping, which nobody here has to answer.
            first if first & 0x0f >= 9 => {}
            first => panic!("an unexpected frame {first:#x}"),
        }
    }

    fn end(&self, farewell: Farewell) {
        lock(&self.lifetime).over.get_or_insert(Instant::now());
        lock(&self.heard).farewell.get_or_insert(farewell);
    }

    /// Ends the sending side.
    pub(super) fn shut(&self) -> std::io::Result<()> {
        SockRef::from(&self.stream).shutdown(std::net::Shutdown::Write)
    }

    pub(super) fn reset(self) {
        reset(self.stream);
    }
}

/// Resets a connection instead of closing it (socket(7) `SO_LINGER` 0).
pub fn reset(stream: TcpStream) {
    // Where the option cannot be set the connection is gone already.
    let _gone = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
