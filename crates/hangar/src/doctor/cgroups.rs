//! Which version of cgroups there is: sessions get their limits from them.

use std::path::Path;

use super::{Check, Status};

/// Looks below `root`, which is `/` outside of tests (cgroups(7)).
pub(super) fn check(root: &Path) -> Check {
    let mount = root.join("sys/fs/cgroup");
    let has = |name: &str| mount.join(name).exists();
    let writable = |folder: &Path| rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_ok();
    let (version, folder) = match () {
        () if has("cgroup.controllers") => ("version 2", mount.clone()),
        () if has("memory") && has("unified/cgroup.procs") => ("versions 1 and 2 (hybrid)", mount.join("memory")),
        () if has("memory") => ("version 1", mount.join("memory")),
        () => {
            let sentence = "no cgroups: sessions have no limits on memory, processes and processor";
            return Check::new("cgroups", Status::Warn, sentence);
        }
    };
    if writable(&folder) {
        Check::new("cgroups", Status::Ok, version)
    } else {
        let sentence = format!("{version}, but {} cannot be written: sessions have no limits", folder.display());
        Check::new("cgroups", Status::Warn, sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(folders: &[&str]) -> String {
        let root = tempfile::tempdir().unwrap();
        for folder in folders {
            std::fs::create_dir_all(root.path().join("sys/fs/cgroup").join(folder)).unwrap();
        }
        check(root.path()).sentence
    }

    #[test]
    fn the_version_is_told_by_what_is_mounted() {
        assert_eq!(sentence(&["cgroup.controllers"]), "version 2");
        assert_eq!(sentence(&["memory"]), "version 1");
        assert_eq!(sentence(&["memory", "unified/cgroup.procs"]), "versions 1 and 2 (hybrid)");
        assert!(sentence(&[]).starts_with("no cgroups"));
    }
}
