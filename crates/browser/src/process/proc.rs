//! What /proc says about processes (proc(5)): the only way to find those of a user, a session or a parent.
//!
//! A number read here may belong to another process a moment later, so nothing here signals; see `members`. That nothing
//! could be read (no descriptor is free) is an error and must never be taken for a process that is gone.

use std::{fs, io, path::Path};

use rustix::io::Errno;

/// The fields of `/proc/<pid>/stat` that we use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) is_zombie: bool,
    pub(crate) parent: i32,
    pub(crate) group: i32,
    pub(crate) session: i32,
}

/// Reads it; `None` when the process is gone.
pub(crate) fn stat(pid: i32) -> io::Result<Option<Stat>> {
    Ok(read(format!("/proc/{pid}/stat"))?.and_then(|text| parse_stat(&text)))
}

/// The name is in brackets and may hold anything, so the fields are counted from the last bracket.
fn parse_stat(text: &str) -> Option<Stat> {
    let mut fields = text.rsplit_once(") ")?.1.split(' ');
    let is_zombie = matches!(fields.next()?, "Z" | "X");
    let mut number = || fields.next()?.parse().ok();
    Some(Stat { is_zombie, parent: number()?, group: number()?, session: number()? })
}

/// The real user of a process, also of a zombie; `None` when it is gone.
pub(crate) fn uid(pid: i32) -> io::Result<Option<u32>> {
    let status = read(format!("/proc/{pid}/status"))?.unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    Ok(line.and_then(|line| line.split_whitespace().next()?.parse().ok()))
}

/// Every living process whose real user is this.
pub(crate) fn pids_of_uid<C: FromIterator<i32>>(wanted: u32) -> io::Result<C> {
    living(|pid| Ok(uid(pid)? == Some(wanted)))
}

/// Every living process of which this is so.
pub(crate) fn living<C: FromIterator<i32>>(is_wanted: impl Fn(i32) -> io::Result<bool>) -> io::Result<C> {
    filter(|pid| Ok(is_wanted(pid)? && stat(pid)?.is_some_and(|stat| !stat.is_zombie)))
}

/// The children of this process, by the kernel's list or, where it has none, by looking at all.
pub(crate) fn own_children() -> io::Result<Vec<i32>> {
    let me = i32::try_from(std::process::id()).unwrap_or(0);
    if !Path::new("/proc/thread-self/children").exists() {
        return filter(|pid| Ok(stat(pid)?.is_some_and(|stat| stat.parent == me)));
    }
    let mut children = Vec::new();
    for thread in fs::read_dir("/proc/self/task")? {
        let list = read(thread?.path().join("children"))?.unwrap_or_default();
        children.extend(list.split_whitespace().filter_map(|pid| pid.parse::<i32>().ok()));
    }
    Ok(children)
}

fn filter<C: FromIterator<i32>>(is_wanted: impl Fn(i32) -> io::Result<bool>) -> io::Result<C> {
    let wanted = all()?.filter_map(|pid| is_wanted(pid).map(|is_wanted| is_wanted.then_some(pid)).transpose());
    wanted.collect()
}

fn all() -> io::Result<impl Iterator<Item = i32>> {
    let entries = fs::read_dir("/proc")?.flatten();
    Ok(entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()))
}

/// A file that goes when its process or group does; `None` when it is gone.
pub(crate) fn read(path: impl AsRef<Path>) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The process or group went while its file was opened or read.
fn is_gone(error: &io::Error) -> bool {
    let raw = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(raw, Some(Errno::NOENT | Errno::SRCH | Errno::NODEV))
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
        assert!(all().unwrap().any(|pid| pid == me));
        assert_eq!(uid(me).unwrap(), Some(rustix::process::getuid().as_raw()));
    }
}
