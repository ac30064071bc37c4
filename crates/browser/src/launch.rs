//! Starting a browser: user, folder, group, pipes, process, network, first answer; or nothing of it is left.
//!
//! Everything that a launch has taken is in one value from the first step, whose end gives all of it back, so that a
//! launch that fails, times out or is given up leaks nothing.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use hangar_domain::Random;
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;

pub(crate) mod argv;
pub(crate) mod handshake;
pub(crate) mod inspectable;
pub(crate) mod netns;
pub(crate) mod pipe;
mod plan;
pub(crate) mod printed;
pub(crate) mod spawn;
mod start;

pub use handshake::Version;

use crate::{
    error::Error,
    find::{Binaries, BinaryKind},
    isolation::{Isolation, Level, Limits},
    process::Browser,
};
use start::Starter;

/// Where the egress endpoint of a browser at L3 listens, inside its namespace.
pub const EGRESS_PORT: u16 = 3128;

/// What a launcher needs to know.
pub struct LauncherConfig {
    /// The browsers of this machine.
    pub binaries: Binaries,
    /// How they are kept apart.
    pub isolation: Isolation,
    /// The server's data folder.
    pub data_dir: PathBuf,
    /// For the names of session folders.
    pub random: Arc<dyn Random>,
    /// How long a browser may take to answer; 10 s is plenty on a machine that is not lost.
    pub launch_timeout: Duration,
}

/// One browser to start.
#[derive(Clone, Debug)]
pub struct LaunchSpec {
    /// Which.
    pub binary: BinaryKind,
    /// A saved profile that is copied in first.
    pub restore: Option<PathBuf>,
    /// What it may use.
    pub limits: Limits,
}

/// Starts browsers. Clones are the same launcher.
#[derive(Clone)]
pub struct Launcher {
    starter: Arc<Starter>,
    loose_ends: TaskTracker,
}

impl Launcher {
    /// Makes the folder of the sessions and opens the pool of users.
    ///
    /// # Errors
    /// [`Error::Io`] when the data folder or the locks cannot be made.
    pub fn new(config: LauncherConfig) -> Result<Self, Error> {
        let loose_ends = TaskTracker::new();
        Ok(Self { starter: Arc::new(Starter::new(config, loose_ends.clone())?), loose_ends })
    }

    /// The level that browsers are started at.
    #[must_use]
    pub fn level(&self) -> Level {
        self.starter.level()
    }

    /// The browsers of this machine.
    #[must_use]
    pub fn binaries(&self) -> &Binaries {
        self.starter.binaries()
    }

    /// Starts a browser and waits for its first answer.
    ///
    /// # Errors
    /// [`Error::LaunchFailed`] and [`Error::LaunchTimeout`] with what it printed last; [`Error::NoFreeUid`];
    /// [`Error::BinaryMissing`]; [`Error::Io`]. After an error nothing of the browser is left.
    pub async fn launch(&self, spec: LaunchSpec) -> Result<Browser, Error> {
        self.start(spec, None).await
    }

    async fn start(&self, spec: LaunchSpec, debugging_port: Option<u16>) -> Result<Browser, Error> {
        // A task of its own, so that a caller who gives up does not cut a launch in the middle: the browser is then made
        // and finished.
        let starter = Arc::clone(&self.starter);
        let (reply, launched) = oneshot::channel();
        self.loose_ends.spawn(async move {
            if let Err(Ok(browser)) = reply.send(starter.launch(spec, debugging_port).await)
                && let Err(error) = browser.finish().await
            {
                tracing::warn!(%error, "a browser that nobody waited for left something behind");
            }
        });
        let gone = |_| Err(Error::io("launching a browser")(io::Error::other("the launch was cut")));
        launched.await.unwrap_or_else(gone)
    }

    /// Waits until nothing goes on behind anybody's back: no launch that was given up, no browser that was dropped.
    pub async fn settled(&self) {
        self.loose_ends.close();
        self.loose_ends.wait().await;
    }
}

/// Where the locks of user ids are when the machine's lock folders are not ours.
pub(crate) fn fallback_uids(data_dir: &Path) -> PathBuf {
    data_dir.join("uids")
}
