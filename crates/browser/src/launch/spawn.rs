//! From a plan to a process: the one place where code runs between fork and exec.
//!
//! The order matters: the cgroup is entered while still root and before a single instruction of the browser; the session
//! folder is put where the session's user can reach it; then the user is dropped for good. Nothing in the closure may
//! allocate or take a lock (another thread may have held it at the fork).

use std::{
    ffi::{CString, OsString},
    fs::File,
    io,
    os::{
        fd::{BorrowedFd, OwnedFd},
        unix::process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{ChildStderr, Command, Stdio},
    sync::OnceLock,
    thread,
};

use command_fds::{CommandFdExt as _, FdMapping};
use rustix::{
    fs::{Gid, Uid},
    mount::{MountPropagationFlags, mount_bind, mount_change},
    process::{Resource, Rlimit, setrlimit, setsid},
    thread::{UnshareFlags, set_thread_groups, set_thread_res_gid, set_thread_res_uid, unshare_unsafe},
};
use tokio::sync::{mpsc, oneshot};

/// Launches that wait for the spawning thread; more wait for a place.
const QUEUE: usize = 64;

/// What is done in the child before the program starts.
#[derive(Default)]
pub(crate) struct Entry {
    /// `cgroup.procs` of each hierarchy.
    pub(crate) cgroups: Vec<File>,
    /// User and group to become.
    pub(crate) uid: Option<u32>,
    /// In a mount namespace of its own: this folder shows up there as well, so that the session's user reaches it although
    /// it may not pass through the folders above.
    pub(crate) bind: Option<(PathBuf, &'static str)>,
}

/// A process to start.
pub(crate) struct Plan {
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<OsString>,
    pub(crate) env: Vec<(&'static str, OsString)>,
    pub(crate) current_dir: Option<PathBuf>,
    /// Our descriptor, and its number in the child.
    pub(crate) fds: Vec<(OwnedFd, i32)>,
    pub(crate) entry: Entry,
}

/// A started process. It is not waited for here.
pub(crate) struct Spawned {
    pub(crate) pid: u32,
    pub(crate) stderr: ChildStderr,
}

type Job = (Plan, oneshot::Sender<io::Result<Spawned>>);

/// Starts the process from the one thread that never ends: bubblewrap's `--die-with-parent` means the thread.
pub(crate) async fn spawn(plan: Plan) -> io::Result<Spawned> {
    static THREAD: OnceLock<mpsc::Sender<Job>> = OnceLock::new();
    let (reply, spawned) = oneshot::channel();
    let sent = THREAD.get_or_init(start_thread).send((plan, reply)).await;
    let gone = || io::Error::other("the spawning thread has ended");
    sent.map_err(|_| gone())?;
    spawned.await.unwrap_or_else(|_| Err(gone()))
}

fn start_thread() -> mpsc::Sender<Job> {
    let (sender, mut jobs) = mpsc::channel::<Job>(QUEUE);
    let run = move || {
        seal_inherited();
        while let Some((plan, reply)) = jobs.blocking_recv() {
            if let Err(Ok(spawned)) = reply.send(start(plan)) {
                abandon(spawned.pid);
            }
        }
    };
    if let Err(error) = thread::Builder::new().name("hangar-spawn".to_owned()).spawn(run) {
        tracing::error!(%error, "the spawning thread could not be started");
    }
    sender
}

/// What the server itself was started with (a shell's or a supervisor's descriptors) does not go on to browsers. All
/// that is opened later closes itself on exec.
#[expect(unsafe_code, reason = "a descriptor that nobody in this process owns can only be named by its number")]
fn seal_inherited() {
    let entries = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    for number in numbers.filter(|number| *number > 2) {
        // SAFETY: only a flag is set, which all of our own descriptors have anyway; one closed since is an error that is
        // passed over.
        let fd = unsafe { BorrowedFd::borrow_raw(number) };
        let _ = rustix::io::fcntl_setfd(fd, rustix::io::FdFlags::CLOEXEC);
    }
}

/// Nobody waits for this child any more, which nobody has reaped: its pipes are closed with the launch that was given up,
/// so it ends; reap it.
pub(super) fn abandon(pid: u32) {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    let Some(pid) = pid else { return };
    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    let _ = rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::empty());
}

fn start(plan: Plan) -> io::Result<Spawned> {
    let mut command = Command::new(&plan.program);
    command.args(&plan.args).env_clear().envs(plan.env);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    if let Some(folder) = &plan.current_dir {
        command.current_dir(folder);
    }
    prepare(&mut command, plan.entry)?;
    let fds = plan.fds.into_iter().map(|(parent_fd, child_fd)| FdMapping { parent_fd, child_fd });
    command.fd_mappings(fds.collect()).map_err(io::Error::other)?;
    let mut child = command.spawn()?;
    let stderr = child.stderr.take().ok_or_else(|| io::Error::other("no pipe for what the browser prints"))?;
    Ok(Spawned { pid: child.id(), stderr })
}

#[expect(unsafe_code, reason = "pre_exec is the only way to act in the child between fork and exec")]
fn prepare(command: &mut Command, entry: Entry) -> io::Result<()> {
    let bind = match &entry.bind {
        Some((source, target)) => Some((c_string(source)?, c_string(Path::new(target))?)),
        None => None,
    };
    let enter = move || {
        for procs in &entry.cgroups {
            rustix::io::write(procs, b"0")?;
        }
        if let Some((source, target)) = &bind {
            // SAFETY: the child has one thread and shares nothing that the new mount namespace could take from another.
            unsafe { unshare_unsafe(UnshareFlags::NEWNS)? };
            mount_change(c"/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
            mount_bind(source.as_c_str(), target.as_c_str())?;
        }
        // What a crash leaves in memory is the tenant's: it does not go to the disk.
        setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
        setsid()?;
        if let Some(id) = entry.uid {
            let (uid, gid) = (Uid::from_raw(id), Gid::from_raw(id));
            set_thread_groups(&[])?;
            set_thread_res_gid(gid, gid, gid)?;
            set_thread_res_uid(uid, uid, uid)?;
        }
        Ok(())
    };
    // SAFETY: between fork and exec the closure makes system calls only, on descriptors and strings that were made before.
    unsafe { command.pre_exec(enter) };
    Ok(())
}

fn c_string(path: &Path) -> io::Result<CString> {
    Ok(CString::new(path.as_os_str().as_encoded_bytes())?)
}
