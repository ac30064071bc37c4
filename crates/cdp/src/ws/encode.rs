//! The frames that the server sends: never masked, never fragmented, because the readers of some clients know neither
//! FIN nor opcodes (contracts/botcloud.md §6). Only headers and control frames are built here; payloads are not copied.

use std::ops::Deref;

const FIN: u8 = 0x80;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PONG: u8 = 0xa;
/// RFC 6455 §5.5.
const LONGEST_CONTROL: usize = 125;

/// The header of a text frame with `len` bytes of payload: the array and how many of its bytes count.
#[must_use]
pub fn text_header(len: usize) -> ([u8; 10], usize) {
    header(TEXT, len)
}

/// The same of a binary frame; for viewers, never for clients, whose protocol is text.
#[must_use]
pub fn binary_header(len: usize) -> ([u8; 10], usize) {
    header(BINARY, len)
}

fn header(opcode: u8, len: usize) -> ([u8; 10], usize) {
    let mut header = [0; 10];
    header[0] = FIN | opcode;
    let size = if let Some(short) = u8::try_from(len).ok().filter(|&short| short < 126) {
        header[1] = short;
        2
    } else if let Ok(medium) = u16::try_from(len) {
        header[1] = 126;
        header[2..4].copy_from_slice(&medium.to_be_bytes());
        4
    } else {
        header[1] = 127;
        header[2..].copy_from_slice(&(len as u64).to_be_bytes());
        10
    };
    (header, size)
}

/// A whole control frame, at most 127 bytes, without an allocation.
#[derive(Clone, Copy, Debug)]
pub struct ControlFrame {
    bytes: [u8; 2 + LONGEST_CONTROL],
    len: usize,
}

impl ControlFrame {
    fn new(opcode: u8) -> Self {
        let mut bytes = [0; 2 + LONGEST_CONTROL];
        bytes[0] = FIN | opcode;
        Self { bytes, len: 2 }
    }

    /// Adds what fits.
    fn push(mut self, part: &[u8]) -> Self {
        let room = &mut self.bytes[self.len..];
        let count = part.len().min(room.len());
        room[..count].copy_from_slice(&part[..count]);
        self.len += count;
        self.bytes[1] = u8::try_from(self.len - 2).unwrap_or(u8::MAX >> 1);
        self
    }
}

impl Deref for ControlFrame {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// A close frame. A reason over 123 bytes is cut at a character.
#[must_use]
pub fn close(code: u16, reason: &str) -> ControlFrame {
    let reason = &reason[..reason.floor_char_boundary(LONGEST_CONTROL - 2)];
    ControlFrame::new(CLOSE).push(&code.to_be_bytes()).push(reason.as_bytes())
}

/// A close frame without a code: the answer to one without a code.
#[must_use]
pub fn close_empty() -> ControlFrame {
    ControlFrame::new(CLOSE)
}

/// The answer to a ping, with the ping's payload (at most 125 bytes, which the decoder has checked).
#[must_use]
pub fn pong(payload: &[u8]) -> ControlFrame {
    ControlFrame::new(PONG).push(payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_takes_the_fewest_bytes() {
        let cases: [(usize, &[u8]); 6] = [
            (0, &[0x81, 0]),
            (125, &[0x81, 125]),
            (126, &[0x81, 126, 0, 126]),
            (65_535, &[0x81, 126, 0xff, 0xff]),
            (65_536, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
            (50_000_000, &[0x81, 127, 0, 0, 0, 0, 0x02, 0xfa, 0xf0, 0x80]),
        ];
        for (len, expected) in cases {
            let (header, size) = text_header(len);
            assert_eq!(&header[..size], expected, "length {len}");
        }
    }

    #[test]
    fn control_frames_stay_within_125_bytes_and_whole_characters() {
        assert_eq!(&*close_empty(), [0x88, 0]);
        assert_eq!(&*close(1009, "big"), [0x88, 5, 0x03, 0xf1, b'b', b'i', b'g']);
        assert_eq!(&*pong(b"ab"), [0x8a, 2, b'a', b'b']);
        let long = close(1000, &"é".repeat(200));
        assert_eq!(long.len(), 2 + 2 + 122);
        assert!(str::from_utf8(&long[4..]).is_ok());
        assert_eq!(pong(&[7; 125]).len(), 127);
        assert_eq!(pong(&[7; 125])[1], 125);
    }
}
