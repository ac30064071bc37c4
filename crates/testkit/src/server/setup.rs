//! How a server is started, and how many may be there at once.

use std::{path::PathBuf, process::Stdio};

use tokio::{
    process::Command,
    sync::{Semaphore, SemaphorePermit},
};

use super::KEY;

/// Servers with browsers at once: the machine is shared.
static SERVERS: Semaphore = Semaphore::const_new(2);

/// A place for a server with browsers.
pub type Place = SemaphorePermit<'static>;

/// Waits for a place.
pub async fn place() -> Place {
    SERVERS.acquire().await.expect("it is never closed")
}

/// How a server is started.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The program.
    pub binary: PathBuf,
    /// What runs it, such as `prlimit --nofile=256`.
    pub wrapper: Vec<String>,
    /// Flags behind those that every test needs.
    pub args: Vec<String>,
    /// Variables; of our own it gets only PATH.
    pub env: Vec<(String, String)>,
    /// Where it keeps everything.
    pub data_dir: PathBuf,
}

impl Setup {
    /// A server of `binary` that keeps everything in `data_dir`.
    #[must_use]
    pub fn new(binary: PathBuf, data_dir: PathBuf) -> Self {
        Self { binary, wrapper: Vec::new(), args: Vec::new(), env: Vec::new(), data_dir }
    }

    /// With these flags.
    #[must_use]
    pub fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(|arg| (*arg).to_owned()));
        self
    }

    pub(super) fn command(&self) -> Command {
        let program = self.wrapper.first().map_or(self.binary.as_os_str(), |wrapper| wrapper.as_ref());
        let mut command = Command::new(program);
        if !self.wrapper.is_empty() {
            command.args(&self.wrapper[1..]).arg(&self.binary);
        }
        command.args(["serve", "--listen=127.0.0.1:0"]);
        if !self.args.iter().any(|arg| arg.starts_with("--egress-allow")) {
            command.arg("--egress-allow=127.0.0.0/8");
        }
        if !self.args.iter().any(|arg| arg.starts_with("--pool")) {
            command.arg("--pool=1");
        }
        command.arg("--bootstrap-key").arg(KEY).arg("--data-dir").arg(&self.data_dir).args(&self.args);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }
}
