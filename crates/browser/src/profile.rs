//! Profiles: what a browser remembers, kept between sessions as `<data>/profiles/<id>/`.
//!
//! A save writes a new folder, puts it on the disk, and swaps it in by one rename: a crash leaves the old copy or the new
//! one, never half. Only what a site stored is kept; preferences, extensions and anything that could start something at
//! the next launch are not (security.md §4 "sanitise"), and caches are not worth their bytes. What is copied was written
//! by a hostile process, so links are never followed (see `tree`).

use std::{
    ffi::CString,
    fs::{self, DirBuilder, File},
    io,
    os::{fd::AsFd as _, unix::fs::DirBuilderExt as _},
    path::{Path, PathBuf},
};

use hangar_domain::ProfileId;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::{
    error::Error,
    tree::{self, CopyOptions, Count},
};

/// Bytes that a profile may have (security.md §6).
pub const LIMIT_BYTES: u64 = 1 << 30;
/// The folder of Chromium's only profile inside the user data dir.
const DEFAULT: &str = "Default";
/// What sites stored, as headless-shell 156 lays it out, and the two places where newer versions may put cookies.
const KEPT: [&str; 13] = [
    "Cookies",
    "Cookies-journal",
    "Network",
    "Local Storage",
    "Session Storage",
    "IndexedDB",
    "WebStorage",
    "Service Worker",
    "File System",
    "databases",
    "Trust Tokens",
    "Trust Tokens-journal",
    "TransportSecurity",
];

/// The profiles of a data folder.
#[derive(Clone, Debug)]
pub struct Profiles {
    folder: PathBuf,
    limit: u64,
}

/// The one right to write a profile; other processes of this machine are kept out while it lives.
#[derive(Debug)]
pub struct ProfileLock {
    _file: File,
}

impl Profiles {
    /// Opens `<data>/profiles`, with the usual limit of 1 GB for each.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be made.
    pub fn open(data_dir: &Path) -> Result<Self, Error> {
        Self::with_limit(data_dir, LIMIT_BYTES)
    }

    /// The same with another limit in bytes.
    ///
    /// # Errors
    /// [`Error::Io`] when the folder cannot be made.
    pub fn with_limit(data_dir: &Path, limit: u64) -> Result<Self, Error> {
        let folder = data_dir.join("profiles");
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        made.map_err(Error::io(format!("making {}", folder.display())))?;
        Ok(Self { folder, limit })
    }

    /// The saved copy, for [`crate::LaunchSpec::restore`]; `None` when nothing was saved yet.
    #[must_use]
    pub fn saved(&self, id: &ProfileId) -> Option<PathBuf> {
        let path = self.path(id);
        path.is_dir().then_some(path)
    }

    /// Takes the right to write.
    ///
    /// # Errors
    /// [`Error::ProfileBusy`] while another has it; [`Error::Io`].
    pub fn lock(&self, id: &ProfileId) -> Result<ProfileLock, Error> {
        let path = self.folder.join(format!(".{id}.lock"));
        let file = File::options().create(true).truncate(false).write(true).open(path);
        let file = file.map_err(Error::io("opening a profile's lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(ProfileLock { _file: file }),
            Err(fs::TryLockError::WouldBlock) => Err(Error::ProfileBusy),
            Err(fs::TryLockError::Error(error)) => Err(Error::io("locking a profile")(error)),
        }
    }

    /// Saves what the browser left in its user data dir. Its processes must be gone ([`crate::Browser::stop`]). Returns
    /// the bytes that were saved.
    ///
    /// # Errors
    /// [`Error::ProfileTooLarge`], [`Error::Io`]. The old copy then stands untouched.
    pub async fn save(&self, id: &ProfileId, _lock: &ProfileLock, user_data_dir: &Path) -> Result<u64, Error> {
        let (profiles, id, source) = (self.clone(), id.clone(), user_data_dir.to_path_buf());
        run(move || profiles.save_now(&id, &source)).await
    }

    /// Removes a profile; one that is not there is removed already.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub async fn remove(&self, id: &ProfileId, _lock: &ProfileLock) -> Result<(), Error> {
        let (profiles, id) = (self.clone(), id.clone());
        run(move || {
            // Renamed first, so that no half of it can ever be restored.
            let doomed = profiles.staging(&id);
            remove_tree(&doomed)?;
            match fs::rename(profiles.path(&id), &doomed) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                result => result.map_err(Error::io("removing a profile"))?,
            }
            profiles.sync_folder()?;
            remove_tree(&doomed)
        })
        .await
    }

    /// Removes what interrupted saves left; how many. Run at start, before any session.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub async fn sweep(&self) -> Result<usize, Error> {
        let profiles = self.clone();
        run(move || {
            let entries = fs::read_dir(&profiles.folder).map_err(Error::io("reading the profiles"))?;
            let mut removed = 0;
            for entry in entries.flatten() {
                let name = entry.file_name();
                let id = name.to_str().and_then(|name| name.strip_prefix('.')?.strip_suffix(".new")?.parse().ok());
                let Some(id) = id else { continue };
                if let Ok(_lock) = profiles.lock(&id) {
                    remove_tree(&entry.path())?;
                    removed += 1;
                }
            }
            Ok(removed)
        })
        .await
    }

    fn save_now(&self, id: &ProfileId, source: &Path) -> Result<u64, Error> {
        let staging = self.staging(id);
        remove_tree(&staging)?;
        let with = CopyOptions { owner: None, limit: Some(self.limit), sync: true };
        let copied = copy_kept(source, &staging, with).map_err(|error| match error.kind() {
            io::ErrorKind::FileTooLarge => Error::ProfileTooLarge { limit: self.limit },
            _ => Error::io("copying a profile")(error),
        });
        if copied.is_err() {
            remove_tree(&staging)?;
        }
        let bytes = copied?;
        self.swap_in(&staging, &self.path(id)).map_err(Error::io("swapping a profile in"))?;
        self.sync_folder()?;
        remove_tree(&staging)?;
        Ok(bytes)
    }

    /// One rename: after it the new copy is under the name and the old one, if any, under the staging name.
    fn swap_in(&self, staging: &Path, target: &Path) -> io::Result<()> {
        match renameat_with(CWD, staging, CWD, target, RenameFlags::EXCHANGE) {
            Err(rustix::io::Errno::NOENT) => fs::rename(staging, target),
            result => Ok(result?),
        }
    }

    fn sync_folder(&self) -> Result<(), Error> {
        let sync = || File::open(&self.folder)?.sync_all();
        sync().map_err(Error::io("syncing the profiles' folder"))
    }

    fn path(&self, id: &ProfileId) -> PathBuf {
        self.folder.join(id.as_str())
    }

    fn staging(&self, id: &ProfileId) -> PathBuf {
        self.folder.join(format!(".{id}.new"))
    }
}

/// Copies a saved profile into a fresh user data dir; the copies belong to `owner`. Chromium's own locks (`Singleton*`)
/// are not among what is kept, so none arrives from another host.
pub(crate) async fn restore(saved: PathBuf, user_data_dir: PathBuf, owner: Option<u32>) -> Result<(), Error> {
    run(move || {
        let with = CopyOptions { owner, limit: None, sync: false };
        copy_kept(&saved, &user_data_dir, with).map_err(Error::io("restoring a profile"))?;
        Ok(())
    })
    .await
}

/// Copies the kept parts of one user data dir to another. One that no browser wrote to yet has nothing to keep.
fn copy_kept(from: &Path, to: &Path, with: CopyOptions) -> io::Result<u64> {
    let target = to.join(DEFAULT);
    DirBuilder::new().recursive(true).mode(0o700).create(&target)?;
    let root = tree::open(to)?;
    let target = tree::open(&target)?;
    let mut count = Count::default();
    let source = match tree::open(from).and_then(|from| tree::open_in(from.as_fd(), DEFAULT)) {
        Ok(source) => Some(source),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if let Some(source) = &source {
        for name in KEPT {
            tree::copy(source.as_fd(), target.as_fd(), &CString::new(name)?, with, &mut count)?;
        }
    }
    tree::finish(&target, with)?;
    tree::finish(&root, with)?;
    Ok(count.bytes)
}

fn remove_tree(path: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result.map_err(Error::io("removing an old copy of a profile")),
    }
}

async fn run<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Error::io("working on a profile")(io::Error::other(error))))
}
