//! Hangar itself as a process of its own: started on a free port and an empty folder, stopped with SIGTERM.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::{World, cdp::Endpoint, proc};

/// Opens everything on the servers that are measured; they listen on loopback and live for a minute.
const KEY: &str = "bench-bootstrap-key-0123456789abcdef";

const READY: Duration = Duration::from_secs(60);
const SETTLED: Duration = Duration::from_secs(120);

/// What a browser of Hangar's is started with.
#[derive(Clone, Default)]
pub(crate) struct Model {
    /// Without those of the pipe, the folder and the proxy.
    pub(crate) flags: Vec<String>,
    /// Its control groups: on a busy machine they decide what share of the processor it gets.
    pub(crate) groups: Vec<PathBuf>,
}

/// A running server; ended with it, its folder too unless it is another's.
pub(crate) struct Hangar {
    process: Child,
    pub(crate) address: SocketAddr,
    /// Owned here unless the caller brought a folder.
    _folder: Option<tempfile::TempDir>,
}

impl Hangar {
    pub(crate) fn start(world: &World, more: &[&str]) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut hangar = Self::start_in(world, folder.path(), more)?;
        hangar._folder = Some(folder);
        Ok(hangar)
    }

    pub(crate) fn start_in(world: &World, folder: &Path, more: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new(&world.hangar);
        command.args(["serve", "--listen", "127.0.0.1:0", "--bootstrap-key", KEY, "--egress-allow", "127.0.0.0/8"]);
        command.arg("--data-dir").arg(folder);
        if !more.contains(&"--headless-shell") {
            command.arg("--headless-shell").arg(&world.shell);
        }
        command.args(more).env("HANGAR_DRAIN_TIMEOUT", "1").env("RUST_LOG", "warn");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().with_context(|| format!("starting {}", world.hangar.display()))?;
        let address = match ready(&mut process) {
            Ok(address) => address,
            Err(error) => {
                let _ended = process.kill().and_then(|()| process.wait());
                return Err(error);
            }
        };
        Ok(Self { process, address, _folder: None })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        self.endpoint_for(KEY)
    }

    pub(crate) fn endpoint_for(&self, key: &str) -> Endpoint {
        Endpoint { address: self.address, target: format!("/?token={key}&--proxy-server=direct%3A%2F%2F") }
    }

    /// The operator's key.
    pub(crate) fn key(&self) -> String {
        KEY.to_owned()
    }

    /// The address of a session's REST operations.
    pub(crate) fn session_url(&self, session: &str) -> String {
        format!("http://{}/api/sessions/{session}", self.address)
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}{}", self.address, self.endpoint().target)
    }

    /// One request on a connection of its own; the body of a 2xx answer.
    pub(crate) fn request(&self, method: &str, path: &str, body: &str) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(READY))?;
        let address = self.address;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {KEY}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("an answer without a head")?;
        if !head.starts_with("HTTP/1.1 2") {
            bail!("{method} {path}: {head}: {body}");
        }
        Ok(body.to_owned())
    }

    /// An account of its own, unlimited; its key.
    pub(crate) fn account(&self) -> anyhow::Result<String> {
        let account = r#"{"name":"bench","plan":{"kind":"unlimited"}}"#;
        let account: serde_json::Value =
            serde_json::from_str(&self.request("POST", "/operator/v1/accounts", account)?)?;
        let id = account["id"].as_str().context("an account without an id")?;
        let key =
            self.request("POST", &format!("/operator/v1/accounts/{id}/keys"), r#"{"name":"k","level":"write"}"#)?;
        let key: serde_json::Value = serde_json::from_str(&key)?;
        Ok(key["secret"].as_str().context("a key without a secret")?.to_owned())
    }

    /// Waits until every place in the pool is filled and `live` sessions run.
    pub(crate) fn settled(&self, live: usize) -> anyhow::Result<()> {
        let deadline = Instant::now() + SETTLED;
        loop {
            let metrics = self.request("GET", "/metrics", "")?;
            let gauge = |name: &str| {
                let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
                line.and_then(|value| value.trim().parse::<usize>().ok())
            };
            if gauge("hangar_pool_warm") >= gauge("hangar_pool_size") && gauge("hangar_sessions_live") == Some(live) {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("the pool did not fill, or not {live} sessions run:\n{metrics}");
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The isolation level, as `/healthz` tells it.
    pub(crate) fn isolation(&self) -> anyhow::Result<String> {
        let health: serde_json::Value = serde_json::from_str(&self.request("GET", "/healthz", "")?)?;
        Ok(health["isolation"].as_str().unwrap_or("?").to_owned())
    }

    /// How its browsers are started, so that the bare one can be started alike.
    pub(crate) fn model(&self) -> anyhow::Result<Model> {
        const OWN: [&str; 4] = ["--remote-debugging-pipe", "--user-data-dir", "--proxy-server", "--proxy-bypass-list"];
        let browsers = proc::descendants(self.pid()).into_iter().map(|pid| (pid, proc::arguments(pid)));
        let is_browser = |arguments: &[String]| {
            arguments.iter().any(|argument| argument == OWN[0])
                && !arguments.iter().any(|argument| argument.starts_with("--type=") || argument == "--unshare-pid")
        };
        let mut browsers = browsers.filter(|(_, arguments)| is_browser(arguments));
        let (pid, arguments) = browsers.next().context("the server has no browser")?;
        let flags = arguments.into_iter().skip(1).filter(|flag| OWN.iter().all(|own| !flag.starts_with(own)));
        Ok(Model { flags: flags.collect(), groups: proc::groups(pid) })
    }
}

impl Drop for Hangar {
    fn drop(&mut self) {
        // It drains, ends its browsers and goes; nothing is to be done about one that does not.
        let pid = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw);
        let _asked = pid.map(|pid| kill_process(pid, Signal::TERM));
        let _ended = self.process.wait();
    }
}

/// Waits for the ready line.
fn ready(process: &mut Child) -> anyhow::Result<SocketAddr> {
    let output = process.stdout.take().context("no standard output")?;
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some(address) = line.strip_prefix("hangar ready http://") {
                let _given_up = sender.try_send(address.trim().to_owned());
            }
        }
    });
    let address = receiver.recv_timeout(READY).context("the server did not become ready")?;
    Ok(address.parse()?)
}
