//! Finding records in a file: one at a known place, or the next head, without reading what lies between.

use std::{fs::File, os::unix::fs::FileExt as _};

use super::{
    Error,
    format::{HEAD_BYTES, HEAD_LENGTH, RecordHead},
    index::Slot,
};

/// Bytes read at once where heads are looked for: many small records, or the head of one picture.
const WINDOW: usize = 4096;

/// A piece of the file in which heads are looked for.
#[derive(Default)]
pub(super) struct Window {
    bytes: Vec<u8>,
    start: u64,
}

impl Window {
    pub(super) fn head(&mut self, file: &File, at: u64) -> Result<Option<RecordHead>, Error> {
        if self.find(at).is_none() {
            self.bytes.resize(WINDOW, 0);
            let read = read_at(file, &mut self.bytes, at)?;
            self.bytes.truncate(read);
            self.start = at;
        }
        Ok(self.find(at).and_then(RecordHead::decode))
    }

    fn find(&self, at: u64) -> Option<&[u8; HEAD_BYTES]> {
        let from = usize::try_from(at.checked_sub(self.start)?).ok()?;
        self.bytes.get(from..)?.first_chunk()
    }
}

/// The record at `offset`, where it is whole and its checksums match.
pub(super) fn whole(file: &File, offset: u64) -> Result<Option<(Slot, Vec<u8>)>, Error> {
    let mut bytes = [0; HEAD_BYTES];
    if read_at(file, &mut bytes, offset)? < HEAD_BYTES {
        return Ok(None);
    }
    let Some(head) = RecordHead::decode(&bytes) else { return Ok(None) };
    let mut payload = vec![0; head.length as usize];
    let read = read_at(file, &mut payload, offset + HEAD_LENGTH)?;
    let is_whole = read == payload.len() && crc32fast::hash(&payload) == head.checksum;
    Ok(is_whole.then(|| (Slot::new(head, offset), payload)))
}

/// Fills as much of `bytes` as the file has from `offset`.
pub(super) fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> Result<usize, Error> {
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset.saturating_add(filled as u64)) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(filled)
}
