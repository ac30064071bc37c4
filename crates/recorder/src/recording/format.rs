//! The bytes of records. Pure: what reads and writes files stands on it.

use crate::recording::Frame;

/// `HGR`, the version, and what shows a file that was handled as text.
pub(super) const MAGIC: [u8; 8] = *b"HGR\x01\r\n\x1a\n";

/// Bytes before a payload.
pub(super) const HEAD_BYTES: usize = 24;

/// The same, as offsets are counted.
pub(super) const HEAD_LENGTH: u64 = HEAD_BYTES as u64;

/// The longest payload that is written, or believed when read.
pub(super) const MAX_PAYLOAD: u32 = 16 << 20;

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What the recording is of.
    Head,
    /// A picture.
    Frame,
    /// Something that happened.
    Entry,
    /// A pointer or a key.
    Input,
    /// Where all records are.
    Index,
}

/// What stands before a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RecordHead {
    pub(super) length: u32,
    pub(super) kind: Kind,
    /// Microseconds since the start.
    pub(super) time: u64,
    pub(super) checksum: u32,
}

impl Kind {
    pub(super) const fn byte(self) -> u8 {
        match self {
            Self::Head => 1,
            Self::Frame => 2,
            Self::Entry => 3,
            Self::Input => 4,
            Self::Index => 5,
        }
    }

    pub(super) fn of(byte: u8) -> Option<Self> {
        [Self::Head, Self::Frame, Self::Entry, Self::Input, Self::Index].into_iter().find(|kind| kind.byte() == byte)
    }
}

impl RecordHead {
    /// The head of a record whose payload is these pieces; `None` where they are more than a record may hold.
    pub(super) fn of(kind: Kind, time: u64, payload: &[&[u8]]) -> Option<Self> {
        let mut hasher = crc32fast::Hasher::new();
        payload.iter().for_each(|piece| hasher.update(piece));
        let length = payload.iter().map(|piece| piece.len()).sum::<usize>();
        let length = u32::try_from(length).ok().filter(|length| *length <= MAX_PAYLOAD)?;
        Some(Self { length, kind, time, checksum: hasher.finalize() })
    }

    pub(super) fn encode(self) -> [u8; HEAD_BYTES] {
        let mut bytes = [0; HEAD_BYTES];
        bytes[..4].copy_from_slice(&self.length.to_le_bytes());
        bytes[4] = self.kind.byte();
        bytes[8..16].copy_from_slice(&self.time.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.checksum.to_le_bytes());
        let own = crc32fast::hash(&bytes[..20]);
        bytes[20..].copy_from_slice(&own.to_le_bytes());
        bytes
    }

    /// `None` where these bytes are no head.
    pub(super) fn decode(bytes: &[u8; HEAD_BYTES]) -> Option<Self> {
        let own = u32::from_le_bytes(bytes[20..].try_into().ok()?);
        let length = u32::from_le_bytes(bytes[..4].try_into().ok()?);
        let is_head = own == crc32fast::hash(&bytes[..20]) && length <= MAX_PAYLOAD && bytes[5..8] == [0; 3];
        let kind = Kind::of(bytes[4]).filter(|_| is_head)?;
        let time = u64::from_le_bytes(bytes[8..16].try_into().ok()?);
        Some(Self { length, kind, time, checksum: u32::from_le_bytes(bytes[16..20].try_into().ok()?) })
    }

    /// Bytes of the whole record.
    pub(super) fn size(self) -> u64 {
        HEAD_LENGTH + u64::from(self.length)
    }
}

/// What a frame says of its picture.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Caption<'a> {
    #[serde(borrow)]
    pub(super) page: std::borrow::Cow<'a, str>,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Caption<'_> {
    /// A frame's payload up to its picture; `None` where a page's id is absurdly long.
    pub(super) fn encode(frame: &Frame) -> Option<Vec<u8>> {
        let caption = Caption { page: frame.page.as_str().into(), width: frame.width, height: frame.height };
        let json = serde_json::to_vec(&caption).ok()?;
        let length = u16::try_from(json.len()).ok()?;
        Some([length.to_le_bytes().as_slice(), &json].concat())
    }

    /// The caption of a frame's payload, and where its picture begins.
    pub(super) fn decode(payload: &[u8]) -> Option<(Caption<'_>, usize)> {
        let (length, rest) = payload.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_le_bytes(*length));
        Some((serde_json::from_slice(rest.get(..length)?).ok()?, 2 + length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_damaged_head_is_believed() {
        let head = RecordHead::of(Kind::Frame, 1_234_567, &[b"ab", b"c"]).unwrap();
        let bytes = head.encode();
        assert_eq!(RecordHead::decode(&bytes), Some(head));
        for bit in 0..HEAD_BYTES * 8 {
            let mut damaged = bytes;
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(RecordHead::decode(&damaged), None, "bit {bit}");
        }
    }

    #[test]
    fn a_payload_that_no_reader_would_believe_is_not_written() {
        let long = vec![0; MAX_PAYLOAD as usize];
        assert!(RecordHead::of(Kind::Entry, 0, &[&long]).is_some());
        assert_eq!(RecordHead::of(Kind::Entry, 0, &[&long, b"x"]), None);
    }
}
