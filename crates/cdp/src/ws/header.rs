//! The 2 to 14 bytes in front of a client's payload (RFC 6455 §5.2). Each rule is checked at the first byte that can
//! break it, so that how the input was cut never changes the answer.

use super::protocol_error::ProtocolError;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    fn from_bits(bits: u8) -> Result<Self, ProtocolError> {
        Ok(match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            other => return Err(ProtocolError::ReservedOpcode(other)),
        })
    }

    pub(super) const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// A frame's header, whole and valid by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) fin: bool,
    pub(super) opcode: Opcode,
    pub(super) key: [u8; 4],
    /// Payload bytes.
    pub(super) payload: u64,
    /// Bytes of the header itself.
    pub(super) size: usize,
}

/// A header, or how many bytes it needs before anything more can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    Whole(Header),
    Needs(usize),
}

/// Reads the header at the start of `input`.
///
/// A length in more bytes than it needs is taken: the RFC forbids sending it, and refusing it would win nothing.
pub(super) fn parse(input: &[u8]) -> Result<Parsed, ProtocolError> {
    let &[first, second, ref rest @ ..] = input else {
        return Ok(Parsed::Needs(2));
    };
    if first & 0x70 != 0 {
        return Err(ProtocolError::ReservedBits);
    }
    let fin = first & 0x80 != 0;
    let opcode = Opcode::from_bits(first & 0x0f)?;
    if opcode.is_control() && !fin {
        return Err(ProtocolError::FragmentedControl);
    }
    if second & 0x80 == 0 {
        return Err(ProtocolError::Unmasked);
    }
    let short = second & 0x7f;
    if opcode.is_control() && short > 125 {
        return Err(ProtocolError::OversizedControl);
    }
    let (payload, length_bytes) = match short {
        126 => match rest.first_chunk() {
            Some(bytes) => (u64::from(u16::from_be_bytes(*bytes)), 2),
            None => return Ok(Parsed::Needs(8)),
        },
        127 => match rest.first_chunk() {
            Some(bytes) => (u64::from_be_bytes(*bytes), 8),
            None => return Ok(Parsed::Needs(14)),
        },
        short => (u64::from(short), 0),
    };
    if payload >> 63 != 0 {
        return Err(ProtocolError::LengthTopBit);
    }
    let size = 2 + length_bytes + 4;
    Ok(match rest.get(length_bytes..).and_then(<[u8]>::first_chunk) {
        Some(&key) => Parsed::Whole(Header { fin, opcode, key, payload, size }),
        None => Parsed::Needs(size),
    })
}
