//! The host's files that the attacks are after.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

/// What stands in the file.
pub(super) const SECRET: &str = "file-c4nary-53b1";

/// A file of the host that every user of it may read, and a folder where every user may write.
pub(super) struct Host {
    folder: tempfile::TempDir,
}

impl Host {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        let host = Self { folder };
        fs::write(host.file(), format!("<!doctype html>{SECRET}")).unwrap();
        fs::create_dir(host.open_folder()).unwrap();
        fs::set_permissions(host.open_folder(), fs::Permissions::from_mode(0o777)).unwrap();
        host
    }

    pub(super) fn file(&self) -> PathBuf {
        self.folder.path().join("canary.html")
    }

    pub(super) fn open_folder(&self) -> PathBuf {
        self.folder.path().join("open")
    }

    pub(super) fn assert_untouched(&self) {
        let written: Vec<_> = fs::read_dir(self.open_folder()).unwrap().flatten().map(|entry| entry.path()).collect();
        assert_eq!(written, Vec::<PathBuf>::new(), "files were written to the host");
    }
}
