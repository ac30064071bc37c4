//! From a level to the process that is started: which program, as whom, with which way out.

use std::{ffi::OsString, io, net::TcpListener, os::fd::OwnedFd, path::Path};

use rustix::pipe::{PipeFlags, pipe_with};

use super::{
    EGRESS_PORT,
    argv::{self, ArgvSpec},
    pipe::BrowserEnds,
    spawn::{Entry, Plan},
};
use crate::{
    find::BinaryKind,
    isolation::{Bwrap, BwrapArgs, Level},
    session_dir::{BrowserPaths, Dirs},
};

/// Where a browser at L3 sees its folder.
pub(super) const DATA: &str = "/data";
/// An empty folder of every distribution (FHS 3.0 §3.12), covered in the child's own mount namespace.
const MOUNT_POINT: &str = "/mnt";
/// The descriptor that bubblewrap writes to.
const INFO_FD: i32 = 5;

/// What is to be started.
pub(super) struct Wish<'a> {
    pub(super) level: Level,
    pub(super) kind: BinaryKind,
    pub(super) binary: &'a Path,
    pub(super) dirs: &'a Dirs,
    pub(super) uid: Option<u32>,
    /// For a browser that no client gets; only at L3.
    pub(super) debugging_port: Option<u16>,
}

/// Where the browser's egress endpoint is.
pub(super) enum WayOut {
    /// On the machine's loopback, already listening.
    Listens(TcpListener),
    /// In a namespace that bubblewrap makes, and tells of here.
    Namespace(OwnedFd),
}

/// Plans the process.
pub(super) fn make(wish: &Wish<'_>, bwrap: Option<&Bwrap>, ends: BrowserEnds) -> io::Result<(Plan, WayOut)> {
    let fds = vec![(ends.reads, 3), (ends.writes, 4)];
    if wish.level != Level::L3 {
        return beside_the_host(wish, fds);
    }
    let bwrap = bwrap.ok_or_else(|| io::Error::other("bubblewrap (bwrap) is not installed"))?;
    inside_namespaces(wish, bwrap, fds)
}

fn beside_the_host(wish: &Wish<'_>, fds: Vec<(OwnedFd, i32)>) -> io::Result<(Plan, WayOut)> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let plan = Plan {
        program: wish.binary.to_path_buf(),
        args: arguments(wish, listener.local_addr()?.port()),
        env: environment(&wish.dirs.browser),
        current_dir: Some(wish.dirs.host.root.clone()),
        fds,
        entry: Entry { uid: wish.uid, ..Entry::default() },
    };
    Ok((plan, WayOut::Listens(listener)))
}

fn inside_namespaces(wish: &Wish<'_>, bwrap: &Bwrap, mut fds: Vec<(OwnedFd, i32)>) -> io::Result<(Plan, WayOut)> {
    let (info, info_end) = pipe_with(PipeFlags::CLOEXEC)?;
    fds.push((info_end, INFO_FD));
    let source = Path::new(MOUNT_POINT);
    let data = &wish.dirs.browser.root;
    let mut args = bwrap.args(&BwrapArgs { binary: wish.binary, source, data, info_fd: INFO_FD });
    args.extend(arguments(wish, EGRESS_PORT));
    let plan = Plan {
        program: bwrap.path().to_path_buf(),
        args,
        env: environment(&wish.dirs.browser),
        current_dir: None,
        fds,
        entry: Entry { uid: wish.uid, bind: Some((wish.dirs.host.root.clone(), MOUNT_POINT)), ..Entry::default() },
    };
    Ok((plan, WayOut::Namespace(info)))
}

fn arguments(wish: &Wish<'_>, proxy_port: u16) -> Vec<OsString> {
    let sandbox = wish.level.sandbox();
    let debugging_port = wish.debugging_port;
    argv::build(&ArgvSpec { kind: wish.kind, paths: &wish.dirs.browser, proxy_port, sandbox, debugging_port })
}

/// The whole environment of a browser; nothing of the server's own comes through.
fn environment(paths: &BrowserPaths) -> Vec<(&'static str, OsString)> {
    vec![
        ("HOME", paths.root.clone().into()),
        ("TMPDIR", paths.tmp.clone().into()),
        ("XDG_CACHE_HOME", paths.tmp.join("cache").into()),
        ("XDG_CONFIG_HOME", paths.tmp.join("config").into()),
        ("LANG", "C.UTF-8".into()),
        ("TZ", "UTC".into()),
        ("PATH", "/usr/bin:/bin".into()),
    ]
}
