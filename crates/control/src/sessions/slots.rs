//! Places for live sessions, and the queues of those that wait for one.
//!
//! First come, first served within an account; a place that becomes free goes round the accounts, so that a long queue
//! of one does not starve another. A waiter that leaves gives up its turn; a place is returned when its guard drops.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hangar_domain::AccountId;
use tokio::sync::{Notify, oneshot};

use crate::Error;

/// The places of one node.
pub(crate) struct Slots {
    state: Mutex<State>,
    places: usize,
    queue_length: usize,
    returned: Notify,
}

struct State {
    free: usize,
    closed: bool,
    accounts: HashMap<AccountId, Queue>,
    /// Accounts with waiters, in the order of their turns.
    turns: VecDeque<AccountId>,
    next_ticket: u64,
}

#[derive(Default)]
struct Queue {
    held: u32,
    waiting: VecDeque<Waiter>,
}

struct Waiter {
    ticket: u64,
    /// Places that the account may hold, as its plan said when it asked.
    max: u32,
    grant: oneshot::Sender<Slot>,
}

/// A place. Dropping it passes it on.
pub(crate) struct Slot {
    slots: Arc<Slots>,
    account: AccountId,
}

/// Who waits, for the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) total: usize,
    pub(crate) longest_queue: usize,
}

/// Whether an account may wait for its own places (a trial may not: contracts/botcloud.md §2, 429).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    WaitUpTo(Duration),
    RefuseOwnLimit(Duration),
}

enum Ask {
    Granted(Slot),
    Wait(u64, oneshot::Receiver<Slot>),
}

/// Takes a waiter out of its queue when it gives up or leaves.
struct Leave<'a> {
    slots: &'a Slots,
    account: AccountId,
    ticket: u64,
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        let mut state = self.slots.lock();
        if let Some(queue) = state.accounts.get_mut(&self.account) {
            queue.waiting.retain(|waiter| waiter.ticket != self.ticket);
        }
    }
}

impl Slots {
    pub(crate) fn new(places: usize, queue_length: usize) -> Arc<Self> {
        let state =
            State { free: places, closed: false, accounts: HashMap::new(), turns: VecDeque::new(), next_ticket: 0 };
        Arc::new(Self { state: Mutex::new(state), places, queue_length, returned: Notify::new() })
    }

    /// A place for `account`, which may hold `max`; waits for one as `patience` says.
    pub(crate) async fn acquire(
        self: &Arc<Self>,
        account: AccountId,
        max: u32,
        patience: Patience,
    ) -> Result<Slot, Error> {
        let (ticket, grant) = match self.ask(account, max, patience)? {
            Ask::Granted(slot) => return Ok(slot),
            Ask::Wait(ticket, grant) => (ticket, grant),
        };
        let _leave = Leave { slots: self, account, ticket };
        let (Patience::WaitUpTo(wait) | Patience::RefuseOwnLimit(wait)) = patience;
        match tokio::time::timeout(wait, grant).await {
            Ok(Ok(slot)) => Ok(slot),
            Ok(Err(_)) => Err(Error::Draining),
            Err(_) => Err(Error::QueueTimeout { waited: wait }),
        }
    }

    /// Refuses everybody from here on, those who wait included.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.turns.clear();
        state.accounts.values_mut().for_each(|queue| queue.waiting.clear());
    }

    /// Waits until every place has been given back: nothing runs any more, and nothing is about to.
    pub(crate) async fn all_free(&self) {
        loop {
            let returned = self.returned.notified();
            if self.free() == self.places {
                return;
            }
            returned.await;
        }
    }

    pub(crate) fn waiting(&self) -> Waiting {
        let state = self.lock();
        let lengths = || state.accounts.values().map(|queue| queue.waiting.len());
        Waiting { total: lengths().sum(), longest_queue: lengths().max().unwrap_or(0) }
    }

    pub(crate) fn free(&self) -> usize {
        self.lock().free
    }

    fn ask(self: &Arc<Self>, account: AccountId, max: u32, patience: Patience) -> Result<Ask, Error> {
        let mut state = self.lock();
        if state.closed {
            return Err(Error::Draining);
        }
        let has_free = state.free > 0;
        let queue = state.accounts.entry(account).or_default();
        let is_at_limit = queue.held >= max;
        if is_at_limit && matches!(patience, Patience::RefuseOwnLimit(_)) {
            return Err(Error::SessionLimit { max });
        }
        if has_free && !is_at_limit && queue.waiting.is_empty() {
            queue.held += 1;
            state.free -= 1;
            return Ok(Ask::Granted(Slot { slots: self.clone(), account }));
        }
        if queue.waiting.len() >= self.queue_length {
            return Err(Error::QueueFull);
        }
        let (grant, receiver) = oneshot::channel();
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        state.accounts.entry(account).or_default().waiting.push_back(Waiter { ticket, max, grant });
        if !state.turns.contains(&account) {
            state.turns.push_back(account);
        }
        Ok(Ask::Wait(ticket, receiver))
    }

    fn give_back(self: &Arc<Self>, account: AccountId) {
        let mut refused = Vec::new();
        let mut state = self.lock();
        state.free += 1;
        if let Some(queue) = state.accounts.get_mut(&account) {
            queue.held = queue.held.saturating_sub(1);
        }
        while let Some((grant, slot)) = self.next_grant(&mut state) {
            // The waiter may have left between its turn and now: its place goes to the next, once the lock is free.
            if let Err(slot) = grant.send(slot) {
                refused.push(slot);
            }
        }
        state.accounts.retain(|_, queue| queue.held > 0 || !queue.waiting.is_empty());
        drop(state);
        self.returned.notify_waiters();
        drop(refused);
    }

    /// The next waiter in turn whose account may have another place.
    fn next_grant(self: &Arc<Self>, state: &mut State) -> Option<(oneshot::Sender<Slot>, Slot)> {
        if state.free == 0 {
            return None;
        }
        for _ in 0..state.turns.len() {
            let account = state.turns.pop_front()?;
            let Some(queue) = state.accounts.get_mut(&account) else { continue };
            let may = queue.waiting.front().is_some_and(|waiter| queue.held < waiter.max);
            let waiter = if may { queue.waiting.pop_front() } else { None };
            if !queue.waiting.is_empty() {
                state.turns.push_back(account);
            }
            if let Some(waiter) = waiter {
                queue.held += 1;
                state.free -= 1;
                return Some((waiter.grant, Slot { slots: self.clone(), account }));
            }
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.give_back(self.account);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use uuid::Uuid;

    use super::*;

    const LONG: Patience = Patience::WaitUpTo(Duration::from_secs(600));

    fn account(number: u128) -> AccountId {
        AccountId::from_uuid(Uuid::from_u128(number))
    }

    #[tokio::test]
    async fn a_place_goes_round_the_accounts_and_in_order_within_one() {
        let slots = Slots::new(1, 10);
        let (a, b) = (account(1), account(2));
        let first = slots.acquire(a, 9, LONG).await.unwrap();
        let mut a1 = Box::pin(slots.acquire(a, 9, LONG));
        let mut a2 = Box::pin(slots.acquire(a, 9, LONG));
        let mut b1 = Box::pin(slots.acquire(b, 9, LONG));
        for waiter in [&mut a1, &mut a2, &mut b1] {
            assert!(waiter.as_mut().now_or_never().is_none());
        }
        assert_eq!(slots.waiting(), Waiting { total: 3, longest_queue: 2 });
        drop(first);
        let slot = a1.await.unwrap();
        assert!(b1.as_mut().now_or_never().is_none());
        drop(slot);
        let slot = b1.await.unwrap();
        assert!(a2.as_mut().now_or_never().is_none());
        drop(slot);
        drop(a2.await.unwrap());
        assert_eq!((slots.free(), slots.waiting().total), (1, 0));
    }

    #[tokio::test]
    async fn who_leaves_gives_up_its_turn() {
        let slots = Slots::new(1, 10);
        let held = slots.acquire(account(1), 9, LONG).await.unwrap();
        let mut leaver = Box::pin(slots.acquire(account(1), 9, LONG));
        let mut stayer = Box::pin(slots.acquire(account(1), 9, LONG));
        assert!(leaver.as_mut().now_or_never().is_none());
        assert!(stayer.as_mut().now_or_never().is_none());
        drop(leaver);
        drop(held);
        drop(stayer.await.unwrap());
        assert_eq!(slots.free(), 1);
    }

    #[tokio::test]
    async fn a_granted_place_that_nobody_takes_is_passed_on() {
        let slots = Slots::new(1, 10);
        let held = slots.acquire(account(1), 9, LONG).await.unwrap();
        let mut gone = Box::pin(slots.acquire(account(1), 9, LONG));
        assert!(gone.as_mut().now_or_never().is_none());
        drop(held);
        drop(gone);
        assert_eq!(slots.free(), 1);
    }

    #[tokio::test]
    async fn limits_are_the_accounts_own() {
        let slots = Slots::new(10, 1);
        let trial = Patience::RefuseOwnLimit(Duration::from_secs(600));
        let held = slots.acquire(account(1), 1, trial).await.unwrap();
        assert!(matches!(slots.acquire(account(1), 1, trial).await, Err(Error::SessionLimit { max: 1 })));
        let mut waits = Box::pin(slots.acquire(account(1), 1, LONG));
        assert!(waits.as_mut().now_or_never().is_none());
        assert!(matches!(slots.acquire(account(1), 1, LONG).await, Err(Error::QueueFull)));
        assert!(slots.acquire(account(2), 1, trial).await.is_ok());
        slots.close();
        assert!(matches!(waits.await, Err(Error::Draining)));
        drop(held);
        assert_eq!(slots.free(), 10);
    }
}
