//! The use cases: who may do what, what a session goes through, and what it costs.
//!
//! The faces translate their wire into calls on [`Control`] and its answers back; this crate persists through the store
//! and drives the browsers. It must never know a URL, a status code, or a face's vocabulary.

pub mod accounts;
pub mod acts;
pub mod described;
pub mod error;
pub mod keys;
pub mod links;
pub mod metrics;
pub mod objects;
pub mod passes;
pub mod recordings;
pub mod sessions;
pub mod settings;
pub mod user_data;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hangar_browser::{Pool, Profiles};
use hangar_cdp::Meter;
use hangar_domain::{BootId, Clock, LedgerId, NodeId, Random};
use hangar_store::{Blobs, Store};
use tokio_util::task::TaskTracker;

use self::{
    passes::Passes,
    sessions::{Provisioning, Registry, Slots},
};
pub use hangar_browser::{Device, PoolStats, Switches, Upstream};
pub use hangar_driver as driver;
pub use hangar_recorder::{self as recorder, screencast};
pub use hangar_store::{
    AccountPatch, EntriesPage, Found, HistoryPage, HistoryQuery, HistoryRow, Numbered, ObjectKind, ObjectRow, Outline,
    SessionRow, SessionsPage, Usage,
};

pub use self::{
    error::Error,
    keys::{Identity, NewKey},
    links::Links,
    metrics::Metrics,
    recordings::Recordings,
    sessions::{Live, OpenRequest},
    settings::Settings,
};

/// Everything a server does, in one place. Shared by all faces.
pub struct Control {
    pub(crate) store: Store,
    pub(crate) pool: Pool,
    pub(crate) profiles: Profiles,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) settings: Settings,
    pub(crate) node: NodeId,
    /// The browser's name and version.
    pub(crate) browser: String,
    pub(crate) boot: BootId,
    pub(crate) registry: Registry,
    pub(crate) slots: Arc<Slots>,
    pub(crate) links: Arc<Links>,
    pub(crate) passes: Passes,
    pub(crate) blobs: Blobs,
    pub(crate) provisioning: Provisioning,
    pub(crate) recordings: Arc<Recordings>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) tasks: TaskTracker,
    draining: AtomicBool,
}

/// What a [`Control`] is made of.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// Where objects lie.
    pub blobs: Blobs,
    /// Warm browsers.
    pub pool: Pool,
    /// Profile folders.
    pub profiles: Profiles,
    /// Recordings.
    pub recordings: Arc<Recordings>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Limits and waits.
    pub settings: Settings,
    /// Counters of the data path.
    pub meter: Arc<Meter>,
    /// This node, the same at every start and different from every other that has the same database.
    pub node: NodeId,
    /// The browser's name and version, such as `HeadlessChrome/156.0.8078.79`.
    pub browser: String,
}

impl Control {
    /// Puts the parts together. [`Control::recover`] must run before the first session.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn new(parts: Parts) -> Result<Arc<Self>, Error> {
        let Parts { store, blobs, pool, profiles, recordings, clock, random, settings, meter, node, browser } = parts;
        let boot = BootId::generate(&*clock, &*random);
        let passes = Passes::load(&store, &*random).await?;
        let metrics = Arc::new(Metrics::new(meter));
        let slots = Slots::new(settings.max_sessions, settings.queue_length);
        Ok(Arc::new(Self {
            store,
            pool,
            profiles,
            clock,
            random,
            settings,
            node,
            browser,
            boot,
            registry: Registry::default(),
            slots,
            links: Arc::default(),
            passes,
            blobs,
            provisioning: Provisioning::default(),
            recordings,
            metrics,
            tasks: TaskTracker::new(),
            draining: AtomicBool::new(false),
        }))
    }

    /// Stops admitting sessions, waits until those that run have ended or `limit` has passed, then ends the rest.
    pub async fn drain(&self, limit: Duration) {
        self.draining.store(true, Ordering::Relaxed);
        self.slots.close();
        let emptied = self.registry.emptied();
        if tokio::time::timeout(limit, emptied).await.is_err() {
            tracing::warn!(sessions = self.registry.len(), "the drain limit has passed; ending what still runs");
        }
        self.stop().await;
    }

    /// Ends every session now and waits until nothing is left of them.
    pub async fn stop(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.slots.close();
        self.registry.end_all();
        self.provisioning.cancel_all();
        // Who has a place and no browser yet is not in the registry: it ends as soon as it is.
        self.slots.all_free().await;
        self.recordings.close();
        self.tasks.close();
        self.tasks.wait().await;
        self.pool.close().await;
    }

    /// Whether new sessions are refused because the server is about to stop.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Counters and gauges.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Limits and waits.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Time.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The warm pool's state.
    #[must_use]
    pub fn pool_stats(&self) -> hangar_browser::PoolStats {
        self.pool.stats()
    }

    /// This node's id and the id of this start of it.
    #[must_use]
    pub fn node(&self) -> (NodeId, BootId) {
        (self.node, self.boot)
    }

    /// What people were given links to.
    #[must_use]
    pub fn links(&self) -> &Links {
        &self.links
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn ping_store(&self) -> Result<(), Error> {
        Ok(self.store.ping().await?)
    }

    pub(crate) fn ledger_id(&self) -> LedgerId {
        LedgerId::generate(&*self.clock, &*self.random)
    }
}
