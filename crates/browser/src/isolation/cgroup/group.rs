//! One session's group: a folder in each hierarchy, used as one thing.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::{Limits, entry};
use crate::process::proc;

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

    /// Every living process in it; zombies are not listed by the kernel. A group that is removed has none.
    ///
    /// # Errors
    /// The operating system's, when the list cannot be read.
    pub fn pids(&self) -> io::Result<BTreeSet<i32>> {
        let mut pids = BTreeSet::new();
        for folder in &self.folders {
            let list = proc::read(folder.join("cgroup.procs"))?.unwrap_or_default();
            pids.extend(list.lines().filter_map(|line| line.parse::<i32>().ok()));
        }
        Ok(pids)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Version 2 with controllers is not there on every test machine; its files are.
    #[test]
    fn each_layout_gets_its_own_files_written() {
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits { memory_bytes: 1000, pids: 7, cpu_percent: Some(150) };
        let (v1, v2) = (folder.path().join("v1"), folder.path().join("v2"));
        for (group, files) in [
            (&v1, ["memory.limit_in_bytes", "pids.max", "cpu.cfs_quota_us"]),
            (&v2, ["memory.max", "pids.max", "cpu.max"]),
        ] {
            fs::create_dir(group).unwrap();
            files.iter().for_each(|file| fs::write(group.join(file), "").unwrap());
            Cgroup::at(vec![group.clone()]).limit(&limits).unwrap();
        }
        let read = |path: PathBuf| fs::read_to_string(path).unwrap();
        assert_eq!(read(v1.join("memory.limit_in_bytes")), "1000");
        assert_eq!(read(v1.join("cpu.cfs_quota_us")), "150000");
        assert_eq!(read(v2.join("memory.max")), "1000");
        assert_eq!(read(v2.join("pids.max")), "7");
        assert_eq!(read(v2.join("cpu.max")), "150000 100000");
        assert!(!v2.join("memory.limit_in_bytes").exists());
    }

    #[test]
    fn a_kill_for_memory_is_read_in_both_layouts() {
        let folder = tempfile::tempdir().unwrap();
        let group = Cgroup::at(vec![folder.path().to_path_buf()]);
        assert!(!group.oom_killed());
        fs::write(folder.path().join("memory.events"), "oom 3\noom_kill 0\n").unwrap();
        assert!(!group.oom_killed());
        fs::write(folder.path().join("memory.events"), "oom 3\noom_kill 2\n").unwrap();
        assert!(group.oom_killed());
        fs::remove_file(folder.path().join("memory.events")).unwrap();
        fs::write(folder.path().join("memory.oom_control"), "under_oom 0\noom_kill 1\n").unwrap();
        assert!(group.oom_killed());
    }
}
