//! Chromium without Hangar: on its own WebSocket port, or cold on its pipe.
//!
//! It gets the flags of Hangar's own browsers, and where this process is root a user of its own, so that its sandbox is
//! on as it is behind Hangar. It must never be compared with a browser that has less to do.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::Context as _;
use command_fds::{CommandFdExt as _, FdMapping};

use crate::{World, cdp::Endpoint, hangar::Model, pipe::Pipe, proc};

/// Whom the browser runs as when this process is root: `nobody` of every Linux.
const NOBODY: u32 = 65_534;

const READY: Duration = Duration::from_secs(30);

/// A running browser; killed with all its processes when dropped.
pub(crate) struct Bare {
    process: Child,
    folder: tempfile::TempDir,
}

/// Where a browser is started: made before the clock runs.
pub(crate) struct Launch {
    command: Command,
    folder: tempfile::TempDir,
    groups: Vec<PathBuf>,
}

impl Launch {
    pub(crate) fn prepare(world: &World, model: &Model) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("hangar-bare-").tempdir()?;
        let mut command = Command::new(&world.shell);
        command.args(&model.flags).arg(format!("--user-data-dir={}", folder.path().join("profile").display()));
        command.env_clear().env("HOME", folder.path()).env("TMPDIR", folder.path()).env("PATH", "/usr/bin:/bin");
        command.env("LANG", "C.UTF-8").env("TZ", "UTC");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        if rustix::process::geteuid().is_root() {
            chown(folder.path(), Some(NOBODY), Some(NOBODY))?;
            command.uid(NOBODY).gid(NOBODY);
        }
        Ok(Self { command, folder, groups: model.groups.clone() })
    }

    /// Starts it on a port of its own choice.
    pub(crate) fn on_port(mut self) -> anyhow::Result<(Bare, Endpoint)> {
        self.command.arg("--remote-debugging-port=0").stderr(Stdio::piped());
        let process = self.command.spawn().context("starting the bare browser")?;
        let mut bare = Bare { process, folder: self.folder };
        let errors = bare.process.stderr.take().context("no standard error")?;
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                if let Some((_, url)) = line.split_once("DevTools listening on ws://") {
                    let _given_up = sender.try_send(url.trim().to_owned());
                }
            }
        });
        let url = receiver.recv_timeout(READY).context("the bare browser does not listen")?;
        bare.join(&self.groups);
        let (host, target) = url.split_once('/').context("a URL without a path")?;
        let address: SocketAddr = host.parse()?;
        Ok((bare, Endpoint { address, target: format!("/{target}") }))
    }

    /// Starts it on a pipe and waits for its first answer.
    pub(crate) fn first_reply_on_pipe(mut self) -> anyhow::Result<Bare> {
        let (mut pipe, reads, writes) = Pipe::new()?;
        let fds = [(reads, 3), (writes, 4)].map(|(parent_fd, child_fd)| FdMapping { parent_fd, child_fd });
        self.command.arg("--remote-debugging-pipe").fd_mappings(fds.into())?;
        let process = self.command.spawn().context("starting the bare browser")?;
        // The child's ends are closed here with the command, so that its death ends the pipe.
        drop(self.command);
        let bare = Bare { process, folder: self.folder };
        pipe.ask(r#"{"id":1,"method":"Browser.getVersion"}"#)?;
        Ok(bare)
    }
}

impl Bare {
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Puts all of its processes where Hangar's are: it gets the same share of a busy machine.
    fn join(&self, groups: &[PathBuf]) {
        let pids = proc::descendants(self.pid()).into_iter().chain([self.pid()]);
        let places = pids.flat_map(|pid| groups.iter().map(move |group| (group, pid.to_string())));
        // Without the right to it there are no groups behind Hangar either.
        places.for_each(|(group, pid)| drop(fs::write(group, pid)));
    }

    /// For the lifetime of the browser.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let group = i32::try_from(self.process.id()).ok().and_then(rustix::process::Pid::from_raw);
        let _asked = group.map(|group| rustix::process::kill_process_group(group, rustix::process::Signal::KILL));
        let _ended = self.process.wait();
        // The folder's own end comes too early for what a dying renderer still writes; a second try costs nothing.
        let _emptied = fs::remove_dir_all(self.folder());
    }
}
