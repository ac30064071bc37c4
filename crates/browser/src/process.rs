//! A running browser: what it has, how its end is seen, and how all of it is taken back.
//!
//! Whoever holds a [`Browser`] holds its life: dropping it kills. [`Browser::finish`] says when nothing is left.

use std::{
    collections::BTreeSet,
    io,
    net::TcpListener,
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::process::ExitStatusExt as _,
    },
    process::ExitStatus,
    sync::{Arc, Mutex, PoisonError},
};

use rustix::process::{WaitId, WaitIdOptions, WaitIdStatus, waitid};
use tokio::{io::unix::AsyncFd, sync::watch};

pub(crate) mod members;
pub(crate) mod proc;

pub use crate::launch::pipe::Pipe;
use crate::{
    error::Error,
    isolation::{cgroup::Cgroup, uid::UidLease},
    launch::{EGRESS_PORT, Version, netns::Netns},
    session_dir::{Dirs, SessionDir},
    tree,
};
use members::Members;

/// A browser that runs, or that has ended and was not finished yet.
#[derive(Debug)]
pub struct Browser {
    held: Option<Held>,
    pid: u32,
    dirs: Dirs,
    version: Version,
    members: Arc<Members>,
    exit: watch::Receiver<Option<ExitStatus>>,
    pipe: Mutex<Option<Pipe>>,
    network: Network,
}

impl Browser {
    pub(crate) fn new(held: Held, pipe: Pipe, network: Network, version: Version) -> Self {
        let running = held.running.as_ref();
        let (pid, members, exit) = match running {
            Some(running) => (running.pid, Arc::clone(&running.members), running.exit.clone()),
            None => (0, Arc::new(Members::abandoned(None, None)), watch::channel(None).1),
        };
        let dirs = held.dirs.clone();
        Self { held: Some(held), pid, dirs, version, members, exit, pipe: Mutex::new(Some(pipe)), network }
    }

    /// The first process: the browser itself, at L3 bubblewrap. For logs; never signal it.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Its folders.
    #[must_use]
    pub fn dirs(&self) -> &Dirs {
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

    /// Where to listen for it.
    #[must_use]
    pub fn network(&self) -> Network {
        self.network.clone()
    }

    /// Waits for the end of the first process. Many may wait, now or later.
    pub fn exited(&self) -> impl Future<Output = ExitStatus> + Send + 'static {
        wait(self.exit.clone())
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
    #[must_use]
    pub fn processes(&self) -> BTreeSet<i32> {
        self.members.pids()
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
    /// [`Error::Unkillable`], [`Error::Io`]. What could not be removed keeps its marks for the next sweep.
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
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = held.give_back().await {
                    tracing::warn!(%error, "a dropped browser left something behind");
                }
            });
        }
    }
}

/// Where a browser's egress endpoints listen.
#[derive(Clone, Debug)]
pub struct Network {
    netns: Option<Netns>,
    first: Arc<Mutex<Option<TcpListener>>>,
}

impl Network {
    pub(crate) fn new(netns: Option<Netns>, first: TcpListener) -> Self {
        Self { netns, first: Arc::new(Mutex::new(Some(first))) }
    }

    /// A listener (not blocking) that only this browser reaches, and the port under which the browser does. With
    /// [`EGRESS_PORT`], the first time, it is the one that the browser was told is its proxy. Any other at L3 is this port
    /// of its own loopback, below L3 a port of the machine's that the kernel chooses.
    ///
    /// # Errors
    /// [`Error::Io`] when the port is taken.
    pub async fn listen(&self, port: u16) -> Result<(TcpListener, u16), Error> {
        let listener = self.bind(port).await.map_err(Error::io("listening for a browser"))?;
        let port = listener.local_addr().map_err(Error::io("listening for a browser"))?.port();
        Ok((listener, port))
    }

    async fn bind(&self, port: u16) -> io::Result<TcpListener> {
        let first =
            if port == EGRESS_PORT { self.first.lock().unwrap_or_else(PoisonError::into_inner).take() } else { None };
        match (first, &self.netns) {
            (Some(listener), _) => Ok(listener),
            (None, Some(netns)) => netns.listen(port).await,
            (None, None) => {
                let listener = TcpListener::bind(("127.0.0.1", 0))?;
                listener.set_nonblocking(true)?;
                Ok(listener)
            }
        }
    }
}

/// The process part of what a session holds.
#[derive(Debug)]
struct Running {
    pid: u32,
    members: Arc<Members>,
    exit: watch::Receiver<Option<ExitStatus>>,
}

/// All that a session has taken and must give back.
#[derive(Debug)]
pub(crate) struct Held {
    dir: SessionDir,
    uid: Option<UidLease>,
    dirs: Dirs,
    pub(crate) cgroup: Option<Cgroup>,
    running: Option<Running>,
}

impl Held {
    pub(crate) fn new(dir: SessionDir, uid: Option<UidLease>, dirs: Dirs) -> Self {
        Self { dir, uid, dirs, cgroup: None, running: None }
    }

    pub(crate) fn dirs(&self) -> &Dirs {
        &self.dirs
    }

    pub(crate) fn uid(&self) -> Option<u32> {
        self.uid.as_ref().map(UidLease::uid)
    }

    /// From now on there are processes to end.
    pub(crate) fn started(&mut self, pid: u32) -> io::Result<()> {
        let members = Members::of_child(pid, self.cgroup.clone(), self.uid())?;
        let exit = watch_exit(members.leader_fd()?)?;
        self.running = Some(Running { pid, members: Arc::new(members), exit });
        Ok(())
    }

    pub(crate) fn is_started(&self) -> bool {
        self.running.is_some()
    }

    pub(crate) async fn exited(&self) -> ExitStatus {
        match &self.running {
            Some(running) => wait(running.exit.clone()).await,
            None => std::future::pending().await,
        }
    }

    /// Ends the processes, then removes and frees the rest in the order in which it is safe.
    pub(crate) async fn give_back(self) -> Result<(), Error> {
        match &self.running {
            Some(running) => {
                running.members.end().await?;
                wait(running.exit.clone()).await;
                running.members.reap_leader();
            }
            None => Members::abandoned(self.cgroup, self.uid.as_ref().map(UidLease::uid)).end().await?,
        }
        self.dir.remove().await?;
        if let Some(lease) = self.uid {
            lease.release();
        }
        Ok(())
    }
}

/// Sees the end of a child without reaping it: the number stays taken until its session is given back.
fn watch_exit(fd: OwnedFd) -> io::Result<watch::Receiver<Option<ExitStatus>>> {
    #[expect(deprecated, reason = "an OwnedFd keeps its descriptor open, all that the unsafe successor asks for")]
    let fd = AsyncFd::new(fd)?;
    let (sender, receiver) = watch::channel(None);
    tokio::spawn(async move {
        loop {
            let Ok(mut guard) = fd.readable().await else {
                return;
            };
            let peek = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
            match waitid(WaitId::PidFd(fd.get_ref().as_fd()), peek) {
                Ok(Some(status)) => {
                    return sender.send_modify(|exit| *exit = Some(exit_status(&status)));
                }
                Ok(None) => guard.clear_ready(),
                Err(_) => return sender.send_modify(|exit| *exit = Some(ExitStatus::from_raw(0))),
            }
        }
    });
    Ok(receiver)
}

/// The encoding of wait(2).
fn exit_status(status: &WaitIdStatus) -> ExitStatus {
    ExitStatus::from_raw(match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => (code & 0xff) << 8,
        (None, Some(signal)) => signal,
        (None, None) => 0,
    })
}

async fn wait(mut exit: watch::Receiver<Option<ExitStatus>>) -> ExitStatus {
    match exit.wait_for(Option::is_some).await {
        Ok(status) => (*status).unwrap_or_default(),
        // The watcher ended with its runtime: nobody will ever know.
        Err(_) => ExitStatus::default(),
    }
}
