//! How much and how long: the bounds of one endpoint (reference: security notes §6).

use std::time::Duration;

/// The bounds of an endpoint. The defaults are meant for production; tests shorten the times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections from the browser at one time, over all ports of the endpoint. One more waits in the
    /// kernel's queue until one ends.
    pub connections: usize,
    /// Bytes of a request's head, at least 8192. A longer one is answered 431.
    pub head_bytes: usize,
    /// Header lines of a request. More are answered 431.
    pub head_lines: usize,
    /// How long a head may take to arrive, and how long a connection may idle between two requests.
    pub head_time: Duration,
    /// How long one address may take to accept a connection.
    pub connect: Duration,
    /// How long it may take in all until a destination, or the upstream proxy before it, is ready for data.
    pub dial: Duration,
    /// How long a connection to the world may move no byte. It is closed after one to two of these.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            head_bytes: 16 * 1024,
            head_lines: 64,
            head_time: Duration::from_secs(30),
            connect: Duration::from_secs(5),
            dial: Duration::from_secs(20),
            idle: Duration::from_secs(600),
        }
    }
}
