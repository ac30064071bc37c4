//! A running browser: what it has, how its end is seen, and how all of it is taken back.
//!
//! Whoever holds a [`Browser`] holds its life: dropping it kills. [`Browser::finish`] says when nothing is left.

use std::{
    collections::BTreeSet,
    io,
    process::ExitStatus,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;

mod exit;
mod held;
pub(crate) mod members;
mod network;
pub(crate) mod proc;

pub use crate::launch::pipe::Pipe;
pub(crate) use held::Held;
pub use network::Network;

use crate::{
    error::Error,
    isolation::cgroup::Cgroup,
    launch::{Version, printed::Printed},
    session_dir::Dirs,
    tree,
};
use exit::Exit;
use members::Members;

/// A browser that runs, or that has ended and was not finished yet.
#[derive(Debug)]
pub struct Browser {
    held: Option<Held>,
    pid: u32,
    dirs: Arc<Dirs>,
    version: Version,
    members: Arc<Members>,
    exit: Exit,
    pipe: Mutex<Option<Pipe>>,
    network: Network,
    printed: Printed,
}

impl Browser {
    pub(crate) fn new(held: Held, pipe: Pipe, network: Network, printed: Printed, version: Version) -> Self {
        let running = held.running.as_ref();
        let (pid, members, exit) = match running {
            Some(running) => (running.pid, Arc::clone(&running.members), running.exit.clone()),
            None => (0, Arc::new(Members::abandoned(None, None)), watch::channel(None).1),
        };
        let dirs = held.dirs.clone();
        Self { held: Some(held), pid, dirs, version, members, exit, pipe: Mutex::new(Some(pipe)), network, printed }
    }

    /// The first process: the browser itself, at L3 bubblewrap. For logs; never signal it.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Its folders.
    #[must_use]
    pub fn dirs(&self) -> &Arc<Dirs> {
        &self.dirs
    }

    /// What it said of itself at its launch.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// The pipe that it is driven through, once. While nobody took it, it is held open; when both ends are dropped the
    /// browser ends by itself.
    pub fn take_pipe(&self) -> Option<Pipe> {
        self.pipe.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The end (4 KiB) of what it printed on its standard error, without control characters. Once a client has used the
    /// browser this may name the sites it visited: for the operator's eyes, not for a log at its usual level.
    #[must_use]
    pub fn last_words(&self) -> String {
        self.printed.tail()
    }

    /// Where to listen for it.
    #[must_use]
    pub fn network(&self) -> Network {
        self.network.clone()
    }

    /// Waits for the end of the first process. Many may wait, now or later.
    pub fn exited(&self) -> impl Future<Output = ExitStatus> + Send + 'static {
        exit::wait(self.exit.clone())
    }

    /// Whether the kernel killed one of its processes for using too much memory.
    #[must_use]
    pub fn oom_killed(&self) -> bool {
        self.members.oom_killed()
    }

    /// Bytes of memory that all of it uses; `None` without a memory cgroup.
    #[must_use]
    pub fn memory_bytes(&self) -> Option<u64> {
        self.members.cgroup().and_then(Cgroup::memory_bytes)
    }

    /// Every living process of it, as the server sees their ids.
    ///
    /// # Errors
    /// [`Error::Io`] when they cannot be listed.
    pub fn processes(&self) -> Result<BTreeSet<i32>, Error> {
        self.members.pids().map_err(Error::io("looking for the processes of a browser"))
    }

    /// Bytes that its folder takes on the disk.
    ///
    /// # Errors
    /// [`Error::Io`] when the folder cannot be read.
    pub async fn disk_usage(&self) -> Result<u64, Error> {
        let root = self.dirs.host.root.clone();
        let usage = tokio::task::spawn_blocking(move || tree::disk_usage(&root)).await;
        usage.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(Error::io("measuring a session's folder"))
    }

    /// Kills all of it, at once; may be called again. The folder stays until [`Browser::finish`].
    pub fn kill(&self) {
        self.members.kill();
    }

    /// Kills all of it and waits until no process is left. The folder stays, and nobody writes to it any more: the
    /// moment to save a profile.
    ///
    /// # Errors
    /// [`Error::Unkillable`] when processes survive the kill for 15 s.
    pub async fn stop(&self) -> Result<(), Error> {
        self.members.end().await
    }

    /// Kills, waits for every process, reaps, removes group and folder, gives the user id back.
    ///
    /// # Errors
    /// [`Error::Unkillable`], [`Error::Io`]. What could not be removed is tried again until it could, or until the server
    /// stops; then it keeps its marks for the next sweep.
    pub async fn finish(mut self) -> Result<(), Error> {
        match self.held.take() {
            Some(held) => held.give_back().await,
            None => Ok(()),
        }
    }
}

impl Drop for Browser {
    /// Kills now, and cleans up behind the caller's back where a runtime is there to do it.
    fn drop(&mut self) {
        let Some(held) = self.held.take() else { return };
        self.members.kill();
        let loose_ends = held.loose_ends.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let give_back = async move {
                if let Err(error) = held.give_back().await {
                    tracing::warn!(%error, "a dropped browser left something behind");
                }
            };
            loose_ends.spawn_on(give_back, &runtime);
        }
    }
}
