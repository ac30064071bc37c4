//! Giving up a recording's oldest half, so that a long session has a bound on the disk.
//!
//! The newer half is copied to a file beside, which then takes the name: a reader sees the old file or the new one,
//! and so does whoever comes after a crash.

use std::{
    io::{self, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use super::writer::{Disk, new_file};

/// What an unfinished file is called.
pub(super) fn beside(path: &Path) -> PathBuf {
    path.with_extension("part")
}

impl Disk {
    pub(super) fn thin(&mut self) -> io::Result<()> {
        let part = beside(&self.path);
        let thinned = self.copy_newer(&part).and_then(|thinned| {
            std::fs::rename(&part, &self.path)?;
            Ok(thinned)
        });
        match thinned {
            Ok(thinned) => {
                *self = thinned;
                Ok(())
            }
            Err(error) => {
                let _ = std::fs::remove_file(&part);
                Err(error)
            }
        }
    }

    /// The first record that is kept.
    fn cut(&self) -> usize {
        let oldest = self.end.saturating_sub(self.limits.bytes / 2);
        let by_bytes = self.slots.partition_point(|slot| slot.offset < oldest);
        by_bytes.max(self.slots.len().saturating_sub(self.limits.records / 2))
    }

    fn copy_newer(&self, part: &Path) -> io::Result<Self> {
        let cut = self.cut();
        let from = self.slots.get(cut).map_or(self.end, |slot| slot.offset);
        let mut thinned = self.anew(new_file(part)?);
        thinned.begin()?;
        thinned.lost += cut as u64;
        thinned.mark(thinned.lost, "full", self.slots.get(cut).map_or(0, |slot| slot.time))?;
        thinned.flush()?;
        let mut source = self.file.get_ref();
        source.seek(SeekFrom::Start(from))?;
        // From file to file: the kernel does the copying.
        io::copy(&mut source, thinned.file.get_mut())?;
        let shift = thinned.end;
        let kept = self.slots[cut..].iter().map(|slot| {
            let mut slot = *slot;
            slot.offset = slot.offset - from + shift;
            slot
        });
        thinned.slots.extend(kept);
        thinned.end += self.end - from;
        thinned.flush()?;
        Ok(thinned)
    }
}
