//! What the data path counts about itself, in atomics that every relay shares.
//!
//! Counting must never take a lock or allocate: it stands on the path of every message.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// Upper bounds of the histogram of added time, microseconds; the last bucket has none.
pub const ADDED_MICROS: [u64; 10] = [5, 10, 25, 50, 100, 250, 1_000, 10_000, 100_000, 1_000_000];

/// Counters of all relays of a server.
#[derive(Debug, Default)]
pub struct Meter {
    /// Messages from clients.
    pub messages_up: AtomicU64,
    /// Messages to clients.
    pub messages_down: AtomicU64,
    /// Payload bytes from clients.
    pub bytes_up: AtomicU64,
    /// Payload bytes to clients.
    pub bytes_down: AtomicU64,
    /// Commands that the policy answered itself.
    pub denied: AtomicU64,
    /// Clients closed because they did not read.
    pub slow_readers: AtomicU64,
    added: [AtomicU64; ADDED_MICROS.len() + 1],
    added_total_nanos: AtomicU64,
}

impl Meter {
    /// Counts `messages` that each spent `added` between being read and being written.
    pub fn added(&self, added: Duration, messages: u64) {
        let micros = added.as_micros() as u64;
        let bucket = ADDED_MICROS.iter().position(|bound| micros <= *bound).unwrap_or(ADDED_MICROS.len());
        self.added[bucket].fetch_add(messages, Relaxed);
        self.added_total_nanos.fetch_add((added.as_nanos() as u64).saturating_mul(messages), Relaxed);
    }

    /// The histogram of added time: count per bucket, and the sum in seconds.
    #[must_use]
    pub fn added_histogram(&self) -> (Vec<u64>, f64) {
        let counts = self.added.iter().map(|bucket| bucket.load(Relaxed)).collect();
        (counts, self.added_total_nanos.load(Relaxed) as f64 / 1e9)
    }
}
