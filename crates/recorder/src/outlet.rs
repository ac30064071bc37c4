//! The way out: entries wait here for their receiver, which may be slow, while the browser must not be.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hangar_domain::timeline::{Dropped, Entry, Event};
use tokio::sync::{Notify, mpsc};

use crate::Limits;

/// What an entry weighs beside its text.
const ENTRY: usize = 256;

pub(crate) struct Outlet {
    queue: Mutex<Queue>,
    changed: Notify,
    drained: Notify,
    limits: Limits,
}

#[derive(Default)]
struct Queue {
    entries: VecDeque<(Entry, usize)>,
    bytes: usize,
    /// Given up since the last marker, and when the first of them happened.
    dropped: u64,
    /// Taken out, but not yet taken by the receiver.
    in_hand: bool,
}

impl Outlet {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { queue: Mutex::default(), changed: Notify::new(), drained: Notify::new(), limits }
    }

    /// Queues an entry, or counts it as dropped where there is no room.
    pub(crate) fn emit(&self, entry: Entry) {
        let weight = weight(&entry.event);
        let mut queue = self.lock();
        let is_full = queue.entries.len() >= self.limits.waiting || queue.bytes + weight > self.limits.waiting_bytes;
        if is_full {
            queue.dropped += 1;
            return;
        }
        if queue.dropped > 0 {
            let marker = Dropped { count: std::mem::take(&mut queue.dropped), reason: "slow".to_owned() };
            queue.entries.push_back((Entry { at: entry.at, event: Event::Dropped(marker) }, ENTRY));
            queue.bytes += ENTRY;
        }
        queue.bytes += weight;
        queue.entries.push_back((entry, weight));
        drop(queue);
        self.changed.notify_one();
    }

    /// Counts an entry that nobody could make.
    pub(crate) fn miss(&self) {
        self.lock().dropped += 1;
        self.changed.notify_one();
    }

    /// Hands entries on until nobody receives them any more.
    pub(crate) async fn pump(&self, sender: mpsc::Sender<Entry>, clock: &dyn hangar_domain::Clock) {
        loop {
            while let Some(entry) = self.take(clock) {
                if sender.send(entry).await.is_err() {
                    return;
                }
            }
            self.drained.notify_waiters();
            self.changed.notified().await;
        }
    }

    /// Waits until the receiver has taken everything, for at most `limit`.
    pub(crate) async fn drain(&self, limit: Duration) {
        let drained = async {
            loop {
                let notified = self.drained.notified();
                tokio::pin!(notified);
                notified.as_mut().enable();
                if self.is_empty() {
                    return;
                }
                notified.await;
            }
        };
        // A receiver that takes longer loses nothing by it.
        let _in_time = tokio::time::timeout(limit, drained).await;
    }

    fn is_empty(&self) -> bool {
        let queue = self.lock();
        queue.entries.is_empty() && !queue.in_hand && queue.dropped == 0
    }

    fn take(&self, clock: &dyn hangar_domain::Clock) -> Option<Entry> {
        let mut queue = self.lock();
        let next = queue.entries.pop_front();
        queue.in_hand = next.is_some();
        match next {
            Some((entry, weight)) => {
                queue.bytes -= weight;
                Some(entry)
            }
            None if queue.dropped > 0 => {
                queue.in_hand = true;
                let marker = Dropped { count: std::mem::take(&mut queue.dropped), reason: "slow".to_owned() };
                Some(Entry { at: clock.now(), event: Event::Dropped(marker) })
            }
            None => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// About how many bytes an entry holds.
fn weight(event: &Event) -> usize {
    let stack = |stack: &[hangar_domain::timeline::Call]| -> usize {
        stack.iter().map(|call| call.function.len() + call.url.len() + 64).sum()
    };
    let text = match event {
        Event::Console(console) => console.text.len() + stack(&console.stack),
        Event::Exception(exception) => exception.text.len() + stack(&exception.stack),
        Event::Request(request) => {
            let headers = request.response_headers.iter().map(|(name, value)| name.len() + value.len() + 48);
            request.url.len() + 256 + headers.sum::<usize>()
        }
        Event::Navigation(navigation) => navigation.url.len() + navigation.title.len(),
        Event::Dialog(dialog) => dialog.message.len(),
        Event::Action(action) => action.details.to_string().len() * 2,
        _ => 0,
    };
    ENTRY + text
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hangar_domain::{
        Clock,
        timeline::{Page, PageChange},
    };
    use jiff::Timestamp;

    use super::*;

    struct Still;

    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }

        fn monotonic(&self) -> Duration {
            Duration::ZERO
        }
    }

    fn entry(number: usize) -> Entry {
        let page = Page { page: number.to_string(), change: PageChange::Opened };
        Entry { at: Timestamp::UNIX_EPOCH, event: Event::Page(page) }
    }

    #[tokio::test]
    async fn a_slow_receiver_learns_how_much_it_missed_and_where() {
        let outlet = Arc::new(Outlet::new(Limits { waiting: 3, ..Limits::default() }));
        (0..5).for_each(|number| outlet.emit(entry(number)));
        let (sender, mut receiver) = mpsc::channel(1);
        let pump = tokio::spawn({
            let outlet = outlet.clone();
            async move { outlet.pump(sender, &Still).await }
        });
        for number in 0..3 {
            assert_eq!(receiver.recv().await, Some(entry(number)));
        }
        let marker = receiver.recv().await.unwrap();
        assert_eq!(marker.event, Event::Dropped(Dropped { count: 2, reason: "slow".to_owned() }));
        outlet.emit(entry(9));
        assert_eq!(receiver.recv().await, Some(entry(9)));
        outlet.drain(Duration::from_secs(10)).await;
        assert!(outlet.is_empty());
        pump.abort();
    }
}
