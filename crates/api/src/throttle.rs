//! Limits on asking: wrong keys per address, new sessions per account.
//!
//! Both live in bounded maps, because the askers are strangers: when a map is full its oldest entry makes room, which
//! may forget a culprit but never grows. Times come from the injected clock.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hangar_domain::{AccountId, Clock};

use crate::listen::network_of;

/// Addresses, or accounts, that are remembered at once.
const CAPACITY: usize = 16_384;

/// Asked too often: come back after this long. Never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter(pub Duration);

impl RetryAfter {
    /// The value of a `Retry-After` header (RFC 9110 §10.2.3): whole seconds, rounded up, at least 1.
    #[must_use]
    pub fn header_value(self) -> http::HeaderValue {
        let seconds = self.0.as_secs() + u64::from(self.0.subsec_nanos() > 0);
        http::HeaderValue::from(seconds.max(1))
    }
}

/// Wrong keys by address: 20 in a minute, then nothing until that minute is over (reference/security.md §6).
pub struct FailedKeys {
    clock: Arc<dyn Clock>,
    limit: u32,
    window: Duration,
    capacity: usize,
    failures: Mutex<Failures>,
}

/// `order` holds each remembered address once, by the start of its window, oldest first.
#[derive(Default)]
struct Failures {
    windows: HashMap<IpAddr, Window>,
    order: VecDeque<IpAddr>,
}

struct Window {
    started: Duration,
    failures: u32,
}

impl FailedKeys {
    /// 20 failures per minute and address.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_limits(clock, 20, Duration::from_secs(60), CAPACITY)
    }

    /// `limit` failures per `window` and address, for at most `capacity` addresses.
    #[must_use]
    pub fn with_limits(clock: Arc<dyn Clock>, limit: u32, window: Duration, capacity: usize) -> Self {
        Self { clock, limit, window, capacity: capacity.max(1), failures: Mutex::default() }
    }

    /// Whether a key from `address` may be looked at.
    ///
    /// # Errors
    /// How long the address has to wait, once it has failed too often.
    pub fn check(&self, address: IpAddr) -> Result<(), RetryAfter> {
        let now = self.clock.monotonic();
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(window) = failures.windows.get(&network_of(address)) else {
            return Ok(());
        };
        let left = (window.started + self.window).saturating_sub(now);
        if window.failures < self.limit || left.is_zero() { Ok(()) } else { Err(RetryAfter(left)) }
    }

    /// Counts a wrong key from `address`.
    pub fn failed(&self, address: IpAddr) {
        let now = self.clock.monotonic();
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.make_room(now, self.window, self.capacity);
        failures.count(network_of(address), now);
    }
}

impl Failures {
    /// Drops the windows that are over, then the oldest, until there is room for one more.
    fn make_room(&mut self, now: Duration, length: Duration, capacity: usize) {
        while let Some(oldest) = self.order.front() {
            let is_over = self.windows.get(oldest).is_none_or(|window| now.saturating_sub(window.started) >= length);
            if !is_over && self.order.len() < capacity {
                return;
            }
            self.windows.remove(oldest);
            self.order.pop_front();
        }
    }

    fn count(&mut self, address: IpAddr, now: Duration) {
        let window = self.windows.entry(address).or_insert_with(|| {
            self.order.push_back(address);
            Window { started: now, failures: 0 }
        });
        window.failures = window.failures.saturating_add(1);
    }
}

impl fmt::Debug for FailedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FailedKeys").field("limit", &self.limit).field("window", &self.window).finish_non_exhaustive()
    }
}

/// New sessions by account: 20 at once, then 20 a second (reference/security.md §6).
///
/// A bucket is kept as the moment at which it will be full again (the GCRA form of a token bucket).
pub struct Connects {
    clock: Arc<dyn Clock>,
    burst: u32,
    interval: Duration,
    capacity: usize,
    full_at: Mutex<HashMap<AccountId, Duration>>,
}

impl Connects {
    /// 20 per second and account.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_limits(clock, 20, Duration::from_millis(50), CAPACITY)
    }

    /// `burst` at once, then one per `interval`, for at most `capacity` accounts.
    #[must_use]
    pub fn with_limits(clock: Arc<dyn Clock>, burst: u32, interval: Duration, capacity: usize) -> Self {
        Self { clock, burst: burst.max(1), interval, capacity: capacity.max(1), full_at: Mutex::default() }
    }

    /// Takes one of the account's tokens.
    ///
    /// # Errors
    /// How long until there is one.
    pub fn take(&self, account: AccountId) -> Result<(), RetryAfter> {
        let now = self.clock.monotonic();
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let start = full_at.get(&account).copied().unwrap_or(now).max(now);
        let free_at = start.saturating_sub(self.interval * (self.burst - 1));
        if free_at > now {
            return Err(RetryAfter(free_at - now));
        }
        if full_at.len() >= self.capacity && !full_at.contains_key(&account) {
            make_room(&mut full_at, now, self.capacity);
        }
        full_at.insert(account, start + self.interval);
        Ok(())
    }
}

/// Forgets the full buckets, which say nothing; where none is, the one that will be full first.
fn make_room(full_at: &mut HashMap<AccountId, Duration>, now: Duration, capacity: usize) {
    full_at.retain(|_, moment| *moment > now);
    if full_at.len() >= capacity {
        let fullest = full_at.iter().min_by_key(|(_, moment)| **moment).map(|(account, _)| *account);
        fullest.map(|account| full_at.remove(&account));
    }
}

impl fmt::Debug for Connects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connects").field("burst", &self.burst).field("interval", &self.interval).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
