//! What the kernel tells of processes (proc(5)): processor time, memory, descendants.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

/// Processor time of a process with all its threads, user and system, seconds.
pub(crate) fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields: Vec<&str> = after_name(&stat)?.split_ascii_whitespace().collect();
    // utime and stime are the 14th and 15th field; the name is the second.
    let ticks = |at: usize| fields.get(at - 3).and_then(|field| field.parse::<f64>().ok()).context("a stat line");
    Ok((ticks(14)? + ticks(15)?) / rustix::param::clock_ticks_per_second() as f64)
}

/// A process's name may hold blanks and parentheses: the fields begin after the last one.
fn after_name(stat: &str) -> anyhow::Result<&str> {
    stat.rsplit_once(')').map(|(_, rest)| rest).context("a stat line without a name")
}

/// `Rss` or `Pss` of a process, KiB.
pub(crate) fn memory_kib(pid: u32, kind: &str) -> anyhow::Result<f64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line = rollup.lines().find_map(|line| line.strip_prefix(kind)?.strip_prefix(':'));
    let kib = line.and_then(|rest| rest.split_ascii_whitespace().next()).context("no such line in smaps_rollup")?;
    Ok(kib.parse()?)
}

/// Proportional memory of everything below a process, KiB.
pub(crate) fn descendants_pss_kib(pid: u32) -> f64 {
    // A process that ends while it is looked at weighs nothing.
    descendants(pid).into_iter().filter_map(|pid| memory_kib(pid, "Pss").ok()).sum()
}

/// Every process below this one.
pub(crate) fn descendants(pid: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for (child, parent) in processes() {
        children.entry(parent).or_default().push(child);
    }
    let mut found = children.remove(&pid).unwrap_or_default();
    let mut at = 0;
    while at < found.len() {
        found.extend(children.remove(&found[at]).unwrap_or_default());
        at += 1;
    }
    found
}

fn processes() -> Vec<(u32, u32)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid: u32| Some((pid, parent(pid)?))).collect()
}

fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    after_name(&stat).ok()?.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// The arguments that a process was started with.
pub(crate) fn arguments(pid: u32) -> Vec<String> {
    let line = fs::read(Path::new("/proc").join(pid.to_string()).join("cmdline")).unwrap_or_default();
    let arguments = line.split(|byte| *byte == 0).filter(|part| !part.is_empty());
    arguments.map(|part| String::from_utf8_lossy(part).into_owned()).collect()
}

/// The `cgroup.procs` files of the control groups that a process is in, below the usual mount points (cgroups(7)).
pub(crate) fn groups(pid: u32) -> Vec<PathBuf> {
    let lines = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
    let group = |line: &str| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        let mounts =
            [controllers.trim_start_matches("name="), "unified", ""].map(|name| Path::new("/sys/fs/cgroup").join(name));
        let files = mounts.into_iter().map(|mount| mount.join(path.trim_start_matches('/')).join("cgroup.procs"));
        files.into_iter().find(|file| file.exists()).filter(|_| path != "/")
    };
    lines.lines().filter_map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_time_and_memory() {
        let own = std::process::id();
        assert!(cpu_seconds(own).unwrap() >= 0.0);
        assert!(memory_kib(own, "Rss").unwrap() >= memory_kib(own, "Pss").unwrap());
        assert!(memory_kib(own, "Pss").unwrap() > 100.0);
        assert_eq!(after_name("1 (a ) b) R 7").unwrap().trim(), "R 7");
    }
}
