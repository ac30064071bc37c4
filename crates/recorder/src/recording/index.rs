//! Where the records of a recording are: kept while it is written, and its last record once it is closed.

use super::format::{Kind, RecordHead};

/// Bytes of a slot in the file.
const SLOT_BYTES: usize = 24;

/// A record's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Microseconds since the start.
    pub time: u64,
    /// Where its head begins.
    pub offset: u64,
    /// Bytes of its payload.
    pub length: u32,
    /// What it holds.
    pub kind: Kind,
}

impl Slot {
    pub(super) fn new(head: RecordHead, offset: u64) -> Self {
        Self { time: head.time, offset, length: head.length, kind: head.kind }
    }

    /// Where the next record begins.
    pub(super) fn end(&self) -> u64 {
        self.offset + super::format::HEAD_LENGTH + u64::from(self.length)
    }

    fn encode(&self) -> [u8; SLOT_BYTES] {
        let mut bytes = [0; SLOT_BYTES];
        bytes[..8].copy_from_slice(&self.time.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.offset.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.length.to_le_bytes());
        bytes[20] = self.kind.byte();
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (time, rest) = bytes.split_first_chunk()?;
        let (offset, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        Some(Self {
            time: u64::from_le_bytes(*time),
            offset: u64::from_le_bytes(*offset),
            length: u32::from_le_bytes(*length),
            kind: Kind::of(*rest.first()?)?,
        })
    }
}

/// The payload of an index that is written at `offset`.
pub(super) fn encode(slots: &[Slot], offset: u64) -> Vec<u8> {
    let mut payload: Vec<u8> = slots.iter().flat_map(Slot::encode).collect();
    payload.extend_from_slice(&offset.to_le_bytes());
    payload
}

/// The slots of an index; `None` where it does not name `offset` as its own.
pub(super) fn decode(payload: &[u8], offset: u64) -> Option<Vec<Slot>> {
    let (slots, own) = payload.split_last_chunk()?;
    if u64::from_le_bytes(*own) != offset || slots.len() % SLOT_BYTES != 0 {
        return None;
    }
    slots.chunks_exact(SLOT_BYTES).map(Slot::decode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_read_as_it_was_written_and_only_where_it_was() {
        let slots = [
            Slot { time: 5, offset: 90, length: 7, kind: Kind::Entry },
            Slot { time: u64::MAX, offset: 121, length: u32::MAX, kind: Kind::Frame },
        ];
        let payload = encode(&slots, 4000);
        assert_eq!(decode(&payload, 4000).as_deref(), Some(&slots[..]));
        assert_eq!(decode(&payload, 4001), None);
        assert_eq!(decode(&payload[1..], 4000), None);
    }
}
