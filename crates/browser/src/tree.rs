//! Walking a folder that a hostile process owns.
//!
//! Everything goes through descriptors and `O_NOFOLLOW`, never through a path, so a link put in the way at the right
//! moment leads nowhere. Only plain files and folders count; links, pipes, sockets and devices are passed over.

use std::{
    ffi::{CStr, CString},
    fs::File,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
};

use rustix::fs::{self as sys, AtFlags, Dir, FileType, Mode, OFlags};

const MAX_DEPTH: usize = 32;
const MAX_ENTRIES: usize = 200_000;

/// Who owns the copies; nothing leaves them the server's.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CopyOptions {
    /// User and group of the copies.
    pub(crate) owner: Option<u32>,
    /// Bytes that may be copied.
    pub(crate) limit: Option<u64>,
    /// Whether every file and folder is on the disk before this returns.
    pub(crate) sync: bool,
}

/// What a walk has counted; also its bound.
#[derive(Debug, Default)]
pub(crate) struct Count {
    pub(crate) bytes: u64,
    entries: usize,
}

impl Count {
    fn add(&mut self, bytes: u64, limit: Option<u64>) -> io::Result<()> {
        self.entries += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        if self.entries > MAX_ENTRIES || limit.is_some_and(|limit| self.bytes > limit) {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(())
    }
}

/// Opens a folder without following a link in its last part.
pub(crate) fn open(path: &Path) -> io::Result<OwnedFd> {
    Ok(sys::open(path, folder_flags(), Mode::empty())?)
}

/// Opens a folder in a folder, not through a link.
pub(crate) fn open_in(folder: BorrowedFd<'_>, name: &str) -> io::Result<OwnedFd> {
    Ok(sys::openat(folder, name, folder_flags(), Mode::empty())?)
}

/// Copies the named entry (file or folder, with all in it) from one folder to another.
///
/// An entry that is not there is nothing to copy. `FileTooLarge` when there is more than the limit.
pub(crate) fn copy(
    from: BorrowedFd<'_>,
    to: BorrowedFd<'_>,
    name: &CStr,
    with: CopyOptions,
    count: &mut Count,
) -> io::Result<()> {
    copy_entry(from, to, name, with, count, MAX_DEPTH)
}

/// Bytes used on the disk by all in the folder.
pub(crate) fn disk_usage(path: &Path) -> io::Result<u64> {
    let mut count = Count::default();
    let folder = match open(path) {
        Ok(folder) => folder,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    measure(folder.as_fd(), &mut count, MAX_DEPTH)?;
    Ok(count.bytes)
}

/// The names in a folder, without the two dots.
pub(crate) fn names(folder: BorrowedFd<'_>) -> io::Result<Vec<CString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name != c"." && name != c".." {
            names.push(name.to_owned());
        }
        if names.len() > MAX_ENTRIES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
    }
    Ok(names)
}

fn copy_entry(
    from: BorrowedFd<'_>,
    to: BorrowedFd<'_>,
    name: &CStr,
    with: CopyOptions,
    count: &mut Count,
    depth: usize,
) -> io::Result<()> {
    let Some(stat) = stat(from, name)? else {
        return Ok(());
    };
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => copy_file(from, to, name, with, count),
        FileType::Directory if depth > 0 => {
            count.add(0, with.limit)?;
            let inner_from = sys::openat(from, name, folder_flags(), Mode::empty())?;
            sys::mkdirat(to, name, Mode::RWXU)?;
            let inner_to = sys::openat(to, name, folder_flags(), Mode::empty())?;
            for inner in names(inner_from.as_fd())? {
                copy_entry(inner_from.as_fd(), inner_to.as_fd(), &inner, with, count, depth - 1)?;
            }
            finish(&inner_to, with)
        }
        _ => Ok(()),
    }
}

fn copy_file(
    from: BorrowedFd<'_>,
    to: BorrowedFd<'_>,
    name: &CStr,
    with: CopyOptions,
    count: &mut Count,
) -> io::Result<()> {
    // O_NONBLOCK: should it have become a pipe since, opening it must not wait.
    let source =
        sys::openat(from, name, OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())?;
    let stat = sys::fstat(&source)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Ok(());
    }
    let room = with.limit.map_or(u64::MAX, |limit| limit.saturating_sub(count.bytes));
    let create = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let target = sys::openat(to, name, create, Mode::RUSR | Mode::WUSR)?;
    let mut target = File::from(target);
    let mut source = io::Read::take(File::from(source), room.saturating_add(1));
    let copied = io::copy(&mut source, &mut target)?;
    count.add(copied, with.limit)?;
    finish(&target, with)
}

/// Gives a copy to its owner and, when told, sees it to the disk.
pub(crate) fn finish(fd: &impl AsFd, with: CopyOptions) -> io::Result<()> {
    if let Some(id) = with.owner {
        sys::fchown(fd, Some(sys::Uid::from_raw(id)), Some(sys::Gid::from_raw(id)))?;
    }
    if with.sync {
        sys::fsync(fd)?;
    }
    Ok(())
}

fn measure(folder: BorrowedFd<'_>, count: &mut Count, depth: usize) -> io::Result<()> {
    for name in names(folder)? {
        let Some(stat) = stat(folder, &name)? else {
            continue;
        };
        count.add(u64::try_from(stat.st_blocks).unwrap_or(0) * 512, None)?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::Directory && depth > 0 {
            match sys::openat(folder, &name, folder_flags(), Mode::empty()) {
                Ok(inner) => measure(inner.as_fd(), count, depth - 1)?,
                Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR | rustix::io::Errno::LOOP) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

fn stat(folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Option<sys::Stat>> {
    match sys::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(rustix::io::Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn folder_flags() -> OFlags {
    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    fn copy_of(source: &Path, target: &Path, limit: Option<u64>) -> io::Result<u64> {
        let (from, to) = (open(source)?, open(target)?);
        let mut count = Count::default();
        let with = CopyOptions { limit, ..CopyOptions::default() };
        for name in names(from.as_fd())? {
            copy(from.as_fd(), to.as_fd(), &name, with, &mut count)?;
        }
        Ok(count.bytes)
    }

    #[test]
    fn files_are_copied_and_links_and_pipes_are_not() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir(from.path().join("a")).unwrap();
        fs::write(from.path().join("a/b"), "12345").unwrap();
        symlink("/etc/passwd", from.path().join("link")).unwrap();
        symlink("/etc", from.path().join("folder")).unwrap();
        sys::mknodat(sys::CWD, from.path().join("pipe"), FileType::Fifo, Mode::RUSR, 0).unwrap();
        assert_eq!(copy_of(from.path(), to.path(), None).unwrap(), 5);
        assert_eq!(fs::read(to.path().join("a/b")).unwrap(), b"12345");
        assert_eq!(fs::read_dir(to.path()).unwrap().count(), 1);
    }

    #[test]
    fn more_than_the_limit_is_refused() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(from.path().join("big"), vec![0; 5000]).unwrap();
        let error = copy_of(from.path(), to.path(), Some(4999)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        assert!(disk_usage(from.path()).unwrap() >= 5000);
    }
}
