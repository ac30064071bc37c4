//! User ids, one per session, shared by all servers of the machine.
//!
//! A file per id, locked while a session holds it, so that two servers (and two tests) never hand out the same. An id must
//! never be handed out while a process still has it: a file that its holder did not empty says that the holder died, and
//! then the processes are looked at first.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use crate::{error::Error, process::proc};

const FIRST: u32 = 30_000;
const COUNT: u32 = 4_096;

/// The ids and where their locks are.
#[derive(Debug)]
pub(crate) struct UidPool {
    folder: PathBuf,
    next: AtomicU32,
}

/// An id that is this session's until it is released. Dropped without release it stays marked, and the next who takes it
/// checks for processes.
#[derive(Debug)]
pub(crate) struct UidLease {
    uid: u32,
    file: File,
}

impl UidPool {
    /// Opens the pool; `fallback` is used where the machine's lock folders are not ours.
    pub(crate) fn open(fallback: &Path) -> Result<Self, Error> {
        let places = [Path::new("/run/lock/hangar-uids"), Path::new("/run/hangar-uids"), fallback];
        let folder = places.into_iter().find(|folder| is_ours(folder));
        let folder = folder.ok_or_else(|| Error::Io {
            what: "making a folder for the locks of user ids".to_owned(),
            source: io::ErrorKind::PermissionDenied.into(),
        })?;
        Ok(Self { folder: folder.to_path_buf(), next: AtomicU32::new(0) })
    }

    /// Takes a free id.
    pub(crate) fn lease(&self) -> Result<UidLease, Error> {
        for _ in 0..COUNT {
            let uid = FIRST + self.next.fetch_add(1, Ordering::Relaxed) % COUNT;
            if let Some(lease) = self.take(uid).map_err(Error::io("locking a user id"))?
                && (lease.is_clean()? || is_free(uid)?)
            {
                lease.mark().map_err(Error::io("marking a user id"))?;
                return Ok(lease);
            }
        }
        Err(Error::NoFreeUid(COUNT))
    }

    /// Takes this id, for the sweep of a session whose server died; `None` when another session has it.
    pub(crate) fn take(&self, uid: u32) -> io::Result<Option<UidLease>> {
        if !(FIRST..FIRST + COUNT).contains(&uid) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let path = self.folder.join(uid.to_string());
        let file = File::options().create(true).truncate(false).read(true).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(UidLease { uid, file })),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }
}

impl UidLease {
    /// The id.
    pub(crate) fn uid(&self) -> u32 {
        self.uid
    }

    /// Gives the id back: no process has it any more.
    pub(crate) fn release(self) {
        if let Err(error) = self.file.set_len(0) {
            tracing::warn!(uid = self.uid, %error, "a user id could not be marked as free");
        }
    }

    fn is_clean(&self) -> Result<bool, Error> {
        let meta = self.file.metadata().map_err(Error::io("reading the lock of a user id"))?;
        Ok(meta.len() == 0)
    }

    fn mark(&self) -> io::Result<()> {
        self.file.set_len(0)?;
        (&self.file).write_all(b"in use\n")
    }
}

fn is_free(uid: u32) -> Result<bool, Error> {
    let pids: Vec<i32> = proc::pids_of_uid(uid).map_err(Error::io("looking for processes of a user id"))?;
    Ok(pids.is_empty())
}

/// Makes the folder, and trusts it only if nobody else made it: /run/lock is open to everyone.
fn is_ours(folder: &Path) -> bool {
    let made = fs::DirBuilder::new().mode(0o700).create(folder);
    if made.is_err_and(|error| error.kind() != io::ErrorKind::AlreadyExists) {
        return false;
    }
    let me = rustix::process::geteuid().as_raw();
    fs::symlink_metadata(folder).is_ok_and(|meta| meta.is_dir() && meta.uid() == me && meta.mode() & 0o022 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(folder: &Path) -> UidPool {
        UidPool { folder: folder.to_path_buf(), next: AtomicU32::new(0) }
    }

    #[test]
    fn two_servers_never_share_an_id() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (pool(folder.path()), pool(folder.path()));
        let first = one.lease().unwrap();
        let second = two.lease().unwrap();
        assert_ne!(first.uid(), second.uid());
        let uid = first.uid();
        assert!(two.take(uid).unwrap().is_none());
        first.release();
        assert!(two.take(uid).unwrap().is_some());
    }

    #[test]
    fn only_ids_of_the_pool_can_be_taken() {
        let folder = tempfile::tempdir().unwrap();
        assert!(pool(folder.path()).take(0).is_err());
        assert!(pool(folder.path()).take(FIRST + COUNT).is_err());
    }
}
