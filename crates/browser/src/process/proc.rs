//! What /proc says about processes (proc(5)): the only way to find those of a user, a session or a parent.
//!
//! A number read here may belong to another process a moment later, so nothing here signals; see `members`.

use std::{fs, path::Path};

/// The fields of `/proc/<pid>/stat` that we use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) is_zombie: bool,
    pub(crate) parent: i32,
    pub(crate) group: i32,
    pub(crate) session: i32,
}

/// Reads it; `None` when the process is gone.
pub(crate) fn stat(pid: i32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The name is in brackets and may hold anything, so the fields are counted from the last bracket.
fn parse_stat(text: &str) -> Option<Stat> {
    let mut fields = text.rsplit_once(") ")?.1.split(' ');
    let is_zombie = matches!(fields.next()?, "Z" | "X");
    let mut number = || fields.next()?.parse().ok();
    Some(Stat { is_zombie, parent: number()?, group: number()?, session: number()? })
}

/// The real user of a process, also of a zombie.
pub(crate) fn uid(pid: i32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Every living process whose real user is this.
pub(crate) fn pids_of_uid(wanted: u32) -> Vec<i32> {
    let is_living = |pid: &i32| stat(*pid).is_some_and(|stat| !stat.is_zombie);
    all().filter(|pid| uid(*pid) == Some(wanted)).filter(is_living).collect()
}

/// Every process.
pub(crate) fn all() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The children of this process, by the kernel's list or, where it has none, by looking at all.
pub(crate) fn own_children() -> Vec<i32> {
    let me = i32::try_from(std::process::id()).unwrap_or(0);
    if !Path::new("/proc/thread-self/children").exists() {
        return all().filter(|pid| stat(*pid).is_some_and(|stat| stat.parent == me)).collect();
    }
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<i32>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_blanks_does_not_shift_the_fields() {
        let stat = parse_stat("12 (a) Z (b) S 7 8 9 0 -1").unwrap();
        assert_eq!(stat, Stat { is_zombie: false, parent: 7, group: 8, session: 9 });
        assert!(parse_stat("12 (x) Z 7 8 9 0").unwrap().is_zombie);
    }

    #[test]
    fn this_process_is_found() {
        let me = i32::try_from(std::process::id()).unwrap();
        assert!(all().any(|pid| pid == me));
        assert_eq!(uid(me), Some(rustix::process::getuid().as_raw()));
    }
}
