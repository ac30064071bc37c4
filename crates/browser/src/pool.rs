//! Browsers kept warm: started ahead, never used by anyone before, never used again.
//!
//! Whatever a client asks for is applied after the launch, over CDP and in the egress endpoint, so any warm browser
//! serves any client. Only a profile needs a launch of its own. The pool must never hand the same browser out twice.

mod ready;
mod refill;

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use tokio::sync::{Notify, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::ready::{Maker, ReadyBrowser};
use crate::{egress::EgressPolicy, error::Error};

/// A set of warm browsers that fills itself.
pub struct Pool {
    shared: Arc<Shared>,
    /// Finishes the dead and fills what is missing.
    keepers: TaskTracker,
}

struct Shared {
    maker: Maker,
    size: usize,
    warm: Mutex<VecDeque<ReadyBrowser>>,
    /// Told when a browser was taken or died.
    wanted: Notify,
    /// Launches at once: more only make each other slower.
    launches: Semaphore,
    last_taken: Mutex<Option<Instant>>,
    counts: Counts,
    closing: CancellationToken,
}

#[derive(Default)]
struct Counts {
    warm_taken: AtomicU64,
    cold_taken: AtomicU64,
    launched: AtomicU64,
    failed: AtomicU64,
}

/// What a pool has done so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolStats {
    /// Browsers kept ready, when full.
    pub size: usize,
    /// Browsers ready now.
    pub warm: usize,
    /// Sessions that got a warm browser.
    pub warm_taken: u64,
    /// Sessions that waited for a launch.
    pub cold_taken: u64,
    /// Launches that gave a browser.
    pub launched: u64,
    /// Launches that failed.
    pub failed: u64,
}

impl Pool {
    /// Starts filling a pool of `size` browsers, of which the `first` is there already.
    #[must_use]
    pub fn start(maker: Maker, size: usize, first: ReadyBrowser) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let shared = Arc::new(Shared {
            maker,
            size,
            warm: Mutex::new(VecDeque::from([first])),
            wanted: Notify::new(),
            launches: Semaphore::new(cores),
            last_taken: Mutex::new(None),
            counts: Counts::default(),
            closing: CancellationToken::new(),
        });
        let keepers = TaskTracker::new();
        keepers.spawn(refill::run(shared.clone()));
        Self { shared, keepers }
    }

    /// A browser that nobody has used: a warm one where there is one, else a fresh launch.
    ///
    /// # Errors
    /// [`Error`] when the launch fails.
    pub async fn take(&self) -> Result<ReadyBrowser, Error> {
        let warm = self.shared.take_warm();
        *self.shared.last_taken() = Some(Instant::now());
        self.shared.wanted.notify_one();
        match warm {
            Some(browser) => {
                self.shared.counts.warm_taken.fetch_add(1, Relaxed);
                Ok(browser)
            }
            None => {
                self.shared.counts.cold_taken.fetch_add(1, Relaxed);
                self.shared.launch(None).await
            }
        }
    }

    /// A browser of its own for a profile: it starts with what is saved in this folder, if anything is yet.
    ///
    /// # Errors
    /// [`Error`] when the folder cannot be read or the launch fails.
    pub async fn take_with_profile(&self, saved: Option<PathBuf>) -> Result<ReadyBrowser, Error> {
        self.shared.counts.cold_taken.fetch_add(1, Relaxed);
        self.shared.launch(saved).await
    }

    /// What the pages of its browsers may reach.
    #[must_use]
    pub fn policy(&self) -> &EgressPolicy {
        &self.shared.maker.policy
    }

    /// How full it is and what it has done.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        let Counts { warm_taken, cold_taken, launched, failed } = &self.shared.counts;
        PoolStats {
            size: self.shared.size,
            warm: self.shared.warm().len(),
            warm_taken: warm_taken.load(Relaxed),
            cold_taken: cold_taken.load(Relaxed),
            launched: launched.load(Relaxed),
            failed: failed.load(Relaxed),
        }
    }

    /// Stops filling, and ends the browsers that nobody has taken, those too that are just being started.
    pub async fn close(&self) {
        self.shared.closing.cancel();
        self.keepers.close();
        self.keepers.wait().await;
        let warm = std::mem::take(&mut *self.shared.warm());
        futures_util::future::join_all(warm.into_iter().map(ReadyBrowser::finish)).await;
        self.shared.maker.launcher.settled().await;
    }
}

impl Shared {
    async fn launch(&self, profile: Option<PathBuf>) -> Result<ReadyBrowser, Error> {
        let _place = self.launches.acquire().await.map_err(|_| Error::ShuttingDown)?;
        let made = self.maker.make(profile).await;
        let count = if made.is_ok() { &self.counts.launched } else { &self.counts.failed };
        count.fetch_add(1, Relaxed);
        made
    }

    /// The longest-waiting browser that is still alive; the dead are finished aside.
    fn take_warm(&self) -> Option<ReadyBrowser> {
        loop {
            let browser = self.warm().pop_front()?;
            if !browser.mux.is_ended() {
                return Some(browser);
            }
            tokio::spawn(browser.finish());
        }
    }

    fn warm(&self) -> MutexGuard<'_, VecDeque<ReadyBrowser>> {
        self.warm.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn last_taken(&self) -> MutexGuard<'_, Option<Instant>> {
        self.last_taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
