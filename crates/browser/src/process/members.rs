//! All processes of one browser: who they are, how they are killed, how we know that all are gone.
//!
//! Members are found by group, by user, and at the lowest levels by session and process group. A signal goes through a
//! descriptor of the process (pidfd_open(2)) whose membership is checked after it was opened, so it never reaches
//! another process that got the number since.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    os::fd::{AsFd as _, OwnedFd},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, pidfd_open, pidfd_send_signal, waitid};

use super::proc;
use crate::{error::Error, isolation::cgroup::Cgroup, subreaper};

const PATIENCE: Duration = Duration::from_secs(15);
/// Zombies that are not our children (the server is no subreaper) are left to their parent after this.
const ZOMBIE_PATIENCE: Duration = Duration::from_millis(500);
/// Whoever must try again later, because processes cannot even be listed, is told soon.
const BLIND_PATIENCE: Duration = Duration::from_millis(500);
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// The processes of one browser.
#[derive(Debug)]
pub(crate) struct Members {
    /// The process that we started: its id is also that of the session that it leads.
    leader: Option<(i32, OwnedFd)>,
    cgroup: Option<Cgroup>,
    uid: Option<u32>,
    /// Held when they were killed, until they are reaped: a zombie cannot be found by its group any more.
    seen: Mutex<BTreeMap<i32, OwnedFd>>,
    is_oom: AtomicBool,
}

impl Members {
    /// Of a child that was just started and not yet waited for, so that the number is surely its own.
    pub(crate) fn of_child(pid: u32, cgroup: Option<Cgroup>, uid: Option<u32>) -> io::Result<Self> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidInput)?;
        let fd = pidfd_open(pid, PidfdFlags::empty())?;
        Ok(Self {
            leader: Some((pid.as_raw_nonzero().get(), fd)),
            cgroup,
            uid,
            seen: Mutex::default(),
            is_oom: AtomicBool::new(false),
        })
    }

    /// Of a session whose server died.
    pub(crate) fn abandoned(cgroup: Option<Cgroup>, uid: Option<u32>) -> Self {
        Self { leader: None, cgroup, uid, seen: Mutex::default(), is_oom: AtomicBool::new(false) }
    }

    /// A second descriptor of the first process, to wait on.
    pub(crate) fn leader_fd(&self) -> io::Result<OwnedFd> {
        let (_, fd) = self.leader.as_ref().ok_or(io::ErrorKind::NotFound)?;
        fd.try_clone()
    }

    /// Whether the kernel killed one of them for memory; remembered when the group is gone.
    pub(crate) fn oom_killed(&self) -> bool {
        if self.cgroup.as_ref().is_some_and(Cgroup::oom_killed) {
            self.is_oom.store(true, Ordering::Relaxed);
        }
        self.is_oom.load(Ordering::Relaxed)
    }

    pub(crate) fn cgroup(&self) -> Option<&Cgroup> {
        self.cgroup.as_ref()
    }

    /// Every living process. That they cannot be listed does not mean that there are none.
    pub(crate) fn pids(&self) -> io::Result<BTreeSet<i32>> {
        match (&self.cgroup, self.uid) {
            (Some(cgroup), _) => cgroup.pids(),
            (None, Some(uid)) => proc::pids_of_uid(uid),
            (None, None) => proc::living(|pid| self.is_in_session(pid)),
        }
    }

    /// Kills all of them; may be called at any time and again.
    pub(crate) fn kill(&self) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that cannot be listed now are killed by the group, with the first process, or in the next round.
        seen.extend(self.hold().unwrap_or_default());
        if self.cgroup.as_ref().is_some_and(Cgroup::kill) {
            return;
        }
        let leader = self.leader.as_ref().map(|(_, fd)| fd);
        for fd in seen.values().chain(leader) {
            let _ = pidfd_send_signal(fd, Signal::KILL);
        }
    }

    /// Kills until none is left, reaps those that became our children, and removes the group. The leader stays as a
    /// zombie, so that its number, and with it the session's, is not given to anyone before [`Self::reap_leader`].
    pub(crate) async fn end(&self) -> Result<(), Error> {
        let since = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            self.kill();
            let left = self.pids().map(|pids| pids.len());
            let is_reaped = self.reap() || since.elapsed() > ZOMBIE_PATIENCE;
            match left {
                Ok(0) if is_reaped && self.remove_group()? => return Ok(()),
                Ok(count) if since.elapsed() > PATIENCE => return Err(Error::Unkillable { count, after: PATIENCE }),
                Err(error) if since.elapsed() > BLIND_PATIENCE => {
                    return Err(Error::io("looking for the processes of a browser")(error));
                }
                _ => {}
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Descriptors of all members but the leader. Those that left between the two looks are not kept: the number may be
    /// another's by then.
    fn hold(&self) -> io::Result<Vec<(i32, OwnedFd)>> {
        let open = |pid: i32| Some((pid, pidfd_open(Pid::from_raw(pid)?, PidfdFlags::empty()).ok()?));
        let leader = self.leader.as_ref().map(|(pid, _)| *pid);
        let opened: Vec<_> = self.pids()?.into_iter().filter(|pid| Some(*pid) != leader).filter_map(open).collect();
        let still = self.pids()?;
        Ok(opened.into_iter().filter(|(pid, _)| still.contains(pid)).collect())
    }

    fn remove_group(&self) -> Result<bool, Error> {
        self.oom_killed();
        match self.cgroup.as_ref().map_or(Ok(()), Cgroup::remove) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => Ok(false),
            Err(error) => Err(Error::io("removing a cgroup")(error)),
        }
    }

    /// Reaps what became our child; whether every process that was seen is gone, zombies included.
    fn reap(&self) -> bool {
        subreaper::reap_orphans(|pid| self.is_orphan(pid).unwrap_or(false));
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|_, fd| {
            let reaped = waitid(WaitId::PidFd(fd.as_fd()), WaitIdOptions::EXITED | WaitIdOptions::NOHANG);
            !matches!(reaped, Ok(Some(_))) && pidfd_send_signal(fd, Signal::KILL) != Err(Errno::SRCH)
        });
        seen.is_empty()
    }

    /// Reaps the first process; its exit status must have been seen by then.
    pub(crate) fn reap_leader(&self) {
        if let Some((_, fd)) = &self.leader {
            let _ = waitid(WaitId::PidFd(fd.as_fd()), WaitIdOptions::EXITED | WaitIdOptions::NOHANG);
        }
    }

    /// Waits for those that were still dying when none was listed any more: the parent of the last orphans was the first
    /// process itself, so they become our children only at its end, and would stay zombies for ever.
    pub(crate) async fn reap_late(&self) {
        let since = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            self.reap();
            let is_left = proc::own_children()
                .map_or(true, |children| children.into_iter().any(|pid| self.is_orphan(pid).unwrap_or(true)));
            if !is_left || since.elapsed() > PATIENCE {
                return;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Whether a child of ours is one of them, but not the first.
    fn is_orphan(&self, pid: i32) -> io::Result<bool> {
        if self.leader.as_ref().is_some_and(|(leader, _)| *leader == pid) {
            return Ok(false);
        }
        Ok(self.is_in_session(pid)? || (self.uid.is_some() && proc::uid(pid)? == self.uid))
    }

    fn is_in_session(&self, pid: i32) -> io::Result<bool> {
        let Some((leader, _)) = self.leader else {
            return Ok(false);
        };
        Ok(proc::stat(pid)?.is_some_and(|stat| stat.session == leader || stat.group == leader))
    }
}
