//! What a server that died left behind: killed and removed before the next one takes its first client.
//!
//! Only sessions whose lock is free are touched, so a second server on the same data folder loses nothing. Processes are
//! found by the group and the user that the session's record names, never by a bare process id.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    error::Error,
    isolation::{cgroup::Cgroup, uid::UidPool},
    launch::fallback_uids,
    process::members::Members,
    session_dir::{self, Record, SessionDir},
};

/// Ends and removes every session of this data folder that has no living server; how many there were.
///
/// # Errors
/// [`Error::Io`] when the data folder cannot be read. A session that cannot be removed is logged and left.
pub async fn sweep(data_dir: &Path) -> Result<usize, Error> {
    let sessions = session_dir::make_sessions(data_dir)?;
    let uids = UidPool::open(&fallback_uids(data_dir))?;
    let mut swept = 0;
    for (dir, record) in abandoned(sessions).await? {
        match end(dir, record, &uids).await {
            Ok(()) => swept += 1,
            Err(error) => tracing::warn!(%error, "a dead server's session could not be removed"),
        }
    }
    Ok(swept)
}

async fn abandoned(sessions: PathBuf) -> Result<Vec<(SessionDir, Record)>, Error> {
    let found = tokio::task::spawn_blocking(move || {
        let gate = session_dir::gate(&sessions)?;
        gate.lock()?;
        let folders =
            fs::read_dir(&sessions)?.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let mut found = Vec::new();
        for folder in folders {
            found.extend(SessionDir::adopt(folder.path())?);
        }
        Ok(found)
    });
    let found = found.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    found.map_err(Error::io("looking for sessions of a dead server"))
}

async fn end(dir: SessionDir, record: Record, uids: &UidPool) -> Result<(), Error> {
    let groups = record.cgroups.into_iter().filter(|folder| is_group_of_ours(folder) && folder.exists());
    let groups: Vec<PathBuf> = groups.collect();
    let cgroup = (!groups.is_empty()).then(|| Cgroup::at(groups));
    let lease = match record.uid {
        Some(uid) => uids.take(uid).map_err(Error::io("locking a user id"))?,
        None => None,
    };
    let members = Members::abandoned(cgroup, lease.as_ref().map(|lease| lease.uid()));
    members.end().await?;
    dir.remove().await?;
    if let Some(lease) = lease {
        lease.release();
    }
    Ok(())
}

/// The record is a file, so what it says is checked before anything in that group is killed.
fn is_group_of_ours(folder: &Path) -> bool {
    let is_plain = !folder.components().any(|part| part.as_os_str() == "..");
    let parent = folder.parent().and_then(Path::file_name);
    is_plain && folder.starts_with("/sys/fs/cgroup") && parent.is_some_and(|name| name == "hangar")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_groups_below_our_parent_are_believed() {
        assert!(is_group_of_ours(Path::new("/sys/fs/cgroup/memory/hangar/ab")));
        for wrong in ["/sys/fs/cgroup", "/sys/fs/cgroup/user.slice", "/sys/fs/cgroup/hangar/../x", "/tmp/hangar/ab"] {
            assert!(!is_group_of_ours(Path::new(wrong)), "{wrong}");
        }
    }
}
