//! A disk with no room left: the recording ends there, says so, and nobody waits or fails.

use std::{
    fs::{self, File},
    io::Write as _,
};

use hangar_domain::timeline::Event;
use hangar_recorder::recording::{Limits, Reader, Writer};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use crate::world;

struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().ok()?;
        mount("tmpfs", folder.path(), "tmpfs", MountFlags::empty(), Some(c"size=2m")).ok()?;
        Some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = unmount(self.0.path(), UnmountFlags::DETACH);
    }
}

#[tokio::test]
async fn a_full_disk_ends_the_recording_and_not_the_session() {
    let Some(disk) = SmallDisk::mount() else {
        return eprintln!("skipped: mounting a tmpfs is not permitted here");
    };
    let path = disk.0.path().join("a.hgr");
    let writer = Writer::create(&path, world::head(), Limits::default()).unwrap();
    writer.entry(&world::line(0, "before"));
    writer.frame(world::frame(1, vec![1; 100_000]));
    let mut reader = Reader::open(&path).unwrap();
    world::until("the first frame is in the file", || {
        reader.refresh().unwrap();
        reader.frames().len() == 1
    })
    .await;
    let mut filler = File::create(disk.0.path().join("filler")).unwrap();
    while filler.write_all(&[0; 4096]).is_ok() {}
    for millis in 2..20 {
        writer.frame(world::frame(millis, vec![2; 100_000]));
        writer.entry(&world::line(millis, "after"));
    }
    let summary = writer.close().await;
    assert!(summary.is_cut_short && summary.lost >= 1, "{summary:?}");
    assert_eq!(fs::metadata(&path).unwrap().len(), summary.bytes);
    let reader = Reader::open(&path).unwrap();
    assert_eq!((world::frames(&reader).len(), world::lines(&reader)), (1, vec!["before".to_owned()]));
    let last = reader.entries().last().unwrap().unwrap();
    assert!(matches!(&last.event, Event::Dropped(dropped) if dropped.reason == "disk full"), "{last:?}");
    writer.entry(&world::line(30, "much later"));
}
