//! A real server in a process of its own: started, spoken to as an operator, stopped, killed.
//!
//! It must never outlive its value, and never leave its browsers behind: dropped, it is killed, and its browsers end with
//! their pipes.

mod api;
mod opened;
mod setup;

use std::{
    net::SocketAddr,
    process::ExitStatus,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, ChildStderr},
    task::JoinHandle,
    time::timeout,
};

pub use self::{
    api::Tenant,
    opened::{Opened, Opener},
    setup::{Place, Setup, place},
};
use crate::{census::Census, wait::PATIENCE};

/// The operator's secret.
pub const KEY: &str = "test-bootstrap-key-0123456789abcdef";

/// Lines of the log that are kept.
const LOG_LINES: usize = 20_000;

/// A running server.
pub struct Server {
    child: Child,
    pid: Pid,
    address: SocketAddr,
    setup: Setup,
    log: Arc<Mutex<Vec<String>>>,
    /// Until all of the log is there.
    logger: Option<JoinHandle<()>>,
    census: Census,
    opened: Opener,
    is_buried: bool,
}

impl Server {
    /// Starts it and waits for its ready line.
    ///
    /// # Errors
    /// Where it does not say that it is ready; with its log.
    pub async fn start(setup: Setup) -> anyhow::Result<Self> {
        let mut child = setup.command().spawn().context("cannot start the server")?;
        let pid = child.id().and_then(|pid| Pid::from_raw(pid.cast_signed())).context("it has ended")?;
        let log = Arc::new(Mutex::new(Vec::new()));
        let stderr = BufReader::new(child.stderr.take().context("no stderr")?);
        let logger = Some(tokio::spawn(keep(stderr, log.clone())));
        let stdout = child.stdout.take().context("no stdout")?;
        let mut lines = BufReader::new(stdout).lines();
        let line = timeout(PATIENCE, lines.next_line()).await.context("no ready line")??;
        let address = line.as_deref().and_then(|line| line.strip_prefix("hangar ready http://"));
        let Some(address) = address else {
            let status = child.wait().await?;
            bail!("it ended with {status}, saying {line:?} and\n{}", lock(&log).join("\n"));
        };
        let address = address.parse()?;
        let census = Census::follow(&setup.data_dir);
        Ok(Self { child, pid, address, setup, log, logger, census, opened: Opener::default(), is_buried: false })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// How it was started.
    #[must_use]
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// What it left on the machine so far.
    #[must_use]
    pub fn census(&self) -> &Census {
        &self.census
    }

    /// What it has logged.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        lock(&self.log).clone()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).expect("the server is ours and not reaped");
    }

    /// Waits for its end, and until its log is whole.
    ///
    /// # Errors
    /// Where it does not end in time.
    pub async fn ended(&mut self) -> anyhow::Result<ExitStatus> {
        let status = timeout(PATIENCE, self.child.wait()).await.context("the server does not end")??;
        if let Some(logger) = self.logger.take() {
            timeout(PATIENCE, logger).await.context("somebody else holds the server's standard error")??;
        }
        Ok(status)
    }

    /// Kills it, and waits until it is reaped; what it opened and where it stood.
    ///
    /// # Errors
    /// As [`Server::ended`].
    pub async fn kill(mut self) -> anyhow::Result<(Setup, Census, Vec<Opened>)> {
        self.signal(Signal::KILL);
        self.ended().await?;
        let kept = (self.setup.clone(), self.census.clone(), self.opened());
        // What it has left is for the next server to find.
        self.is_buried = true;
        Ok(kept)
    }

    /// The last lines of its log.
    #[must_use]
    pub fn tail(&self) -> String {
        let log = lock(&self.log);
        log[log.len().saturating_sub(40)..].join("\n")
    }
}

impl Drop for Server {
    /// A server that is killed cannot put its browsers away; they end with it, and a launch in the middle is ended here.
    fn drop(&mut self) {
        // It may have been reaped already.
        let _gone = self.child.start_kill();
        if !self.is_buried {
            self.census.bury();
        }
    }
}

async fn keep(stderr: BufReader<ChildStderr>, log: Arc<Mutex<Vec<String>>>) {
    let mut lines = stderr.lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let mut log = lock(&log);
        if log.len() < LOG_LINES {
            log.push(line);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
