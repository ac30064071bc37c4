//! Keeps the pool full without standing in the way of those who just took a browser from it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::Shared;

/// A launch costs a core for a fifth of a second: it waits until the last taker had this long to itself.
const COURTESY: Duration = Duration::from_millis(400);

/// After a failed launch, twice as long after each further one.
const BACK_OFF: Duration = Duration::from_millis(250);
const BACK_OFF_LIMIT: Duration = Duration::from_secs(30);

/// How often the dead are looked for when nothing else happens.
const LOOK: Duration = Duration::from_secs(5);

pub(super) async fn run(shared: Arc<Shared>) {
    let mut back_off = BACK_OFF;
    loop {
        let next = tokio::select! {
            () = shared.closing.cancelled() => return,
            next = step(&shared) => next,
        };
        match next {
            Ok(()) => back_off = BACK_OFF,
            Err(error) => {
                tracing::warn!(%error, retry_after = ?back_off, "a browser for the pool did not start");
                tokio::time::sleep(back_off).await;
                back_off = (back_off * 2).min(BACK_OFF_LIMIT);
            }
        }
    }
}

/// Fills one place, or waits until there is one.
async fn step(shared: &Shared) -> Result<(), crate::error::Error> {
    shared.bury_dead();
    let warm = shared.warm().len();
    if warm >= shared.size {
        // Either outcome is a reason to look again.
        let _woken = tokio::time::timeout(LOOK, shared.wanted.notified()).await;
        return Ok(());
    }
    if warm > 0 {
        shared.courtesy().await;
    }
    let browser = shared.launch(None).await?;
    if shared.closing.is_cancelled() {
        browser.finish().await;
        return Ok(());
    }
    shared.warm().push_back(browser);
    Ok(())
}

impl Shared {
    fn bury_dead(&self) {
        let mut warm = self.warm();
        let (alive, dead): (Vec<_>, Vec<_>) = warm.drain(..).partition(|browser| !browser.mux.is_ended());
        warm.extend(alive);
        drop(warm);
        dead.into_iter().for_each(|browser| drop(tokio::spawn(browser.finish())));
    }

    async fn courtesy(&self) {
        loop {
            let quiet_at = self.last_taken().map(|taken| taken + COURTESY);
            match quiet_at {
                Some(at) if at > Instant::now() && !self.warm().is_empty() => tokio::time::sleep_until(at.into()).await,
                _ => return,
            }
        }
    }
}
