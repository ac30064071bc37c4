//! Waiting for a condition, with a limit that only a machine that is lost can reach.
//!
//! It must never be used to let time pass: whoever waits names what for.

use std::time::Duration;

use tokio::time::Instant;

/// The longest that anything is waited for, unless a test says otherwise: the machine is shared.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How often a condition that cannot be subscribed to is looked at.
const LOOK: Duration = Duration::from_millis(25);

/// Asks `probe` until it has an answer; panics with its last complaint after `limit`.
pub async fn within<T>(limit: Duration, what: &str, mut probe: impl AsyncFnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        match probe().await {
            Ok(value) => return value,
            Err(complaint) if Instant::now() > deadline => panic!("waited {limit:?} for {what}: {complaint}"),
            Err(_) => tokio::time::sleep(LOOK).await,
        }
    }
}

/// [`within`] the usual patience.
pub async fn eventually<T>(what: &str, probe: impl AsyncFnMut() -> Result<T, String>) -> T {
    within(PATIENCE, what, probe).await
}
