//! A session's timeline on its way to the store: collected from whoever sees something, written in batches.
//!
//! It must never hold up whoever reports: where its queue is full, or the store stays away, entries are given up, and a
//! marker on the timeline says how many.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use hangar_domain::{
    Clock,
    timeline::{Dropped, Entry, Event},
};
use hangar_recorder::film::Film;
use hangar_store::Store;
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Entries that may wait to be written.
const QUEUE: usize = 8_192;

/// Entries written at once.
const BATCH: usize = 1_000;

/// How long the first entry of a batch waits for others.
const LINGER: Duration = Duration::from_millis(100);

/// Tries to write a batch, and the pause between them.
const TRIES: u32 = 5;
const RETRY: Duration = Duration::from_millis(500);

/// Readers that may wait for what is on its way.
const FLUSHES: usize = 64;

/// Entries that a session's timeline keeps; beyond, the oldest go.
pub(crate) const KEPT: u64 = 200_000;

/// The near end of a timeline.
pub(crate) struct Timeline {
    entries: mpsc::Sender<Entry>,
    flushes: mpsc::Sender<oneshot::Sender<()>>,
    dropped: Arc<AtomicU64>,
    clock: Arc<dyn Clock>,
    closing: CancellationToken,
}

impl Timeline {
    /// Begins to write the timeline of the session with this number; ends when it is closed.
    pub(crate) fn start(
        store: Store,
        clock: Arc<dyn Clock>,
        session: i64,
        film: Option<Arc<Film>>,
        tasks: &TaskTracker,
    ) -> Self {
        let (entries, queued) = mpsc::channel(QUEUE);
        let (flushes, asked) = mpsc::channel(FLUSHES);
        let dropped = Arc::new(AtomicU64::new(0));
        let writer = Writer { store, clock: clock.clone(), session, dropped: dropped.clone(), film, batch: Vec::new() };
        let closing = CancellationToken::new();
        tasks.spawn(writer.run(queued, asked, closing.clone()));
        Self { entries, flushes, dropped, clock, closing }
    }

    /// Puts something on the timeline, now.
    pub(crate) fn add(&self, event: Event) {
        if self.entries.try_send(Entry { at: self.clock.now(), event }).is_err() {
            self.dropped.fetch_add(1, Relaxed);
        }
    }

    /// Where others put entries of their own.
    pub(crate) fn sender(&self) -> mpsc::Sender<Entry> {
        self.entries.clone()
    }

    /// Waits until what has been added by now is written.
    pub(crate) async fn flush(&self) {
        let (written, waiting) = oneshot::channel();
        if self.flushes.send(written).await.is_ok() {
            // An error says that the writer has ended, with everything written.
            let _written = waiting.await;
        }
    }

    /// Writes the last of it; what is added afterwards is nobody's.
    pub(crate) async fn close(&self) {
        self.flush().await;
        self.closing.cancel();
    }
}

impl Drop for Timeline {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

struct Writer {
    store: Store,
    clock: Arc<dyn Clock>,
    session: i64,
    dropped: Arc<AtomicU64>,
    film: Option<Arc<Film>>,
    batch: Vec<Entry>,
}

impl Writer {
    async fn run(
        mut self,
        mut queued: mpsc::Receiver<Entry>,
        mut asked: mpsc::Receiver<oneshot::Sender<()>>,
        closing: CancellationToken,
    ) {
        loop {
            let flushed = tokio::select! {
                received = queued.recv_many(&mut self.batch, BATCH) => {
                    if received == 0 {
                        break;
                    }
                    self.linger(&mut queued, &mut asked).await
                }
                Some(flushed) = asked.recv() => Some(flushed),
                () = closing.cancelled() => break,
            };
            if flushed.is_some() {
                // Bounded: what is added from now on may wait for the next batch.
                for _ in 0..QUEUE {
                    let Ok(entry) = queued.try_recv() else { break };
                    self.batch.push(entry);
                }
            }
            self.write().await;
            if let Some(flushed) = flushed {
                // Whoever asked may have gone.
                let _gone = flushed.send(());
            }
        }
    }

    /// Collects more, for a while or until somebody wants to read.
    async fn linger(
        &mut self,
        queued: &mut mpsc::Receiver<Entry>,
        asked: &mut mpsc::Receiver<oneshot::Sender<()>>,
    ) -> Option<oneshot::Sender<()>> {
        let deadline = Instant::now() + LINGER;
        while self.batch.len() < BATCH {
            let room = BATCH - self.batch.len();
            tokio::select! {
                received = queued.recv_many(&mut self.batch, room) => if received == 0 { return None },
                flushed = asked.recv() => return flushed,
                () = tokio::time::sleep_until(deadline) => return None,
            }
        }
        None
    }

    async fn write(&mut self) {
        let lost = self.dropped.swap(0, Relaxed);
        if lost > 0 {
            let event = Event::Dropped(Dropped { count: lost, reason: "slow".to_owned() });
            self.batch.push(Entry { at: self.clock.now(), event });
        }
        if self.batch.is_empty() {
            return;
        }
        if let Some(film) = &self.film {
            self.batch.iter().for_each(|entry| film.entry(entry));
        }
        for attempt in 1..=TRIES {
            match self.store.timeline_append(self.session, &self.batch, KEPT).await {
                Ok(()) => break,
                Err(error) if attempt == TRIES => {
                    tracing::error!(%error, session.number = self.session, entries = self.batch.len(), "a part of a timeline is lost");
                    self.dropped.fetch_add(self.batch.len() as u64, Relaxed);
                }
                Err(error) => {
                    tracing::warn!(%error, session.number = self.session, attempt, "a part of a timeline was not written");
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
        self.batch.clear();
    }
}
