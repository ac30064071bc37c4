//! A session's folder: `<data>/sessions/<random>/`.
//!
//! `lock` is held for the session's life, so a folder whose lock is free has no living server and may be swept. `record`
//! says what else the session has (groups, user), written before any of it is made. Both are the server's; the browser
//! owns only `data`, and must never be able to change what the sweep believes.

use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, chown},
    path::{Path, PathBuf},
    time::Duration,
};

use hangar_domain::Random;
use serde::{Deserialize, Serialize};

use crate::error::Error;

const REMOVE_TRIES: u32 = 50;
const REMOVE_PAUSE: Duration = Duration::from_millis(20);

/// The folders of a session as paths, seen from one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserPaths {
    /// The parent of the others; the browser's home and working folder.
    pub root: PathBuf,
    /// `--user-data-dir`.
    pub profile: PathBuf,
    /// Where downloads go.
    pub downloads: PathBuf,
    /// Where the server puts files that the client uploads. The browser owns the folder, so a name in it may be a link that
    /// it put there: make new files only (`create_new`), readable for others.
    pub uploads: PathBuf,
    /// TMPDIR.
    pub tmp: PathBuf,
}

impl BrowserPaths {
    pub(crate) fn below(root: &Path) -> Self {
        let below = |name| root.join(name);
        Self {
            root: root.to_path_buf(),
            profile: below("profile"),
            downloads: below("downloads"),
            uploads: below("uploads"),
            tmp: below("tmp"),
        }
    }
}

/// The same folders from both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dirs {
    /// As the server sees them. What is in them was written by a hostile process.
    pub host: BrowserPaths,
    /// As the browser sees them: what to say over CDP.
    pub browser: BrowserPaths,
}

/// What a session has besides its folder.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) cgroups: Vec<PathBuf>,
    pub(crate) uid: Option<u32>,
}

/// A session's folder, locked.
#[derive(Debug)]
pub(crate) struct SessionDir {
    path: PathBuf,
    _lock: File,
}

impl SessionDir {
    /// A random name, unique over all servers. Short, because full Chromium puts a socket below it, and the path of a
    /// socket has at most 107 bytes (unix(7)).
    pub(crate) fn name(random: &dyn Random) -> String {
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Makes and locks it, with its record. No sweep runs meanwhile.
    pub(crate) fn create(sessions: &Path, name: &str, record: &Record) -> io::Result<Self> {
        let gate = gate(sessions)?;
        gate.lock_shared()?;
        let path = sessions.join(name);
        DirBuilder::new().mode(0o711).create(&path)?;
        Self::fill(&path, record).inspect_err(|_| unmake(&path))
    }

    fn fill(path: &Path, record: &Record) -> io::Result<Self> {
        let lock = File::create_new(path.join("lock"))?;
        lock.try_lock()?;
        fs::write(path.join("record"), serde_json::to_vec(record)?)?;
        let dir = Self { path: path.to_path_buf(), _lock: lock };
        dir.make_data(record.uid)?;
        Ok(dir)
    }

    /// Takes over a dead server's folder; `None` when its server lives.
    pub(crate) fn adopt(path: PathBuf) -> io::Result<Option<(Self, Record)>> {
        let lock = File::options().create(true).truncate(false).write(true).open(path.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Ok(None),
            Err(fs::TryLockError::Error(error)) => return Err(error),
        }
        // A server that died while it wrote the record had made nothing else yet.
        let record = fs::read(path.join("record")).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Ok(Some((Self { path, _lock: lock }, record.unwrap_or_default())))
    }

    /// What the browser owns.
    pub(crate) fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    /// Removes it all. A process that dies late may still write, so a folder that is not empty is tried again.
    pub(crate) async fn remove(&self) -> Result<(), Error> {
        let mut tries = 0;
        loop {
            let path = self.path.clone();
            let result = tokio::task::spawn_blocking(move || fs::remove_dir_all(path)).await;
            match result.unwrap_or_else(|error| Err(io::Error::other(error))) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty && tries < REMOVE_TRIES => {
                    tries += 1;
                    tokio::time::sleep(REMOVE_PAUSE).await;
                }
                result => {
                    return result.map_err(Error::io(format!("removing {}", self.path.display())));
                }
            }
        }
    }

    fn make_data(&self, uid: Option<u32>) -> io::Result<()> {
        for folder in data_folders(&self.data()) {
            DirBuilder::new().mode(0o700).create(&folder)?;
            if let Some(uid) = uid {
                chown(&folder, Some(uid), Some(uid))?;
            }
        }
        Ok(())
    }
}

/// What the browser owns, parents first.
fn data_folders(data: &Path) -> [PathBuf; 5] {
    let BrowserPaths { root, profile, downloads, uploads, tmp } = BrowserPaths::below(data);
    [root, profile, downloads, uploads, tmp]
}

/// Removes a folder that could not be filled. By the names that we know, because listing a folder takes a descriptor, and
/// that there was none may be why.
fn unmake(path: &Path) {
    for folder in data_folders(&path.join("data")).iter().rev() {
        let _not_made = fs::remove_dir(folder);
    }
    for file in ["record", "lock"] {
        let _not_made = fs::remove_file(path.join(file));
    }
    if let Err(error) = fs::remove_dir(path) {
        tracing::warn!(%error, "a session's folder that could not be filled stays until the next start");
    }
}

/// Makes the folder of all sessions: others may pass through it, not list it.
pub(crate) fn make_sessions(data_dir: &Path) -> Result<PathBuf, Error> {
    let sessions = data_dir.join("sessions");
    let make = || {
        fs::create_dir_all(&sessions)?;
        fs::set_permissions(&sessions, fs::Permissions::from_mode(0o711))?;
        sessions.canonicalize()
    };
    make().map_err(Error::io(format!("making {}", sessions.display())))
}

/// The file that keeps a sweep and the making of a session apart.
pub(crate) fn gate(sessions: &Path) -> io::Result<File> {
    File::options().create(true).truncate(false).write(true).open(sessions.join(".gate"))
}
