//! Starting a browser: user, folder, group, pipes, process, network, first answer; or nothing of it is left.
//!
//! Everything that a launch has taken is in one value from the first step, whose end gives all of it back, so that a
//! launch that fails, times out or is given up leaks nothing.

use std::{
    ffi::OsString,
    io,
    net::TcpListener,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use hangar_domain::Random;
use rustix::pipe::{PipeFlags, pipe_with};
use tokio::time::timeout;

pub(crate) mod argv;
pub(crate) mod handshake;
pub(crate) mod netns;
pub(crate) mod pipe;
pub(crate) mod printed;
pub(crate) mod spawn;

pub use handshake::Version;

use crate::{
    error::Error,
    find::{Binaries, BinaryKind},
    isolation::{Bwrap, BwrapArgs, Isolation, Level, Limits, uid::UidPool},
    process::{Browser, Held, Network},
    profile,
    session_dir::{self, BrowserPaths, Dirs, Record, SessionDir},
};
use argv::ArgvSpec;
use netns::Netns;
use pipe::BrowserEnds;
use printed::Printed;
use spawn::{Entry, Plan, Spawned};

/// Where the egress endpoint of a browser at L3 listens, inside its namespace.
pub const EGRESS_PORT: u16 = 3128;
/// Where a browser at L3 sees its folder.
const DATA: &str = "/data";
/// An empty folder of every distribution (FHS 3.0 §3.12), covered in the child's own mount namespace.
const MOUNT_POINT: &str = "/mnt";
/// How long to wait for the end of a browser that closed its pipe, and for what it printed.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// The descriptor that bubblewrap writes to.
const INFO_FD: i32 = 5;

/// What a launcher needs to know.
pub struct LauncherConfig {
    /// The browsers of this machine.
    pub binaries: Binaries,
    /// How they are kept apart.
    pub isolation: Isolation,
    /// The server's data folder.
    pub data_dir: PathBuf,
    /// For the names of session folders.
    pub random: Arc<dyn Random>,
    /// How long a browser may take to answer; 10 s is plenty on a machine that is not lost.
    pub launch_timeout: Duration,
}

/// One browser to start.
#[derive(Clone, Debug)]
pub struct LaunchSpec {
    /// Which.
    pub binary: BinaryKind,
    /// A saved profile that is copied in first.
    pub restore: Option<PathBuf>,
    /// What it may use.
    pub limits: Limits,
}

/// Starts browsers. Clones are the same launcher.
#[derive(Clone)]
pub struct Launcher(Arc<Starter>);

struct Starter {
    config: LauncherConfig,
    sessions: PathBuf,
    uids: UidPool,
    bwrap: Option<Bwrap>,
}

/// What the child got.
struct Started {
    pipe: pipe::Pipe,
    network: Network,
}

impl Launcher {
    /// Makes the folder of the sessions and opens the pool of users.
    ///
    /// # Errors
    /// [`Error::Io`] when the data folder or the locks cannot be made.
    pub fn new(config: LauncherConfig) -> Result<Self, Error> {
        let sessions = session_dir::make_sessions(&config.data_dir)?;
        let uids = UidPool::open(&fallback_uids(&config.data_dir))?;
        Ok(Self(Arc::new(Starter { config, sessions, uids, bwrap: Bwrap::find() })))
    }

    /// The level that browsers are started at.
    #[must_use]
    pub fn level(&self) -> Level {
        self.0.config.isolation.level
    }

    /// The browsers of this machine.
    #[must_use]
    pub fn binaries(&self) -> &Binaries {
        &self.0.config.binaries
    }

    /// Starts a browser and waits for its first answer.
    ///
    /// # Errors
    /// [`Error::LaunchFailed`] and [`Error::LaunchTimeout`] with what it printed last; [`Error::NoFreeUid`];
    /// [`Error::BinaryMissing`]; [`Error::Io`]. After an error nothing of the browser is left.
    pub async fn launch(&self, spec: LaunchSpec) -> Result<Browser, Error> {
        // A task of its own, so that a caller who gives up does not cut a launch in the middle: the browser is then made
        // and dropped, which ends it.
        let starter = Arc::clone(&self.0);
        let launched = tokio::spawn(async move { starter.launch(spec).await }).await;
        launched.unwrap_or_else(|error| Err(Error::io("launching a browser")(io::Error::other(error))))
    }
}

impl Starter {
    fn level(&self) -> Level {
        self.config.isolation.level
    }

    async fn launch(&self, spec: LaunchSpec) -> Result<Browser, Error> {
        let binary = self.config.binaries.get(spec.binary)?.path.clone();
        let mut held = self.take(&spec).await?;
        let mut printed = Printed::default();
        let launched = timeout(self.config.launch_timeout, self.start(&spec, &binary, &mut held, &mut printed)).await;
        let error = match launched {
            Ok(Ok((started, version))) => {
                return Ok(Browser::new(held, started.pipe, started.network, version));
            }
            Ok(Err(error)) => error,
            Err(_) => Error::LaunchTimeout { after: self.config.launch_timeout, printed: printed.tail() },
        };
        if let Err(error) = held.give_back().await {
            tracing::warn!(%error, "a launch that failed left something behind");
        }
        Err(error)
    }

    /// User, folder, group and the restored profile.
    async fn take(&self, spec: &LaunchSpec) -> Result<Held, Error> {
        let name = SessionDir::name(self.config.random.as_ref());
        let uid = if self.level().own_uid() { Some(self.uids.lease()?) } else { None };
        let cgroups = &self.config.isolation.cgroups;
        let record = Record { cgroups: cgroups.folders(&name), uid: uid.as_ref().map(|lease| lease.uid()) };
        let dir = SessionDir::create(&self.sessions, &name, &record).map_err(Error::io("making a session's folder"))?;
        let host = BrowserPaths::below(&dir.data());
        let browser = if self.level() == Level::L3 { BrowserPaths::below(Path::new(DATA)) } else { host.clone() };
        let owner = record.uid;
        let mut held = Held::new(dir, uid, Dirs { host, browser });
        if let Err(error) = self.fill(spec, &name, owner, &mut held).await {
            let _ = held.give_back().await;
            return Err(error);
        }
        Ok(held)
    }

    async fn fill(&self, spec: &LaunchSpec, name: &str, owner: Option<u32>, held: &mut Held) -> Result<(), Error> {
        if let Some(saved) = spec.restore.clone() {
            profile::restore(saved, held.dirs().host.profile.clone(), owner).await?;
        }
        let made = self.config.isolation.cgroups.make(name, &spec.limits);
        held.cgroup =
            Some(made.map_err(Error::io("making a session's cgroup"))?).filter(|group| !group.folders().is_empty());
        Ok(())
    }

    async fn start(
        &self,
        spec: &LaunchSpec,
        binary: &Path,
        held: &mut Held,
        printed: &mut Printed,
    ) -> Result<(Started, Version), Error> {
        let up = async {
            let mut started = self.spawn(spec, binary, held, printed).await?;
            let version = handshake::ask_version(&mut started.pipe).await?;
            Ok((started, version))
        };
        let error: io::Error = match up.await {
            Ok(up) => return Ok(up),
            Err(error) => error,
        };
        // How it ended says more than that its pipe was closed, and arrives a moment later, like its last words.
        let status = if held.is_started() { timeout(LAST_WORDS, held.exited()).await.ok() } else { None };
        let detail = status.map_or_else(|| error.to_string(), |status| format!("it ended with {status}"));
        let _ = timeout(LAST_WORDS, printed.ended()).await;
        Err(Error::LaunchFailed { detail, printed: printed.tail() })
    }

    async fn spawn(
        &self,
        spec: &LaunchSpec,
        binary: &Path,
        held: &mut Held,
        printed: &mut Printed,
    ) -> io::Result<Started> {
        let (pipe, ends) = pipe::pair()?;
        let (mut plan, listener, info) = self.plan(spec, binary, held, ends)?;
        plan.entry.cgroups = held.cgroup.as_ref().map_or_else(|| Ok(Vec::new()), |group| group.entries())?;
        let Spawned { pid, stderr } = spawn::spawn(plan).await?;
        held.started(pid)?;
        *printed = Printed::follow(stderr)?;
        let network = match (info, listener) {
            (Some(info), _) => {
                let netns = Netns::from_info(info).await?;
                let listener = netns.listen(EGRESS_PORT).await?;
                Network::new(Some(netns), listener)
            }
            (None, Some(listener)) => Network::new(None, listener),
            (None, None) => return Err(io::Error::other("no egress endpoint")),
        };
        Ok(Started { pipe, network })
    }

    /// The command line, and where its egress endpoint is: already there, or to be found through bubblewrap.
    fn plan(
        &self,
        spec: &LaunchSpec,
        binary: &Path,
        held: &Held,
        ends: BrowserEnds,
    ) -> io::Result<(Plan, Option<TcpListener>, Option<std::os::fd::OwnedFd>)> {
        let dirs = held.dirs();
        let mut fds = vec![(ends.reads, 3), (ends.writes, 4)];
        let env = environment(&dirs.browser);
        let sandbox = self.level().sandbox();
        let argv = |proxy_port| argv::build(&ArgvSpec { kind: spec.binary, paths: &dirs.browser, proxy_port, sandbox });
        if self.level() != Level::L3 {
            let listener = TcpListener::bind(("127.0.0.1", 0))?;
            listener.set_nonblocking(true)?;
            let args = argv(listener.local_addr()?.port());
            let entry = Entry { uid: held.uid(), ..Entry::default() };
            let current_dir = Some(dirs.host.root.clone());
            return Ok((
                Plan { program: binary.to_path_buf(), args, env, current_dir, fds, entry },
                Some(listener),
                None,
            ));
        }
        let bwrap = self.bwrap.as_ref().ok_or_else(|| io::Error::other("bubblewrap (bwrap) is not installed"))?;
        let (info, info_end) = pipe_with(PipeFlags::CLOEXEC)?;
        fds.push((info_end, INFO_FD));
        let source = Path::new(MOUNT_POINT);
        let mut args = bwrap.args(&BwrapArgs { binary, source, data: &dirs.browser.root, info_fd: INFO_FD });
        args.extend(argv(EGRESS_PORT));
        let entry = Entry { uid: held.uid(), bind: Some((dirs.host.root.clone(), MOUNT_POINT)), ..Entry::default() };
        Ok((Plan { program: bwrap.path().to_path_buf(), args, env, current_dir: None, fds, entry }, None, Some(info)))
    }
}

/// Where the locks of user ids are when the machine's lock folders are not ours.
pub(crate) fn fallback_uids(data_dir: &Path) -> PathBuf {
    data_dir.join("uids")
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
