//! The steps of one launch, and the way back from each.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::{
    EGRESS_PORT, LaunchSpec, LauncherConfig, Version, fallback_uids, handshake,
    netns::Netns,
    pipe,
    plan::{self, DATA, WayOut, Wish},
    printed::Printed,
    spawn::{self, Spawned},
};
use crate::{
    error::Error,
    find::Binaries,
    isolation::{Bwrap, Level, uid::UidPool},
    process::{Browser, Held, Network},
    profile,
    session_dir::{self, BrowserPaths, Dirs, Record, SessionDir},
};

/// How long to wait for the end of a browser that closed its pipe, and for what it printed.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// What every launch of a launcher uses.
pub(super) struct Starter {
    config: LauncherConfig,
    sessions: PathBuf,
    uids: UidPool,
    bwrap: Option<Bwrap>,
    loose_ends: TaskTracker,
}

/// What the child got.
struct Started {
    pipe: pipe::Pipe,
    network: Network,
}

impl Starter {
    pub(super) fn new(config: LauncherConfig, loose_ends: TaskTracker) -> Result<Self, Error> {
        let sessions = session_dir::make_sessions(&config.data_dir)?;
        let uids = UidPool::open(&fallback_uids(&config.data_dir))?;
        Ok(Self { config, sessions, uids, bwrap: Bwrap::find(), loose_ends })
    }

    pub(super) fn binaries(&self) -> &Binaries {
        &self.config.binaries
    }

    pub(super) fn level(&self) -> Level {
        self.config.isolation.level
    }

    pub(super) async fn launch(&self, spec: LaunchSpec, debugging_port: Option<u16>) -> Result<Browser, Error> {
        self.config.binaries.get(spec.binary)?;
        let mut held = self.take(&spec).await?;
        let mut printed = Printed::default();
        let launched =
            timeout(self.config.launch_timeout, self.start(&spec, debugging_port, &mut held, &mut printed)).await;
        let error = match launched {
            Ok(Ok((started, version))) => {
                return Ok(Browser::new(held, started.pipe, started.network, printed, version));
            }
            Ok(Err(error)) => error,
            Err(_) => Error::LaunchTimeout { after: self.config.launch_timeout, printed: printed.tail() },
        };
        undo(held).await;
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
        let mut held = Held::new(dir, uid, Dirs { host, browser }, self.loose_ends.clone());
        if let Err(error) = self.fill(spec, &name, owner, &mut held).await {
            undo(held).await;
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
        debugging_port: Option<u16>,
        held: &mut Held,
        printed: &mut Printed,
    ) -> Result<(Started, Version), Error> {
        let up = async {
            let mut started = self.spawn(spec, debugging_port, held, printed).await?;
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
        debugging_port: Option<u16>,
        held: &mut Held,
        printed: &mut Printed,
    ) -> io::Result<Started> {
        let (pipe, ends) = pipe::pair()?;
        let binary = &self.config.binaries.get(spec.binary).map_err(io::Error::other)?.path;
        let (dirs, uid) = (held.dirs(), held.uid());
        let wish = Wish { level: self.level(), kind: spec.binary, binary, dirs, uid, debugging_port };
        let (mut plan, way_out) = plan::make(&wish, self.bwrap.as_ref(), ends)?;
        if let Some(group) = &held.cgroup {
            plan.entry.cgroups = group.entries()?;
        }
        let Spawned { pid, stderr } = spawn::spawn(plan).await?;
        if let Err(error) = held.started(pid) {
            tokio::task::spawn_blocking(move || spawn::abandon(pid));
            return Err(error);
        }
        *printed = Printed::follow(stderr)?;
        let network = match way_out {
            WayOut::Listens(listener) => Network::new(None, listener),
            WayOut::Namespace(info) => {
                let netns = Netns::from_info(info).await?;
                let listener = netns.listen(EGRESS_PORT).await?;
                Network::new(Some(netns), listener)
            }
        };
        Ok(Started { pipe, network })
    }
}

async fn undo(held: Held) {
    if let Err(error) = held.give_back().await {
        tracing::warn!(%error, "a launch that failed left something for later");
    }
}
