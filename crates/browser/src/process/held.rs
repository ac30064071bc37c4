//! All that a session has taken from the machine, and giving it back in the order in which that is safe.
//!
//! What cannot be given back now (no descriptor is free, the disk does not answer) is tried again behind the caller's back
//! until it is: nothing may stay only because the machine was short of something at that moment.

use std::{io, process::ExitStatus, sync::Arc, time::Duration};

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

/// The pause before giving back is tried again, twice as long after each further failure. A server that stops waits for it.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

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

    /// Gives it all back. After an error the rest is given back later, by a loose end.
    pub(crate) async fn give_back(self) -> Result<(), Error> {
        let given_back = self.try_give_back().await;
        if given_back.is_ok() {
            self.release();
        } else {
            self.loose_ends.clone().spawn(self.insist());
        }
        given_back
    }

    /// Tries until it is done, or until the server stops: then the marks stay for the next server's sweep.
    async fn insist(self) {
        let mut pause = FIRST_PAUSE;
        while !self.loose_ends.is_closed() {
            tokio::time::sleep(pause).await;
            match self.try_give_back().await {
                Ok(()) => {
                    tracing::info!(folder = %self.dirs.host.root.display(), "what a session had left behind is gone");
                    return self.release();
                }
                Err(error) => tracing::debug!(%error, "what a session has left behind is still there"),
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Ends the processes, then removes the rest in the order in which it is safe; may be called again.
    async fn try_give_back(&self) -> Result<(), Error> {
        match &self.running {
            Some(running) => {
                running.members.end().await?;
                wait(running.exit.clone()).await;
                running.members.reap_late().await;
                running.members.reap_leader();
            }
            None => Members::abandoned(self.cgroup.clone(), self.uid()).end().await?,
        }
        self.dir.remove().await
    }

    fn release(self) {
        if let Some(lease) = self.uid {
            lease.release();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{env, fs::File, process::Command};

    use super::*;
    use crate::session_dir::{BrowserPaths, Record};

    const ALONE: &str = "process::held::tests::in_a_process_without_descriptors";

    /// The limit is the whole process's, so what happens at it is looked at in one of its own.
    #[test]
    fn nothing_stays_for_want_of_a_descriptor() {
        let mut alone = Command::new("prlimit");
        alone.arg("--nofile=64:64").arg(env::current_exe().unwrap()).args(["--exact", ALONE, "--ignored"]);
        let ran = alone.output().unwrap();
        let said = String::from_utf8_lossy(&ran.stdout);
        assert!(ran.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    }

    #[tokio::test]
    #[ignore = "nothing_stays_for_want_of_a_descriptor runs it, with a limit"]
    async fn in_a_process_without_descriptors() {
        let sessions = tempfile::tempdir().unwrap();
        let folder = sessions.path().join("one");
        let create = || SessionDir::create(sessions.path(), "one", &Record::default());
        let mut refusals = 0;
        let dir = loop {
            let hoard = all_but(refusals);
            let made = create();
            drop(hoard);
            match made {
                Ok(dir) => break dir,
                Err(_) => assert!(!folder.exists(), "with {refusals} descriptors it left its folder"),
            }
            refusals += 1;
        };
        // Its gate, its lock, its record: each was refused once.
        assert!(refusals >= 3, "{refusals}");

        let paths = BrowserPaths::below(&dir.data());
        let (dirs, loose_ends) = (Dirs { host: paths.clone(), browser: paths }, TaskTracker::new());
        let hoard = all_but(0);
        let held = Held::new(dir, None, dirs, loose_ends.clone());
        assert!(held.give_back().await.is_err());
        assert!(folder.exists());
        drop(hoard);
        let is_gone = async || if folder.exists() { Err("it is there".to_owned()) } else { Ok(()) };
        hangar_testkit::wait::eventually("the folder's end", is_gone).await;
    }

    /// Takes every descriptor but so many.
    fn all_but(free: usize) -> Vec<File> {
        let mut hoard: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
        hoard.truncate(hoard.len() - free);
        hoard
    }
}
