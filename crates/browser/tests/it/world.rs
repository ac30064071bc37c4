//! A server's part of the machine for one test: a data folder, the found browsers, a launcher at a level.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Read as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use hangar_browser::{
    Binaries, BinaryKind, Browser, FindOptions, Isolation, LaunchSpec, Launcher, LauncherConfig, Level, Limits,
    isolation::Cgroups,
};
use hangar_domain::Random;
use tempfile::TempDir;

pub(crate) struct Urandom;

impl Random for Urandom {
    fn fill(&self, bytes: &mut [u8]) {
        fs::File::open("/dev/urandom").unwrap().read_exact(bytes).unwrap();
    }
}

pub(crate) struct World {
    pub(crate) data: TempDir,
    pub(crate) binaries: Binaries,
    pub(crate) level: Level,
}

impl World {
    pub(crate) async fn at(level: Level) -> Self {
        hangar_browser::subreaper::become_subreaper().unwrap();
        let data = tempfile::tempdir().unwrap();
        if level == Level::L2 {
            // Only at L3 may the data folder be closed to the sessions' users.
            fs::set_permissions(data.path(), fs::Permissions::from_mode(0o711)).unwrap();
        }
        Self { data, binaries: Binaries::find(&FindOptions::default()).await.unwrap(), level }
    }

    pub(crate) fn launcher(&self) -> Launcher {
        self.launcher_in(self.data.path().to_path_buf())
    }

    pub(crate) fn launcher_in(&self, data_dir: PathBuf) -> Launcher {
        Launcher::new(LauncherConfig { data_dir, ..self.config() }).unwrap()
    }

    pub(crate) fn config(&self) -> LauncherConfig {
        LauncherConfig {
            binaries: self.binaries.clone(),
            isolation: Isolation { level: self.level, why_not_higher: Vec::new(), cgroups: Cgroups::detect() },
            data_dir: self.data.path().to_path_buf(),
            random: Arc::new(Urandom),
            launch_timeout: Duration::from_secs(15),
        }
    }

    pub(crate) async fn launch(&self) -> Browser {
        self.launcher().launch(spec()).await.unwrap()
    }

    /// The session folders that exist now.
    pub(crate) fn sessions(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.data.path().join("sessions")).unwrap().flatten();
        entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.path()).collect()
    }
}

pub(crate) fn spec() -> LaunchSpec {
    LaunchSpec { binary: BinaryKind::HeadlessShell, restore: None, limits: Limits::default() }
}

/// Everything outside its own variables that a browser has: what must not be there after its end.
pub(crate) struct Traces {
    pids: BTreeSet<i32>,
    cgroups: Vec<PathBuf>,
    folder: PathBuf,
    uid: Option<u32>,
}

impl Traces {
    pub(crate) fn of(browser: &Browser) -> Self {
        let folder = browser.dirs().host.root.parent().unwrap().to_path_buf();
        let record: serde_json::Value = serde_json::from_slice(&fs::read(folder.join("record")).unwrap()).unwrap();
        let cgroups: Vec<PathBuf> = serde_json::from_value(record["cgroups"].clone()).unwrap();
        assert!(cgroups.iter().all(|folder| folder.is_dir()), "{cgroups:?}");
        let mut pids = browser.processes().unwrap();
        pids.insert(i32::try_from(browser.pid()).unwrap());
        assert!(pids.len() > 2, "a browser has several processes: {pids:?}");
        Self { pids, cgroups, folder, uid: serde_json::from_value(record["uid"].clone()).unwrap() }
    }

    pub(crate) fn assert_gone(&self) {
        assert_eq!(self.left(), None);
    }

    /// The first thing that is still there.
    pub(crate) fn left(&self) -> Option<String> {
        let process = self.pids.iter().find(|pid| is_process(**pid));
        let path = self.cgroups.iter().chain([&self.folder]).find(|path| path.exists());
        let process = process.map(|pid| format!("process {pid}"));
        process.or_else(|| path.map(|path| path.display().to_string())).or_else(|| self.marked_uid())
    }

    /// The session's user id when it is neither free and clean nor held by another session, of another test.
    fn marked_uid(&self) -> Option<String> {
        let uid = self.uid?;
        let file = File::open(Path::new("/run/lock/hangar-uids").join(uid.to_string())).unwrap();
        let is_left = file.try_lock().is_ok() && file.metadata().unwrap().len() > 0;
        is_left.then(|| format!("the mark of user id {uid}"))
    }
}

fn is_process(pid: i32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}
