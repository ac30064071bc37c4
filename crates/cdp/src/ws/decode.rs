//! Frames in, messages out.
//!
//! A message in one frame is split off the caller's buffer and unmasked in place: nothing is copied. Only a fragmented
//! message is gathered. What is over the limits is refused from the header, before its payload is buffered.

use bytes::{Buf, Bytes, BytesMut};

use super::header::{self, Header, Opcode, Parsed};
use super::mask;
use super::protocol_error::ProtocolError;

/// How large a client's frames and messages may be, in bytes of payload.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// One frame.
    pub frame: u64,
    /// One message, all its frames together.
    pub message: u64,
}

impl Default for Limits {
    /// 64 MiB a frame, 99 MB a message: Chromium itself resets a connection above 100 MB.
    fn default() -> Self {
        Self { frame: 64 << 20, message: 99_000_000 }
    }
}

/// One message or control frame of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// UTF-8 text, unmasked; mutable, so that the relay can edit it in place.
    Text(BytesMut),
    /// A binary message has begun whose first frame declares this many bytes. None of them is kept, and the decoder
    /// gives nothing more: close with [`UNSUPPORTED`](super::close_code::UNSUPPORTED).
    Binary(u64),
    /// To be answered with [`pong`](super::pong) and the same payload.
    Ping(Bytes),
    /// An answer to a ping, or an unasked heartbeat.
    Pong,
    /// The client closes; the decoder gives nothing more.
    Close {
        /// Why, when the client said so.
        code: Option<u16>,
        /// In words; often empty.
        reason: String,
    },
}

/// Reads a client's frames. After an error, a close frame or a binary frame it gives nothing more.
#[derive(Debug)]
pub struct Decoder {
    limits: Limits,
    /// The text of a fragmented message so far.
    gathered: Option<BytesMut>,
    needed: usize,
    finished: bool,
}

impl Decoder {
    /// A decoder at the start of a connection.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, gathered: None, needed: 2, finished: false }
    }

    /// How many more bytes the buffer must get before [`next`](Self::next) can give something: what to reserve.
    ///
    /// Never more than a frame's limit and its header. Zero once the decoder has finished.
    #[must_use]
    pub fn needed(&self) -> usize {
        self.needed
    }

    /// Whether a fragmented message has begun and not ended.
    #[must_use]
    pub fn is_inside_message(&self) -> bool {
        self.gathered.is_some()
    }

    /// Takes the next message off the front of `buf`, or nothing while it is not whole.
    ///
    /// # Errors
    /// Anything that RFC 6455 forbids a client, or that is over the limits. The connection must then be closed.
    pub fn next(&mut self, buf: &mut BytesMut) -> Result<Option<Message>, ProtocolError> {
        let result = self.advance(buf);
        if matches!(result, Err(_) | Ok(Some(Message::Close { .. } | Message::Binary(_)))) {
            self.finished = true;
            self.needed = 0;
            self.gathered = None;
        }
        result
    }

    fn advance(&mut self, buf: &mut BytesMut) -> Result<Option<Message>, ProtocolError> {
        while !self.finished {
            let header = match header::parse(buf)? {
                Parsed::Whole(header) => header,
                Parsed::Needs(size) => return Ok(self.wait_for(size, buf)),
            };
            let payload = self.admit(&header)?;
            if header.opcode == Opcode::Binary {
                return Ok(Some(Message::Binary(header.payload)));
            }
            if buf.len() - header.size < payload {
                return Ok(self.wait_for(header.size + payload, buf));
            }
            buf.advance(header.size);
            let mut payload = buf.split_to(payload);
            mask::apply(&mut payload, header.key);
            if let Some(message) = self.accept(&header, payload)? {
                self.needed = 2_usize.saturating_sub(buf.len());
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    fn wait_for(&mut self, whole: usize, buf: &BytesMut) -> Option<Message> {
        self.needed = whole.saturating_sub(buf.len());
        None
    }

    /// Checks what can be known from the header and what came before it; gives the payload's length.
    fn admit(&self, header: &Header) -> Result<usize, ProtocolError> {
        match header.opcode {
            Opcode::Continuation if self.gathered.is_none() => {
                return Err(ProtocolError::NothingToContinue);
            }
            Opcode::Text | Opcode::Binary if self.gathered.is_some() => {
                return Err(ProtocolError::Interleaved);
            }
            _ => {}
        }
        let Limits { frame, message } = self.limits;
        if header.payload > frame {
            return Err(ProtocolError::FrameTooBig { declared: header.payload, limit: frame });
        }
        let before = if header.opcode.is_control() { 0 } else { self.gathered.as_ref().map_or(0, BytesMut::len) };
        if header.payload.saturating_add(before as u64) > message {
            return Err(ProtocolError::MessageTooBig { limit: message });
        }
        usize::try_from(header.payload).map_err(|_| ProtocolError::MessageTooBig { limit: message })
    }

    /// Takes a whole frame; gives a message when it completes one.
    fn accept(&mut self, header: &Header, payload: BytesMut) -> Result<Option<Message>, ProtocolError> {
        match header.opcode {
            Opcode::Ping => return Ok(Some(Message::Ping(payload.freeze()))),
            Opcode::Pong => return Ok(Some(Message::Pong)),
            Opcode::Close => return read_close(&payload).map(Some),
            Opcode::Text | Opcode::Binary | Opcode::Continuation => {}
        }
        let text = match self.gathered.take() {
            None => payload,
            Some(mut gathered) => {
                gathered.extend_from_slice(&payload);
                gathered
            }
        };
        if !header.fin {
            self.gathered = Some(text);
            return Ok(None);
        }
        simdutf8::basic::from_utf8(&text).map_err(|_| ProtocolError::NotUtf8)?;
        Ok(Some(Message::Text(text)))
    }
}

fn read_close(payload: &[u8]) -> Result<Message, ProtocolError> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return match payload {
            [] => Ok(Message::Close { code: None, reason: String::new() }),
            _ => Err(ProtocolError::TruncatedCloseCode),
        };
    };
    let code = u16::from_be_bytes(*code);
    // 1004–1006 and 1015 never travel; 1016–2999 are unassigned; from 3000 libraries and applications choose.
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(ProtocolError::BadCloseCode(code));
    }
    let reason = simdutf8::basic::from_utf8(reason).map_err(|_| ProtocolError::NotUtf8)?;
    Ok(Message::Close { code: Some(code), reason: reason.to_owned() })
}
