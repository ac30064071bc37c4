//! All processes of one browser: who they are, how they are killed, how we know that all are gone.
//!
//! Members are found by group, by user, and at the lowest levels by session and process group. A signal goes through a
//! descriptor of the process (pidfd_open(2)) whose membership is checked after it was opened, so it never reaches
//! another process that got the number since.

use std::{
    collections::BTreeSet,
    io,
    os::fd::{AsFd as _, OwnedFd},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use rustix::process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, pidfd_open, pidfd_send_signal, waitid};

use super::proc;
use crate::{error::Error, isolation::cgroup::Cgroup, subreaper};

const PATIENCE: Duration = Duration::from_secs(15);
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// The processes of one browser.
#[derive(Debug)]
pub(crate) struct Members {
    /// The process that we started: its id is also that of the session that it leads.
    leader: Option<(i32, OwnedFd)>,
    cgroup: Option<Cgroup>,
    uid: Option<u32>,
    /// Seen when they were killed; a zombie cannot be found by its group any more.
    seen: Mutex<BTreeSet<i32>>,
}

impl Members {
    /// Of a child that was just started and not yet waited for, so that the number is surely its own.
    pub(crate) fn of_child(pid: u32, cgroup: Option<Cgroup>, uid: Option<u32>) -> io::Result<Self> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidInput)?;
        let fd = pidfd_open(pid, PidfdFlags::empty())?;
        Ok(Self { leader: Some((pid.as_raw_nonzero().get(), fd)), cgroup, uid, seen: Mutex::default() })
    }

    /// Of a session whose server died.
    pub(crate) fn abandoned(cgroup: Option<Cgroup>, uid: Option<u32>) -> Self {
        Self { leader: None, cgroup, uid, seen: Mutex::default() }
    }

    /// A second descriptor of the first process, to wait on.
    pub(crate) fn leader_fd(&self) -> io::Result<OwnedFd> {
        let (_, fd) = self.leader.as_ref().ok_or(io::ErrorKind::NotFound)?;
        fd.try_clone()
    }

    pub(crate) fn cgroup(&self) -> Option<&Cgroup> {
        self.cgroup.as_ref()
    }

    /// Every living process.
    pub(crate) fn pids(&self) -> BTreeSet<i32> {
        match (&self.cgroup, self.uid) {
            (Some(cgroup), _) => cgroup.pids(),
            (None, Some(uid)) => proc::pids_of_uid(uid).into_iter().collect(),
            (None, None) => proc::all().filter(|pid| self.is_in_session(*pid) && !is_zombie(*pid)).collect(),
        }
    }

    /// Kills all of them; may be called at any time and again.
    pub(crate) fn kill(&self) {
        let pids = self.pids();
        let is_all = self.cgroup.as_ref().is_some_and(Cgroup::kill);
        if let Some((_, fd)) = &self.leader {
            let _ = pidfd_send_signal(fd, Signal::KILL);
        }
        if !is_all {
            pids.iter().for_each(|pid| self.kill_one(*pid));
        }
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).extend(pids);
    }

    /// Kills until none is left, reaps those that became our children, and removes the group. The leader stays as a
    /// zombie, so that its number, and with it the session's, is not given to anyone before [`Self::reap_leader`].
    pub(crate) async fn end(&self) -> Result<(), Error> {
        let since = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            self.kill();
            self.reap();
            let left = self.pids().len();
            if left == 0 && self.remove_group()? {
                self.reap();
                return Ok(());
            }
            if since.elapsed() > PATIENCE {
                return Err(Error::Unkillable { count: left, after: PATIENCE });
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn remove_group(&self) -> Result<bool, Error> {
        match self.cgroup.as_ref().map_or(Ok(()), Cgroup::remove) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => Ok(false),
            Err(error) => Err(Error::io("removing a cgroup")(error)),
        }
    }

    fn reap(&self) {
        let leader = self.leader.as_ref().map(|(pid, _)| *pid);
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        subreaper::reap_orphans(|pid| {
            let is_ours = seen.contains(&pid)
                || self.is_in_session(pid)
                || self.uid.is_some_and(|uid| proc::uid(pid) == Some(uid));
            is_ours && Some(pid) != leader
        });
    }

    /// Reaps the first process; its exit status must have been seen by then.
    pub(crate) fn reap_leader(&self) {
        if let Some((_, fd)) = &self.leader {
            let _ = waitid(WaitId::PidFd(fd.as_fd()), WaitIdOptions::EXITED | WaitIdOptions::NOHANG);
        }
    }

    fn kill_one(&self, number: i32) {
        let Some(pid) = Pid::from_raw(number) else {
            return;
        };
        if let Ok(fd) = pidfd_open(pid, PidfdFlags::empty())
            && self.is_member(number)
        {
            let _ = pidfd_send_signal(fd, Signal::KILL);
        }
    }

    fn is_member(&self, pid: i32) -> bool {
        match (&self.cgroup, self.uid) {
            (Some(cgroup), _) => cgroup.pids().contains(&pid),
            (None, Some(uid)) => proc::uid(pid) == Some(uid),
            (None, None) => self.is_in_session(pid),
        }
    }

    fn is_in_session(&self, pid: i32) -> bool {
        let Some((leader, _)) = self.leader else {
            return false;
        };
        proc::stat(pid).is_some_and(|stat| stat.session == leader || stat.group == leader)
    }
}

fn is_zombie(pid: i32) -> bool {
    proc::stat(pid).is_none_or(|stat| stat.is_zombie)
}
