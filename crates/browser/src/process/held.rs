//! All that a session has taken from the machine, and giving it back in the order in which that is safe.

use std::{io, process::ExitStatus, sync::Arc};

use tokio_util::task::TaskTracker;

use super::{
    exit::{Exit, wait, watch_exit},
    members::Members,
};
use crate::{
    error::Error,
    isolation::{cgroup::Cgroup, uid::UidLease},
    session_dir::{Dirs, SessionDir},
};

/// The process part of what a session holds.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) pid: u32,
    pub(super) members: Arc<Members>,
    pub(super) exit: Exit,
}

/// All that a session has taken and must give back.
#[derive(Debug)]
pub(crate) struct Held {
    dir: SessionDir,
    uid: Option<UidLease>,
    pub(super) dirs: Arc<Dirs>,
    pub(crate) cgroup: Option<Cgroup>,
    pub(super) running: Option<Running>,
    /// Where it is given back when its holder was dropped.
    pub(super) loose_ends: TaskTracker,
}

impl Held {
    pub(crate) fn new(dir: SessionDir, uid: Option<UidLease>, dirs: Dirs, loose_ends: TaskTracker) -> Self {
        Self { dir, uid, dirs: Arc::new(dirs), cgroup: None, running: None, loose_ends }
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
                running.members.reap_late().await;
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
