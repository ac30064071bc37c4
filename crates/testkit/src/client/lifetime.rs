//! When a session was surely there, as its client knows it.

use std::time::Instant;

/// When a session was surely there, for the comparison with its bill.
#[derive(Clone, Debug)]
pub struct Lifetime {
    /// Its id.
    pub session: String,
    /// Before it was asked for.
    pub asked: Instant,
    /// When it was there.
    pub opened: Instant,
    /// When it last answered.
    pub answered: Instant,
    /// When its connection was surely over.
    pub over: Option<Instant>,
    /// Whether it outlives its connection.
    pub is_kept: bool,
}
