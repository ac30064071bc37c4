//! What waits for the disk: bounded, and never a reason for anybody to wait.
//!
//! Pictures have a bound of their own, so that a slow disk costs pictures before it costs entries.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{Frame, format::Kind};

/// How long the disk's thread lets records gather, so that it wakes a few times a second and not for each.
const GATHER: Duration = Duration::from_millis(250);

/// Bytes of pictures that may wait.
const MOST_PICTURES: usize = 8 << 20;

/// Bytes of everything else that may wait.
const MOST_NOTES: usize = 16 << 20;

/// What even an empty note takes.
const OVERHEAD: usize = 64;

/// One record to be.
pub(super) enum Item {
    Frame(Frame),
    /// JSON, at microseconds since the start.
    Note(Kind, u64, Vec<u8>),
}

/// Records that the disk did not keep up with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lost {
    pub(super) frames: u64,
    pub(super) notes: u64,
}

#[derive(Default)]
pub(super) struct Batch {
    pub(super) items: Vec<Item>,
    pub(super) lost: Lost,
    pictures: usize,
    notes: usize,
}

#[derive(Default)]
struct State {
    batch: Batch,
    is_closed: bool,
}

#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    news: Condvar,
}

impl Item {
    fn size(&self) -> usize {
        match self {
            Self::Frame(frame) => frame.jpeg.len(),
            Self::Note(_, _, json) => json.len() + OVERHEAD,
        }
    }
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.items.is_empty() && self.lost == Lost::default()
    }

    fn is_urgent(&self) -> bool {
        self.pictures > MOST_PICTURES / 2 || self.notes > MOST_NOTES / 2
    }

    fn push(&mut self, item: Item) {
        let size = item.size();
        let (waiting, most, lost) = match item {
            Item::Frame(_) => (&mut self.pictures, MOST_PICTURES, &mut self.lost.frames),
            Item::Note(..) => (&mut self.notes, MOST_NOTES, &mut self.lost.notes),
        };
        if *waiting + size > most {
            *lost += 1;
        } else {
            *waiting += size;
            self.items.push(item);
        }
    }
}

impl Queue {
    /// Hands over a record, or counts it as lost; never waits for the disk.
    pub(super) fn push(&self, item: Item) {
        let mut state = self.lock();
        if state.is_closed {
            return;
        }
        let was_empty = state.batch.is_empty();
        state.batch.push(item);
        if was_empty || state.batch.is_urgent() {
            self.news.notify_one();
        }
    }

    /// Nothing is taken from now on.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.news.notify_one();
    }

    /// What has gathered; blocks until there is something. `None` once the queue is closed and empty.
    pub(super) fn take(&self) -> Option<Batch> {
        let state = self.lock();
        let waiting = self.news.wait_while(state, |state| state.batch.is_empty() && !state.is_closed);
        let state = waiting.unwrap_or_else(PoisonError::into_inner);
        let gathering =
            self.news.wait_timeout_while(state, GATHER, |state| !state.batch.is_urgent() && !state.is_closed);
        let (mut state, _) = gathering.unwrap_or_else(PoisonError::into_inner);
        let batch = std::mem::take(&mut state.batch);
        (!batch.is_empty()).then_some(batch)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn frame(bytes: usize) -> Item {
        let jpeg = vec![0; bytes].into();
        Item::Frame(Frame { at: Timestamp::UNIX_EPOCH, page: String::new(), width: 1, height: 1, jpeg })
    }

    #[test]
    fn pictures_are_lost_before_entries_and_both_are_counted() {
        let queue = Queue::default();
        for _ in 0..9 {
            queue.push(frame(1 << 20));
        }
        queue.push(Item::Note(Kind::Entry, 0, vec![0; 100]));
        let batch = queue.take().unwrap();
        assert_eq!((batch.items.len(), batch.lost), (9, Lost { frames: 1, notes: 0 }));
        queue.push(Item::Note(Kind::Entry, 0, vec![0; MOST_NOTES + 1]));
        assert_eq!(queue.take().unwrap().lost, Lost { frames: 0, notes: 1 });
    }

    #[test]
    fn a_closed_queue_gives_what_it_has_and_takes_no_more() {
        let queue = Queue::default();
        queue.push(frame(1));
        queue.close();
        queue.push(frame(1));
        assert_eq!(queue.take().map(|batch| batch.items.len()), Some(1));
        assert!(queue.take().is_none());
    }
}
