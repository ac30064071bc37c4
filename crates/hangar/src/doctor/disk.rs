//! Whether the data folder can be written and has room.

use std::path::Path;

use super::{Check, Status};

/// Less than this and nothing can be kept; less than the second and a few downloads fill it. Bytes.
const TOO_LITTLE: u64 = 256 << 20;
const LITTLE: u64 = 5 << 30;

pub(super) fn check(data_dir: &Path) -> Check {
    let folder = nearest(data_dir);
    let shown = data_dir.display();
    if rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_err() {
        return Check::new("disk", Status::Fail, format!("{} cannot be written", folder.display()));
    }
    match rustix::fs::statvfs(folder) {
        Ok(stat) => judge(&shown, stat.f_bavail.saturating_mul(stat.f_frsize)),
        Err(error) => Check::new("disk", Status::Fail, format!("{shown} cannot be looked at: {error}")),
    }
}

fn judge(folder: &dyn std::fmt::Display, free: u64) -> Check {
    let status = match free {
        _ if free < TOO_LITTLE => Status::Fail,
        _ if free < LITTLE => Status::Warn,
        _ => Status::Ok,
    };
    Check::new("disk", status, format!("{folder} has {:.1} GB left", free as f64 / 1e9))
}

/// The folder itself, or the nearest one above it that exists: where it would be created.
pub(super) fn nearest(folder: &Path) -> &Path {
    let mut above = folder.ancestors().filter(|folder| !folder.as_os_str().is_empty());
    above.find(|folder| folder.exists()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_judged_and_a_missing_folder_is_not_a_fault() {
        let judged = [1 << 20, 1 << 30, 1 << 40].map(|free| judge(&"x", free).status);
        assert_eq!(judged, [Status::Fail, Status::Warn, Status::Ok]);
        assert_eq!(nearest(Path::new("data")), Path::new("."));
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(nearest(&folder.path().join("a/b")), folder.path());
        assert_ne!(check(&folder.path().join("a/b")).sentence, "");
    }
}
