//! Keeping the folder within its bounds: what is too old goes, then the oldest until the rest fits.
//!
//! A recording that is still being written is never removed; it has a bound of its own.

use std::{fs, io};

use hangar_domain::SessionId;
use jiff::Timestamp;

use super::{Recording, Recordings, VIDEO};

impl Recordings {
    /// Removes what is beyond the bounds; how many recordings that were.
    ///
    /// # Errors
    /// When the folder cannot be read or a file cannot be removed.
    pub fn trim(&self, now: Timestamp, is_live: impl Fn(SessionId) -> bool) -> io::Result<usize> {
        self.readers.close_idle();
        let oldest_first = self.list()?;
        let mut total: u64 = oldest_first.iter().map(|recording| self.size(recording)).sum();
        let mut removed = 0;
        for recording in &oldest_first {
            let age = now.duration_since(recording.written_at).unsigned_abs();
            let is_old = recording.written_at < now && age > self.bounds.retention;
            if (is_old || total > self.bounds.all) && !is_live(recording.session) {
                total -= self.size(recording);
                self.delete(recording.session)?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Bytes of a recording and of the video of it.
    fn size(&self, recording: &Recording) -> u64 {
        let video = fs::metadata(self.file(recording.session, VIDEO)).map_or(0, |video| video.len());
        recording.bytes + video
    }
}
