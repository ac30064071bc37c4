//! What the sessions of a server are on the machine: folders, groups, processes, locked user ids.
//!
//! A session's folder has a random name that its control groups have as well; so every name that ever showed up in the
//! data folder is remembered, and whatever of it is still there when the folder is gone was left behind.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How often the data folder is looked at; a browser takes ten times as long to start.
const LOOK: Duration = Duration::from_millis(10);

/// What is part of a path in every hierarchy of control groups.
const PARENT: &str = "hangar";

/// Follows the sessions of one data folder. Clones see the same.
#[derive(Clone)]
pub struct Census {
    sessions: PathBuf,
    seen: Arc<Mutex<BTreeSet<String>>>,
}

/// A process of a session.
#[derive(Clone, Debug)]
pub struct Process {
    /// Its id.
    pub pid: i32,
    /// Its command line, blanks between the words.
    pub command: String,
}

impl Process {
    /// The browser's first process.
    #[must_use]
    pub fn is_main(&self) -> bool {
        self.command.contains("remote-debugging-pipe") && !self.is_child() && !self.command.contains("bwrap")
    }

    /// One that draws pages.
    #[must_use]
    pub fn is_renderer(&self) -> bool {
        self.command.contains("--type=renderer")
    }

    /// The one that talks to the graphics card, or does as if.
    #[must_use]
    pub fn is_gpu(&self) -> bool {
        self.command.contains("--type=gpu-process")
    }

    fn is_child(&self) -> bool {
        self.command.contains("--type=")
    }

    /// Sends it a signal; it may be gone.
    pub fn signal(&self, signal: rustix::process::Signal) {
        if let Some(pid) = rustix::process::Pid::from_raw(self.pid) {
            let _gone = rustix::process::kill_process(pid, signal);
        }
    }
}

impl Census {
    pub(crate) fn follow(data_dir: &Path) -> Self {
        let census = Self { sessions: data_dir.join("sessions"), seen: Arc::default() };
        let (sessions, seen) = (census.sessions.clone(), Arc::downgrade(&census.seen));
        tokio::spawn(async move {
            while let Some(seen) = seen.upgrade() {
                lock(&seen).extend(names(&sessions));
                drop(seen);
                tokio::time::sleep(LOOK).await;
            }
        });
        census
    }

    /// Folders that are there now.
    #[must_use]
    pub fn present(&self) -> BTreeSet<String> {
        let present = names(&self.sessions);
        lock(&self.seen).extend(present.iter().cloned());
        present
    }

    /// Remembers what another census of the same folder has seen.
    pub fn adopt(&self, other: &Self) {
        let theirs = lock(&other.seen).clone();
        lock(&self.seen).extend(theirs);
    }

    /// Processes of the session with this folder.
    #[must_use]
    pub fn processes(&self, name: &str) -> Vec<Process> {
        processes().into_iter().filter(|(_, group)| group.contains(&group_of(name))).map(|(found, _)| found).collect()
    }

    /// What is left of sessions whose folder is gone, in words; empty where nothing is.
    #[must_use]
    pub fn leftovers(&self) -> Vec<String> {
        let present = self.present();
        let gone: Vec<String> = lock(&self.seen).difference(&present).cloned().collect();
        let mut left: Vec<String> = gone.iter().flat_map(|name| groups(name)).collect();
        for (process, group) in processes() {
            if gone.iter().any(|name| group.contains(&group_of(name))) {
                left.push(format!("process {} {}", process.pid, process.command));
            }
        }
        left
    }
}

fn group_of(name: &str) -> String {
    format!("/{PARENT}/{name}")
}

fn names(sessions: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(sessions).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// Control groups of this name, in every hierarchy.
fn groups(name: &str) -> Vec<String> {
    let root = Path::new("/sys/fs/cgroup");
    let hierarchies = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    let places = hierarchies.chain([root.to_path_buf()]).map(|place| place.join(PARENT).join(name));
    places.filter(|place| place.exists()).map(|place| format!("group {}", place.display())).collect()
}

/// Every process of the machine with its groups (cgroups(7)).
fn processes() -> Vec<(Process, String)> {
    let read = |pid: i32| {
        let group = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
        let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let command = String::from_utf8_lossy(&command).replace('\0', " ").trim().to_owned();
        Some((Process { pid, command }, group))
    };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| read(entry.file_name().to_str()?.parse().ok()?)).collect()
}

fn lock(seen: &Mutex<BTreeSet<String>>) -> MutexGuard<'_, BTreeSet<String>> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
