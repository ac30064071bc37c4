//! What this machine, or the container that we run in, can carry: the base of the defaults.
//!
//! A container's limit counts, not the host's size: a pool that fits the host gets its container killed.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Memory that one live session is reckoned with, bytes.
const SESSION: u64 = 256 << 20;

/// Memory that is left to everything else, bytes.
const RESERVE: u64 = 512 << 20;

/// Cores and memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Cores that may be used.
    pub cores: u32,
    /// Memory that may be used, bytes.
    pub memory: u64,
}

impl Capacity {
    /// Looks at the machine and at the cgroup that this process is in.
    #[must_use]
    pub fn of_this_machine() -> Self {
        let cores =
            std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX));
        Self { cores, memory: memory(Path::new("/")) }
    }

    /// Warm browsers: two per core, 2 to 16, and never more than sessions.
    #[must_use]
    pub fn pool(self) -> u32 {
        self.cores.saturating_mul(2).clamp(2, 16).min(self.max_sessions())
    }

    /// Sessions that the memory holds: 1 to 1,000.
    #[must_use]
    pub fn max_sessions(self) -> u32 {
        let sessions = (self.memory.saturating_sub(RESERVE) / SESSION).clamp(1, 1000);
        u32::try_from(sessions).unwrap_or(1000)
    }
}

/// The smaller of the machine's memory and the limits of our cgroup and those above it, bytes.
fn memory(root: &Path) -> u64 {
    let host = total_memory(&read(&root.join("proc/meminfo"))).unwrap_or(1 << 30);
    let limits = limit_files(root, &read(&root.join("proc/self/cgroup")));
    let limits = limits.iter().filter_map(|file| read(file).trim().parse::<u64>().ok());
    limits.chain([host]).min().unwrap_or(host)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// `MemTotal` of /proc/meminfo (proc(5)), which is in KiB.
fn total_memory(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

/// The files that may hold a limit, for each line of /proc/self/cgroup (cgroups(7)): v2 is `0::<path>`, v1 is
/// `<n>:<controllers>:<path>`. A limit holds for everything below it, so the whole way up is looked at.
fn limit_files(root: &Path, cgroups: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in cgroups.lines() {
        let mut fields = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let (mount, name) = match controllers {
            "" => ("sys/fs/cgroup", "memory.max"),
            _ if controllers.split(',').any(|controller| controller == "memory") => {
                ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => continue,
        };
        let path = Path::new(path.trim_start_matches('/'));
        files.extend(path.ancestors().map(|above| root.join(mount).join(above).join(name)));
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(files: &[(&str, &str)]) -> u64 {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        memory(root.path())
    }

    const MEMINFO: (&str, &str) = ("proc/meminfo", "MemTotal:       8388608 kB\nMemFree: 1 kB\n");

    #[test]
    fn the_tightest_limit_on_the_way_up_counts() {
        let v2 = ("proc/self/cgroup", "0::/pod/box\n");
        assert_eq!(machine(&[MEMINFO, v2]), 8 << 30);
        let unlimited = ("sys/fs/cgroup/pod/box/memory.max", "max\n");
        assert_eq!(machine(&[MEMINFO, v2, unlimited]), 8 << 30);
        let pod = ("sys/fs/cgroup/pod/memory.max", "2147483648\n");
        assert_eq!(machine(&[MEMINFO, v2, unlimited, pod]), 2 << 30);
    }

    #[test]
    fn the_first_version_of_cgroups_is_read_too() {
        let v1 = ("proc/self/cgroup", "8:pids:/\n4:cpu,memory:/api/x\n");
        let unlimited = ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        let own = ("sys/fs/cgroup/memory/api/x/memory.limit_in_bytes", "1073741824\n");
        assert_eq!(machine(&[MEMINFO, v1, unlimited]), 8 << 30);
        assert_eq!(machine(&[MEMINFO, v1, unlimited, own]), 1 << 30);
        // In a container the path is the host's, and only the mount's root exists.
        let root = ("sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n");
        assert_eq!(machine(&[MEMINFO, v1, root]), 512 << 20);
    }

    #[test]
    fn defaults_fit_small_and_large_machines() {
        let fit = |cores, memory| {
            let capacity = Capacity { cores, memory };
            (capacity.pool(), capacity.max_sessions())
        };
        assert_eq!(fit(1, 256 << 20), (1, 1));
        assert_eq!(fit(2, 24 << 30), (4, 94));
        assert_eq!(fit(64, 1 << 40), (16, 1000));
    }
}
