//! Control groups: what a browser may use, and the one sure way to end all of it.
//!
//! The three kernels' layouts (version 1, version 2, and version 1 beside a bare version 2) are told apart by the files
//! that a folder has, not by branches all over. Our folders lie below the server's own group, so that a limit on the
//! server also holds for its browsers. A browser must never be in a group that another session shares.

use std::{
    fmt, fs,
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use super::Limits;

mod group;
mod mounts;

pub use group::Cgroup;

const PARENT: &str = "hangar";
/// Tells the probes of one process apart.
static PROBES: AtomicU32 = AtomicU32::new(0);
const CONTROLLERS: [&str; 3] = ["memory", "pids", "cpu"];

/// What the kernel's control groups can do for us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CgroupSupport {
    /// Limits by version 1; killing one by one.
    V1,
    /// Limits by version 1, killing by a version 2 group beside it.
    Hybrid,
    /// All by version 2.
    V2,
    /// Nothing, or no limits; the text says why.
    None(String),
}

impl fmt::Display for CgroupSupport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V1 => f.write_str("v1"),
            Self::Hybrid => f.write_str("hybrid"),
            Self::V2 => f.write_str("v2"),
            Self::None(why) => write!(f, "none: {why}"),
        }
    }
}

/// The hierarchies in which each browser gets a group.
#[derive(Clone, Debug)]
pub struct Cgroups {
    support: CgroupSupport,
    parents: Vec<PathBuf>,
}

impl Cgroups {
    /// Looks at the mounts and really makes a group.
    #[must_use]
    pub fn detect() -> Self {
        match Self::try_detect() {
            Ok(found) => found,
            Err(error) => Self { support: CgroupSupport::None(error.to_string()), parents: Vec::new() },
        }
    }

    /// What they can do.
    #[must_use]
    pub fn support(&self) -> &CgroupSupport {
        &self.support
    }

    fn try_detect() -> io::Result<Self> {
        let own = mounts::own_groups()?;
        let unified = own.iter().find(|group| group.unified).map(|group| group.path.clone());
        let mut v1: Vec<PathBuf> =
            own.iter().filter(|group| !group.unified && group.limits()).map(|group| group.path.clone()).collect();
        v1.dedup();
        let parents: Vec<PathBuf> = v1.iter().chain(&unified).map(|path| path.join(PARENT)).collect();
        let mut found = Self { support: CgroupSupport::V1, parents };
        if let (true, Some(unified)) = (v1.is_empty(), &unified) {
            found.support = CgroupSupport::V2;
            if let Err(error) = delegate(unified) {
                found.support =
                    CgroupSupport::None(format!("no limits, version 2 does not give its controllers: {error}"));
            }
        } else if unified.is_some() {
            found.support = CgroupSupport::Hybrid;
        }
        if found.parents.is_empty() {
            return Err(io::Error::other("no cgroup file system is mounted"));
        }
        let number = PROBES.fetch_add(1, Ordering::Relaxed);
        let probe = found.make(&format!("probe-{}-{number}", std::process::id()), &Limits::default())?;
        probe.remove()?;
        Ok(found)
    }

    /// The folders that a session's group will have, to be written down before they are made.
    pub(crate) fn folders(&self, session: &str) -> Vec<PathBuf> {
        self.parents.iter().map(|parent| parent.join(session)).collect()
    }

    /// Makes a session's group with its limits.
    pub(crate) fn make(&self, session: &str, limits: &Limits) -> io::Result<Cgroup> {
        let group = Cgroup::at(self.folders(session));
        let made = group.folders().iter().try_for_each(|folder| make_folder(folder));
        match made.and_then(|()| group.limit(limits)) {
            Ok(()) => Ok(group),
            Err(error) => {
                let _ = group.remove();
                Err(error)
            }
        }
    }
}

/// Makes the folder and its parent; another session's end may remove the parent in between.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut tries = 0;
    loop {
        if let Some(parent) = folder.parent() {
            ignore_existing(fs::create_dir(parent))?;
            for controller in CONTROLLERS {
                enable(parent, controller);
            }
        }
        match fs::create_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && tries < 100 => tries += 1,
            result => return ignore_existing(result),
        }
    }
}

fn ignore_existing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result,
    }
}

/// Version 1 and a hybrid's bare version 2 have nothing to enable; whether a limit holds shows when it is written.
fn enable(folder: &Path, controller: &str) {
    let file = folder.join("cgroup.subtree_control");
    if file.exists()
        && let Err(error) = fs::write(&file, format!("+{controller}"))
    {
        tracing::trace!(%error, controller, "a controller is not available");
    }
}

/// Makes the controllers of a version 2 group available to the groups below it. A group with processes in it may not do
/// that (kernel: "no internal processes"), so the server moves into a leaf of its own first.
fn delegate(own: &Path) -> io::Result<()> {
    let control = own.join("cgroup.subtree_control");
    let enable_all = || CONTROLLERS.iter().try_for_each(|controller| fs::write(&control, format!("+{controller}")));
    if enable_all().is_ok() {
        return Ok(());
    }
    let leaf = own.join("hangar-server");
    ignore_existing(fs::create_dir(&leaf))?;
    fs::write(leaf.join("cgroup.procs"), "0")?;
    enable_all()
}

/// Opens the file by which a process enters the group.
pub(crate) fn entry(folder: &Path) -> io::Result<File> {
    File::options().write(true).open(folder.join("cgroup.procs"))
}
