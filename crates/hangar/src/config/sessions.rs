//! How many sessions there may be, and how long things may take.

use std::time::Duration;

use super::section::section;

section! {
    /// How long and how many.
    Sessions, SessionsFlags:

    /// Live sessions on this node [default: as many as the memory holds]
    max_sessions: u32 = |capacity| capacity.max_sessions();
    /// Without a message from the client for this long, a session ends [default: 300]
    idle_timeout: Duration = |_| Duration::from_secs(300);
    /// How long sessions may go on after SIGTERM [default: 30]
    drain_timeout: Duration = |_| Duration::from_secs(30);
    /// Longest keep_alive that a client may ask for [default: 3600]
    keep_alive_max: Duration = |_| Duration::from_secs(3600);
    /// How long a request waits for a free slot [default: 30]
    queue_wait: Duration = |_| Duration::from_secs(30);
    /// Requests of one account that wait at once [default: 100]
    queue_length: u32 = |_| 100;
}
