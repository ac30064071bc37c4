//! What a player needs of a recording, in pieces that have a bound.

use std::{
    ops::Range,
    sync::{Arc, PoisonError},
    time::Duration,
};

use hangar_domain::SessionId;
use hangar_recorder::recording::{self, Frame, Head, Note, Reader, Tail};

use super::{Recordings, unreadable};
use crate::Error;

/// Bytes of pictures or notes in one answer, unless a single one is larger.
const MOST: usize = 4 << 20;

/// A recording's outline.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// What it is of.
    pub head: Head,
    /// From the session's start to the last record.
    pub duration: Duration,
    /// Bytes of whole records.
    pub bytes: u64,
    /// When each picture was taken, microseconds since the session's start, and the bytes of its record.
    pub frames: Vec<(u64, u32)>,
    /// How many entries and inputs there are.
    pub notes: usize,
    /// How it ends.
    pub tail: Tail,
}

impl Recordings {
    /// A recording's outline as it is now, with the pictures from `from` on.
    ///
    /// # Errors
    /// [`Error::RecordingUnknown`], [`Error::Recording`].
    pub async fn manifest(self: &Arc<Self>, session: SessionId, from: Duration) -> Result<Manifest, Error> {
        self.look(session, move |reader| {
            let frames = reader.frames();
            let from = frames.partition_point(|slot| u128::from(slot.time) < from.as_micros());
            Ok(Manifest {
                head: reader.head().clone(),
                duration: reader.duration(),
                bytes: reader.bytes(),
                frames: frames[from..].iter().map(|slot| (slot.time, slot.length)).collect(),
                notes: reader.note_count(),
                tail: reader.tail(),
            })
        })
        .await
    }

    /// Pictures taken within `range`, from the oldest, as many as one answer holds.
    ///
    /// # Errors
    /// [`Error::RecordingUnknown`]; [`Error::Recording`] when the first is damaged.
    pub async fn frames(self: &Arc<Self>, session: SessionId, range: Range<Duration>) -> Result<Vec<Frame>, Error> {
        self.look(session, move |reader| {
            bounded(reader.frames_between(range.start, range.end), |frame| frame.jpeg.len())
        })
        .await
    }

    /// Entries and inputs from the `skip`th on, at most `limit`, as many as one answer holds.
    ///
    /// # Errors
    /// [`Error::RecordingUnknown`]; [`Error::Recording`] when the first is damaged.
    pub async fn notes(self: &Arc<Self>, session: SessionId, skip: usize, limit: usize) -> Result<Vec<Note>, Error> {
        self.look(session, move |reader| bounded(reader.notes(skip).take(limit), |note| note.json.len())).await
    }

    async fn look<T: Send + 'static>(
        self: &Arc<Self>,
        session: SessionId,
        look: impl FnOnce(&Reader) -> Result<T, recording::Error> + Send + 'static,
    ) -> Result<T, Error> {
        let recordings = self.clone();
        let looking = tokio::task::spawn_blocking(move || {
            let reader = match recordings.readers.find(session) {
                Some(reader) => reader,
                None => recordings.readers.keep(session, recordings.read(session)?),
            };
            let mut reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
            reader.refresh().map_err(|error| {
                recordings.readers.forget(session);
                unreadable(error)
            })?;
            look(&reader).map_err(Error::Recording)
        });
        looking.await.unwrap_or(Err(Error::Internal("reading a recording panicked")))
    }
}

/// The items until there is enough, or one is damaged; an error only where nothing is before it.
fn bounded<T>(
    items: impl Iterator<Item = Result<T, recording::Error>>,
    size: impl Fn(&T) -> usize,
) -> Result<Vec<T>, recording::Error> {
    let (mut kept, mut bytes) = (Vec::new(), 0);
    for item in items {
        let item = match item {
            Ok(item) => item,
            Err(error) if kept.is_empty() => return Err(error),
            Err(_) => break,
        };
        bytes += size(&item);
        if bytes > MOST && !kept.is_empty() {
            break;
        }
        kept.push(item);
    }
    Ok(kept)
}
