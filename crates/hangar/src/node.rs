//! Who this node is: an id in the data folder, made on the first start, and the folder itself, taken for one server.
//!
//! The id is not in the database, because nodes share that: two that took themselves for one would bill each other's live
//! sessions as left over.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read as _, Write as _},
    path::Path,
};

use anyhow::{Context as _, bail};
use hangar_domain::{Clock, NodeId, Random};

/// The file in the data folder.
const FILE: &str = "node";

/// A data folder that this process has for itself, for as long as this lives.
#[derive(Debug)]
pub struct Node {
    /// The folder's id, the same at every start.
    pub id: NodeId,
    _lock: File,
}

impl Node {
    /// Takes the folder, which must be there.
    ///
    /// # Errors
    /// Where another server has it, or the file in it cannot be written or holds no id.
    pub fn take(data_dir: &Path, clock: &dyn Clock, random: &dyn Random) -> anyhow::Result<Self> {
        let path = data_dir.join(FILE);
        let reason = || format!("cannot use {}", path.display());
        let mut file =
            File::options().read(true).write(true).create(true).truncate(false).open(&path).with_context(reason)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!("another server uses the data folder {}", data_dir.display()),
            Err(TryLockError::Error(error)) => return Err(error).with_context(reason),
        }
        let mut text = String::new();
        file.read_to_string(&mut text).with_context(reason)?;
        let id = match text.trim() {
            // A start that was cut off here has used no id yet.
            "" => write_id(&mut file, data_dir, NodeId::generate(clock, random)).with_context(reason)?,
            id => id.parse().with_context(|| format!("{} holds no node id", path.display()))?,
        };
        Ok(Self { id, _lock: file })
    }
}

/// The id is on the disk before it is used.
fn write_id(file: &mut File, data_dir: &Path, id: NodeId) -> io::Result<NodeId> {
    file.write_all(format!("{id}\n").as_bytes())?;
    file.sync_all()?;
    fs::File::open(data_dir)?.sync_all()?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{OsRandom, SystemClock};

    fn take(folder: &tempfile::TempDir) -> anyhow::Result<Node> {
        Node::take(folder.path(), &SystemClock::start(), &OsRandom)
    }

    #[test]
    fn a_folder_keeps_its_id_and_two_folders_have_two() {
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let first = take(&folders[0]).unwrap().id;
        assert_eq!(take(&folders[0]).unwrap().id, first);
        assert_ne!(take(&folders[1]).unwrap().id, first);
    }

    #[test]
    fn a_folder_is_for_one_server() {
        let folder = tempfile::tempdir().unwrap();
        let _node = take(&folder).unwrap();
        assert!(take(&folder).unwrap_err().to_string().contains("another server uses"));
    }

    #[test]
    fn a_start_that_was_cut_off_is_made_good_and_nonsense_is_not() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "").unwrap();
        take(&folder).unwrap();
        fs::write(folder.path().join(FILE), "half an i").unwrap();
        assert!(take(&folder).is_err());
    }
}
