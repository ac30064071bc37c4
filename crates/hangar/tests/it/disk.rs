//! A full disk (reference/security.md §8, 46): what runs goes on, what is new is refused, nothing is unbilled in silence.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
    time::Duration,
};

use hangar_testkit::server::KEY;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use serde_json::json;

use crate::rig::{PLACES, World};

/// A small file system in memory, while it lives.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().ok()?;
        mount("tmpfs", folder.path(), "tmpfs", MountFlags::empty(), Some(c"size=16m")).ok()?;
        Some(Self { folder })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Leaves no room at all.
    fn fill(&self) {
        let mut filler = File::create(self.path().join("filler")).unwrap();
        for size in [1 << 16, 1 << 12, 1] {
            let piece = vec![b'x'; size];
            while filler.write_all(&piece).is_ok() {}
        }
    }

    fn empty(&self) {
        fs::remove_file(self.path().join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = unmount(self.folder.path(), UnmountFlags::DETACH);
    }
}

#[tokio::test]
async fn a_full_disk_ends_nothing_and_loses_no_bill() {
    let Some(disk) = SmallDisk::mount() else {
        return eprintln!("skipped: mounting a tmpfs is not permitted here");
    };
    let data_dir = disk.path().join("data");
    let world = World::start_with(PLACES, |mut setup| {
        setup.data_dir = data_dir;
        setup
    })
    .await;
    let staying = world.session(&[]).await;
    let leaving = world.server.session(KEY, &[]).await;
    disk.fill();
    staying.client.call("Browser.getVersion", json!({})).await.expect("what runs goes on");
    let refused = world.server.connect(KEY, &[]).await.unwrap().err().expect("there is no room for a session").0;
    assert_eq!(refused.head.status, 503, "{}", refused.text);
    let left = leaving.session();
    leaving.close().await.unwrap();
    let early = staying.client.ended_within(Duration::from_millis(2500)).await;
    assert!(early.is_err(), "it has ended for want of room: {early:?}");
    disk.empty();
    world.assert_ended(&world.server.operator(), &left, "socket_close", None).await;
    staying.client.call("Browser.getVersion", json!({})).await.unwrap();
    staying.client.close().await.unwrap();
    world.server.session(KEY, &[]).await.close().await.unwrap();
    world.assert_clean().await;
}
