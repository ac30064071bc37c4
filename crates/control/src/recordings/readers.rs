//! Recordings that are being looked at: whoever plays one asks many times, and finding its records each time would be
//! most of the work.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hangar_domain::SessionId;
use hangar_recorder::recording::Reader;

/// Readers kept open. Each holds a descriptor and 24 bytes per record.
const MOST: usize = 16;

#[derive(Default)]
pub(super) struct Readers {
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    readers: HashMap<SessionId, (u64, Arc<Mutex<Reader>>)>,
    /// Counts up with each use: the lowest is the one that was used longest ago.
    uses: u64,
}

impl Readers {
    pub(super) fn find(&self, session: SessionId) -> Option<Arc<Mutex<Reader>>> {
        let mut open = self.lock();
        open.uses += 1;
        let now = open.uses;
        let (used, reader) = open.readers.get_mut(&session)?;
        *used = now;
        Some(reader.clone())
    }

    pub(super) fn keep(&self, session: SessionId, reader: Reader) -> Arc<Mutex<Reader>> {
        let mut open = self.lock();
        let oldest = open.readers.iter().min_by_key(|(_, (used, _))| *used).map(|(session, _)| *session);
        if let Some(oldest) = oldest.filter(|_| open.readers.len() >= MOST) {
            open.readers.remove(&oldest);
        }
        open.uses += 1;
        let (used, reader) = (open.uses, Arc::new(Mutex::new(reader)));
        open.readers.insert(session, (used, reader.clone()));
        reader
    }

    pub(super) fn forget(&self, session: SessionId) {
        self.lock().readers.remove(&session);
    }

    /// Closes all that nobody uses at the moment.
    pub(super) fn close_idle(&self) {
        self.lock().readers.retain(|_, (_, reader)| Arc::strong_count(reader) > 1);
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
