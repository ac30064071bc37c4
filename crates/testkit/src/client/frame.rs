//! WebSocket frames as a client writes and reads them (RFC 6455 §5), and as no client should.

use bytes::{Buf as _, BytesMut};

/// Final text frame.
pub const TEXT: u8 = 0x81;
/// Final binary frame.
pub const BINARY: u8 = 0x82;
/// Close.
pub const CLOSE: u8 = 0x88;
/// Ping.
pub const PING: u8 = 0x89;

/// What clients mask with here; not zero, so that a server that forgets to unmask is found out.
const MASK: [u8; 4] = [0x11, 0x22, 0x33, 0x44];

/// A frame from the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// FIN, reserved bits and opcode.
    pub first: u8,
    /// What it carries.
    pub payload: Vec<u8>,
}

/// A masked frame with this first byte.
#[must_use]
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(first, payload.len() as u64, true);
    frame.extend_from_slice(&MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// The first bytes of a frame that declares `length` bytes; without a mask's key.
#[must_use]
pub fn header(first: u8, length: u64, is_masked: bool) -> Vec<u8> {
    let bit = if is_masked { 0x80 } else { 0 };
    let mut header = vec![first];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if short < 126 => header.push(bit | short),
        (_, Ok(medium)) => {
            header.push(bit | 126);
            header.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            header.push(bit | 127);
            header.extend_from_slice(&length.to_be_bytes());
        }
    }
    header
}

/// A close frame's payload.
#[must_use]
pub fn close_body(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes()[..], reason.as_bytes()].concat()
}

/// Takes a whole frame off `buffer`, if it holds one.
pub(super) fn take(buffer: &mut BytesMut) -> Option<Frame> {
    let (&first, &second) = (buffer.first()?, buffer.get(1)?);
    assert_eq!(second & 0x80, 0, "a server never masks (RFC 6455 §5.1)");
    let (offset, length) = match second {
        126 => (4, u64::from(u16::from_be_bytes(buffer.get(2..4)?.try_into().ok()?))),
        127 => (10, u64::from_be_bytes(buffer.get(2..10)?.try_into().ok()?)),
        short => (2, u64::from(short)),
    };
    let length = usize::try_from(length).ok()?;
    if buffer.len() < offset + length {
        return None;
    }
    buffer.advance(offset);
    Some(Frame { first, payload: buffer.split_to(length).to_vec() })
}
