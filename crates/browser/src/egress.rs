//! The only way out of a browser: an HTTP proxy on the browser's own loopback, one for each browser.
//!
//! A browser is started with a fixed proxy and has no other route. What lies behind that proxy is decided here: nothing
//! at all until [`Egress::assign`], then the world directly or the client's own proxy. So a warm browser can serve any
//! client's proxy, no credential ever stands in a browser's arguments, and every destination passes one policy.
//!
//! It must never dial an address that [`EgressPolicy::check`] has not seen, never print a credential or a URL, and
//! never leave a task or a connection behind when the endpoint is dropped.

mod address;
mod answer;
mod connection;
mod dial;
mod error;
mod forward;
mod header;
mod limits;
mod link;
mod meter;
mod name;
mod policy;
mod port;
mod resolve;
mod routes;
mod target;
mod trust;
mod tunnel;
mod upstream;

use std::fmt;
use std::net::TcpListener;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use dial::Dialer;
use meter::Totals;
use port::Port;

pub use address::{AddressClass, classify};
pub use answer::EGRESS_HEADER;
pub use error::Error;
pub use limits::Limits;
pub use meter::Bytes;
pub use policy::{EgressPolicy, Refusal};
pub use resolve::{Resolve, SystemResolver};
pub use routes::Routes;
pub use target::Host;
pub use trust::Trust;
pub use upstream::{Credentials, Upstream, UpstreamProxy, UpstreamScheme};

/// What an endpoint is made with.
pub struct EgressSetup {
    /// Which destinations may be reached.
    pub policy: Arc<EgressPolicy>,
    /// Who resolves names.
    pub resolver: Arc<dyn Resolve>,
    /// The bounds.
    pub limits: Limits,
}

impl EgressSetup {
    /// The usual bounds.
    #[must_use]
    pub fn new(policy: Arc<EgressPolicy>, resolver: Arc<dyn Resolve>) -> Self {
        Self { policy, resolver, limits: Limits::default() }
    }
}

impl fmt::Debug for EgressSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EgressSetup")
            .field("policy", &self.policy)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// What all ports and connections of one endpoint share.
#[derive(Debug)]
struct Shared {
    dialer: Dialer,
    totals: Arc<Totals>,
    places: Arc<Semaphore>,
    tasks: TaskTracker,
}

/// The egress endpoint of one browser. Dropping it ends everything that goes through it.
#[derive(Debug)]
pub struct Egress {
    shared: Arc<Shared>,
    main: Arc<Port>,
    closing: CancellationToken,
}

impl Egress {
    /// Serves on `listener` with the usual bounds, and refuses everything until [`Egress::assign`]. Must be called
    /// inside a tokio runtime.
    ///
    /// # Errors
    /// [`Error::Io`] when the listener cannot be used.
    pub fn serve(listener: TcpListener, policy: Arc<EgressPolicy>, resolver: Arc<dyn Resolve>) -> Result<Self, Error> {
        Self::serve_with(listener, EgressSetup::new(policy, resolver))
    }

    /// Serves on `listener` with bounds of one's own; else as [`Egress::serve`].
    ///
    /// # Errors
    /// [`Error::Io`] when the listener cannot be used.
    pub fn serve_with(listener: TcpListener, setup: EgressSetup) -> Result<Self, Error> {
        let EgressSetup { policy, resolver, limits } = setup;
        let closing = CancellationToken::new();
        let shared = Arc::new(Shared {
            dialer: Dialer { policy, resolver, limits },
            totals: Arc::default(),
            places: Arc::new(Semaphore::new(limits.connections)),
            tasks: TaskTracker::new(),
        });
        let main = Port::open(listener, &shared, None, closing.child_token())?;
        Ok(Self { shared, main, closing })
    }

    /// Opens the way out. Connections that are already open keep the upstream that they began with.
    pub fn assign(&self, upstream: Upstream) {
        tracing::debug!(%upstream, "egress assigned");
        self.main.assign(upstream);
    }

    /// Serves on a second port with an upstream of its own, for a browser context with its own proxy. The counters and
    /// the number of connections are shared. The port closes with the guard, or with this endpoint.
    ///
    /// # Errors
    /// [`Error::Io`] when the listener cannot be used.
    pub fn listen_also(&self, listener: TcpListener, upstream: Upstream) -> Result<EgressPort, Error> {
        let closing = self.closing.child_token();
        Port::open(listener, &self.shared, Some(upstream), closing.clone())?;
        Ok(EgressPort { closing })
    }

    /// The bytes moved so far, over all ports.
    #[must_use]
    pub fn bytes(&self) -> Bytes {
        self.shared.totals.bytes()
    }

    /// Closes the listeners and every connection, and returns when all tasks have ended.
    pub async fn shutdown(&self) {
        self.closing.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

impl Drop for Egress {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

/// Keeps a port of [`Egress::listen_also`] open.
#[derive(Debug)]
#[must_use = "the port closes when this is dropped"]
pub struct EgressPort {
    closing: CancellationToken,
}

impl Drop for EgressPort {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}
