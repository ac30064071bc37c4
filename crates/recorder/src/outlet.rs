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
    /// With what they weigh; `None` for one that is still to come.
    entries: VecDeque<(Option<Entry>, usize)>,
    /// Taken out so far.
    taken: usize,
    bytes: usize,
    /// Given up since the last marker, and when the first of them happened.
    dropped: u64,
    /// Taken out, but not yet taken by the receiver.
    in_hand: bool,
}

/// A place in the queue, as the number of those before it; what is behind it waits until it is kept, which it must be.
pub(crate) struct Promise(usize);

impl Outlet {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { queue: Mutex::default(), changed: Notify::new(), drained: Notify::new(), limits }
    }

    /// Queues an entry, or counts it as dropped where there is no room.
    pub(crate) fn emit(&self, entry: Entry) {
        let weight = weight(&entry.event);
        let mut queue = self.lock();
        if !self.has_room(&mut queue, weight) {
            return;
        }
        if queue.dropped > 0 {
            let marker = Dropped { count: std::mem::take(&mut queue.dropped), reason: "slow".to_owned() };
            queue.entries.push_back((Some(Entry { at: entry.at, event: Event::Dropped(marker) }), ENTRY));
            queue.bytes += ENTRY;
        }
        queue.bytes += weight;
        queue.entries.push_back((Some(entry), weight));
        drop(queue);
        self.changed.notify_one();
    }

    /// Keeps a place in the queue for an entry that is still to be made; `None`, and one more dropped, where there is no room.
    pub(crate) fn promise(&self) -> Option<Promise> {
        let mut queue = self.lock();
        if !self.has_room(&mut queue, ENTRY) {
            return None;
        }
        queue.bytes += ENTRY;
        queue.entries.push_back((None, ENTRY));
        Some(Promise(queue.taken + queue.entries.len() - 1))
    }

    /// Puts an entry in its place.
    pub(crate) fn keep(&self, Promise(promise): Promise, entry: Entry) {
        let weight = weight(&entry.event);
        let mut queue = self.lock();
        let index = promise - queue.taken;
        queue.bytes += weight - ENTRY;
        queue.entries[index] = (Some(entry), weight);
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

    /// Whether there is room for one more; counts it as dropped where there is none.
    fn has_room(&self, queue: &mut Queue, weight: usize) -> bool {
        let has_room = queue.entries.len() < self.limits.waiting && queue.bytes + weight <= self.limits.waiting_bytes;
        queue.dropped += u64::from(!has_room);
        has_room
    }

    fn is_empty(&self) -> bool {
        let queue = self.lock();
        queue.entries.is_empty() && !queue.in_hand && queue.dropped == 0
    }

    fn take(&self, clock: &dyn hangar_domain::Clock) -> Option<Entry> {
        let mut queue = self.lock();
        let next = queue.entries.pop_front_if(|(entry, _)| entry.is_some());
        queue.in_hand = next.is_some();
        match next {
            Some((entry, weight)) => {
                queue.bytes -= weight;
                queue.taken += 1;
                entry
            }
            None if queue.entries.is_empty() && queue.dropped > 0 => {
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

    #[test]
    fn what_was_promised_keeps_its_place() {
        let outlet = Outlet::new(Limits { waiting: 4, ..Limits::default() });
        outlet.emit(entry(0));
        let [first, second] = [(); 2].map(|()| outlet.promise().unwrap());
        outlet.emit(entry(3));
        assert!(outlet.promise().is_none(), "there is no room");
        assert_eq!([(); 2].map(|()| outlet.take(&Still)), [Some(entry(0)), None]);
        outlet.keep(second, entry(2));
        assert_eq!(outlet.take(&Still), None);
        assert!(!outlet.is_empty());
        outlet.keep(first, entry(1));
        assert_eq!([(); 3].map(|()| outlet.take(&Still)), [1, 2, 3].map(|number| Some(entry(number))));
        let marker = outlet.take(&Still).unwrap();
        assert_eq!(marker.event, Event::Dropped(Dropped { count: 1, reason: "slow".to_owned() }));
        assert_eq!((outlet.take(&Still), outlet.lock().bytes), (None, 0));
    }
}
