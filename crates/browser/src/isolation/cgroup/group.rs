//! One session's group: a folder in each hierarchy, used as one thing.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::{Limits, entry};

const CPU_PERIOD_MICROS: u64 = 100_000;

/// The folders of one session's group.
#[derive(Clone, Debug)]
pub struct Cgroup {
    folders: Vec<PathBuf>,
}

impl Cgroup {
    pub(crate) fn at(folders: Vec<PathBuf>) -> Self {
        Self { folders }
    }

    /// One per hierarchy.
    pub(crate) fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// The files that a process writes `0` to, to enter.
    pub(crate) fn entries(&self) -> io::Result<Vec<File>> {
        self.folders.iter().map(|folder| entry(folder)).collect()
    }

    pub(super) fn limit(&self, limits: &Limits) -> io::Result<()> {
        let memory = limits.memory_bytes.to_string();
        let pids = limits.pids.to_string();
        self.set("memory.max", &memory)?;
        self.set("memory.swap.max", "0")?;
        self.set("memory.limit_in_bytes", &memory)?;
        self.set("memory.memsw.limit_in_bytes", &memory)?;
        self.set("pids.max", &pids)?;
        if let Some(percent) = limits.cpu_percent {
            let quota = CPU_PERIOD_MICROS * u64::from(percent) / 100;
            self.set("cpu.max", &format!("{quota} {CPU_PERIOD_MICROS}"))?;
            self.set("cpu.cfs_period_us", &CPU_PERIOD_MICROS.to_string())?;
            self.set("cpu.cfs_quota_us", &quota.to_string())?;
        }
        Ok(())
    }

    /// Every living process in it; zombies are not listed by the kernel.
    #[must_use]
    pub fn pids(&self) -> BTreeSet<i32> {
        let lists = self.folders.iter().filter_map(|folder| fs::read_to_string(folder.join("cgroup.procs")).ok());
        lists.flat_map(|list| list.lines().filter_map(|line| line.parse().ok()).collect::<Vec<i32>>()).collect()
    }

    /// Kills all of it at once where the kernel can (`cgroup.kill`, Linux 5.14); `false` where it cannot.
    pub(crate) fn kill(&self) -> bool {
        // No new process while the old ones are killed one by one.
        let _ = self.set("pids.max", "0");
        self.set("cgroup.kill", "1").unwrap_or(false)
    }

    /// Whether the kernel killed a process of it because the memory was used up.
    #[must_use]
    pub fn oom_killed(&self) -> bool {
        let files =
            self.folders.iter().flat_map(|folder| [folder.join("memory.events"), folder.join("memory.oom_control")]);
        files.filter_map(|file| fs::read_to_string(file).ok()).any(|text| {
            let count = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
            count.is_some_and(|count| count.trim() != "0")
        })
    }

    /// Bytes that its processes use now.
    #[must_use]
    pub fn memory_bytes(&self) -> Option<u64> {
        let files = self
            .folders
            .iter()
            .flat_map(|folder| [folder.join("memory.current"), folder.join("memory.usage_in_bytes")]);
        files.filter_map(|file| fs::read_to_string(file).ok()).find_map(|text| text.trim().parse().ok())
    }

    /// Removes the folders, and the parent when no other session is left in it.
    pub(crate) fn remove(&self) -> io::Result<()> {
        for folder in &self.folders {
            match fs::remove_dir(folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            if let Some(parent) = folder.parent() {
                let _ = fs::remove_dir(parent);
            }
        }
        Ok(())
    }

    /// Writes the file in the folders that have it; whether one had it.
    fn set(&self, file: &str, value: &str) -> io::Result<bool> {
        let mut is_set = false;
        for path in self.folders.iter().map(|folder| folder.join(file)).filter(|path| Path::exists(path)) {
            fs::write(&path, value).map_err(|error| io::Error::new(error.kind(), format!("{file}: {error}")))?;
            is_set = true;
        }
        Ok(is_set)
    }
}
