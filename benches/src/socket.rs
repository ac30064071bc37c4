//! A WebSocket client that costs next to nothing, the same for both sides, so that its own cost cancels out.
//!
//! It blocks: one system call to send, one to receive, no other thread to wake. It knows only what the two servers send:
//! whole, unmasked frames (RFC 6455 §5.2).

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    ops::Range,
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// Long enough for a cold start on a busy machine; reached only when something is broken.
const PATIENCE: Duration = Duration::from_secs(60);

const CHUNK: usize = 16 << 10;

/// A connection after its upgrade.
pub(crate) struct Socket {
    stream: TcpStream,
    /// Read and not yet taken: `buffer[unread]`.
    buffer: Vec<u8>,
    unread: Range<usize>,
    frame: Vec<u8>,
}

impl Socket {
    pub(crate) fn connect(address: SocketAddr, target: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut socket = Self { stream, buffer: vec![0; CHUNK], unread: 0..0, frame: Vec::new() };
        socket.upgrade(address, target)?;
        Ok(socket)
    }

    fn upgrade(&mut self, address: SocketAddr, target: &str) -> anyhow::Result<()> {
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        self.stream.write_all(request.as_bytes())?;
        let head = loop {
            self.fill(CHUNK)?;
            let read = &self.buffer[self.unread.clone()];
            if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
                break String::from_utf8_lossy(&read[..end]).into_owned();
            }
        };
        self.unread.start += head.len() + 4;
        ensure!(head.starts_with("HTTP/1.1 101"), "not upgraded: {head}");
        Ok(())
    }

    /// Sends one text message in one write.
    pub(crate) fn send(&mut self, text: &[u8]) -> anyhow::Result<()> {
        self.frame.clear();
        self.push(text);
        self.stream.write_all(&self.frame)?;
        Ok(())
    }

    /// Sends several messages in one write, as a client that pipelines does.
    pub(crate) fn send_all(&mut self, texts: &[Vec<u8>]) -> anyhow::Result<()> {
        self.frame.clear();
        texts.iter().for_each(|text| self.push(text));
        self.stream.write_all(&self.frame)?;
        Ok(())
    }

    fn push(&mut self, text: &[u8]) {
        self.frame.push(0x81);
        match (u8::try_from(text.len()), u16::try_from(text.len())) {
            (Ok(short), _) if short < 126 => self.frame.push(0x80 | short),
            (_, Ok(medium)) => {
                self.frame.push(0x80 | 126);
                self.frame.extend(medium.to_be_bytes());
            }
            _ => {
                self.frame.push(0x80 | 127);
                self.frame.extend((text.len() as u64).to_be_bytes());
            }
        }
        self.frame.extend(MASK);
        self.frame.extend(text.iter().zip(MASK.iter().cycle()).map(|(byte, key)| byte ^ key));
    }

    /// The next message.
    pub(crate) fn receive(&mut self) -> anyhow::Result<&[u8]> {
        let header = self.header()?;
        let opcode = self.buffer[self.unread.start] & 0x0f;
        let length = usize::try_from(header.payload)?;
        let whole = header.size + length;
        while self.unread.len() < whole {
            self.fill(whole - self.unread.len())?;
        }
        let payload = self.unread.start + header.size..self.unread.start + whole;
        self.unread.start += whole;
        match opcode {
            // Text, and the pictures of a live view.
            1 | 2 => Ok(&self.buffer[payload]),
            8 => bail!("closed: {}", String::from_utf8_lossy(self.buffer[payload].get(2..).unwrap_or_default())),
            other => bail!("a frame of opcode {other}"),
        }
    }

    /// The last `length` bytes that [`Socket::receive`] gave.
    pub(crate) fn last(&self, length: usize) -> &[u8] {
        &self.buffer[self.unread.start - length..self.unread.start]
    }

    fn header(&mut self) -> anyhow::Result<Header> {
        loop {
            if let Some(header) = Header::parse(&self.buffer[self.unread.clone()]) {
                return Ok(header);
            }
            self.fill(CHUNK)?;
        }
    }

    /// Reads once, with room for at least `wanted` bytes.
    fn fill(&mut self, wanted: usize) -> anyhow::Result<()> {
        if self.unread.is_empty() {
            self.unread = 0..0;
        }
        if self.buffer.len() < self.unread.end + wanted {
            self.buffer.copy_within(self.unread.clone(), 0);
            self.unread = 0..self.unread.len();
            let room = (self.unread.end + wanted).max(self.buffer.len());
            self.buffer.resize(room, 0);
        }
        let read = self.stream.read(&mut self.buffer[self.unread.end..]).context("waiting for a message")?;
        ensure!(read > 0, "the server hung up");
        self.unread.end += read;
        Ok(())
    }

    /// Gives up what a large message left behind.
    pub(crate) fn idle(&mut self) {
        self.buffer = Vec::new();
        self.frame = Vec::new();
        self.unread = 0..0;
    }

    /// Says goodbye with a close frame.
    pub(crate) fn close(mut self) {
        // Whoever has gone already needs no goodbye.
        let _gone = self.stream.write_all(&[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);
    }
}

struct Header {
    size: usize,
    payload: u64,
}

impl Header {
    fn parse(input: &[u8]) -> Option<Self> {
        let (&length, rest) = input.get(1..)?.split_first()?;
        Some(match length {
            126 => Self { size: 4, payload: u16::from_be_bytes(*rest.first_chunk()?).into() },
            127 => Self { size: 10, payload: u64::from_be_bytes(*rest.first_chunk()?) },
            short => Self { size: 2, payload: short.into() },
        })
    }
}
