//! The limits and waits that an operator sets.

use std::time::Duration;

/// How the use cases behave; the command line fills it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Live sessions on this node.
    pub max_sessions: usize,
    /// Sessions of one account that may wait for a place.
    pub queue_length: usize,
    /// How long one of them waits.
    pub queue_wait: Duration,
    /// A client that says nothing for this long is ended.
    pub idle_timeout: Duration,
    /// The longest `keep_alive` that a client may ask for.
    pub keep_alive_max: Duration,
    /// Whether `--proxy-server=direct://` is permitted.
    pub allow_direct: bool,
    /// Bytes of profile and downloads that one session may have on disk.
    pub disk_quota: u64,
    /// Browser contexts that a session may make.
    pub max_contexts: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_sessions: 20,
            queue_length: 100,
            queue_wait: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(300),
            keep_alive_max: Duration::from_secs(3600),
            allow_direct: true,
            disk_quota: 3 << 30,
            max_contexts: 100,
        }
    }
}
