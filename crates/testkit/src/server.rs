//! A real server in a process of its own: started, spoken to as an operator, stopped, killed.
//!
//! It must never outlive its value, and never leave its browsers behind: dropped, it is killed, and its browsers end with
//! their pipes.

use std::{
    net::SocketAddr,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    sync::{Semaphore, SemaphorePermit},
    task::JoinHandle,
    time::timeout,
};

use crate::{
    census::Census,
    client::{Client, Lifetime, Refused},
    http::{self, Reply},
    wait::{PATIENCE, eventually},
};

/// The operator's secret.
pub const KEY: &str = "test-bootstrap-key-0123456789abcdef";

/// Lines of the log that are kept.
const LOG_LINES: usize = 20_000;

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

    fn command(&self) -> Command {
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

/// An account with a key.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// The account's id.
    pub id: String,
    /// The key's.
    pub key_id: String,
    /// The secret.
    pub token: String,
}

/// A session that a test has opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Whose.
    pub token: String,
    /// From when to when.
    pub lifetime: Arc<Mutex<Lifetime>>,
}

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

/// Notes sessions that a test opened by other ways than [`Server::connect`].
#[derive(Clone, Default)]
pub struct Opener(Arc<Mutex<Vec<Opened>>>);

impl Opener {
    /// From here on the session of `client` is held against its bill.
    pub fn note(&self, token: &str, client: &Client) {
        lock(&self.0).push(Opened { token: token.to_owned(), lifetime: client.watch() });
    }
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

    /// Sessions that were opened through [`Server::connect`].
    #[must_use]
    pub fn opened(&self) -> Vec<Opened> {
        lock(&self.opened.0).clone()
    }

    /// For sessions that are opened elsewhere.
    #[must_use]
    pub fn opener(&self) -> Opener {
        self.opened.clone()
    }

    /// The sessions of one key are asked for by another from here on.
    pub fn now_use(&self, old: &str, new: &str) {
        let mut opened = lock(&self.opened.0);
        opened.iter_mut().filter(|one| one.token == old).for_each(|one| new.clone_into(&mut one.token));
    }

    /// The operator, whose plan has no limits.
    #[must_use]
    pub fn operator(&self) -> Tenant {
        Tenant { id: String::new(), key_id: String::new(), token: KEY.to_owned() }
    }

    /// What it has logged.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        lock(&self.log).clone()
    }

    /// One request with a token; panics where there is no reply at all.
    pub async fn api(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> Reply {
        let reply = http::request(self.address, method, path, Some(token), body.as_ref()).await;
        reply.unwrap_or_else(|error| panic!("{method} {path}: {error:#}\n{}", self.tail()))
    }

    /// `GET` with a token; panics where the status is not 200.
    pub async fn get(&self, path: &str, token: &str) -> Value {
        let reply = self.api("GET", path, token, None).await;
        assert_eq!(reply.head.status, 200, "{path}: {}", reply.text);
        reply.json()
    }

    /// Makes an account with a key.
    pub async fn tenant(&self, plan: Value, balance: f64) -> Tenant {
        let body = json!({ "name": "a test", "plan": plan, "balance": balance });
        let made = self.api("POST", "/operator/v1/accounts", KEY, Some(body)).await.json();
        let id = made["id"].as_str().unwrap_or_else(|| panic!("no account: {made}")).to_owned();
        let path = format!("/operator/v1/accounts/{id}/keys");
        let keyed = self.api("POST", &path, KEY, Some(json!({ "name": "k", "level": "write" }))).await.json();
        let text = |name: &str| keyed[name].as_str().unwrap_or_else(|| panic!("no key: {keyed}")).to_owned();
        Tenant { id, key_id: text("id"), token: text("secret") }
    }

    /// Changes an account.
    pub async fn patch(&self, tenant: &Tenant, body: Value) -> Value {
        let reply = self.api("PATCH", &format!("/operator/v1/accounts/{}", tenant.id), KEY, Some(body)).await;
        assert_eq!(reply.head.status, 200, "{}", reply.text);
        reply.json()
    }

    /// The path and query that a client of `token` connects to, with `more` parameters.
    #[must_use]
    pub fn target(token: &str, more: &[(&str, &str)]) -> String {
        let more: String = more.iter().map(|(name, value)| format!("&{name}={value}")).collect();
        format!("/?token={token}&--proxy-server=direct://&device_type=mac{more}")
    }

    /// Opens a session, or comes back to one.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub async fn connect(&self, token: &str, more: &[(&str, &str)]) -> anyhow::Result<Result<Client, Refused>> {
        let connected = Client::connect(self.address, &Self::target(token, more)).await?;
        if let Ok(client) = &connected
            && !more.iter().any(|(name, _)| *name == "session_id")
        {
            self.opened.note(token, client);
        }
        Ok(connected)
    }

    /// Opens a session; panics where it is refused.
    pub async fn session(&self, token: &str, more: &[(&str, &str)]) -> Client {
        match self.connect(token, more).await {
            Ok(Ok(client)) => client,
            Ok(Err(Refused(reply))) => panic!("refused: {} {}\n{}", reply.head.status, reply.text, self.tail()),
            Err(error) => panic!("no session: {error:#}\n{}", self.tail()),
        }
    }

    /// The ended sessions of an account, newest first.
    pub async fn history(&self, token: &str) -> Vec<Value> {
        self.get("/api/history", token).await["sessions"].as_array().cloned().unwrap_or_default()
    }

    /// The row of a session, as soon as it has ended.
    pub async fn row(&self, token: &str, session: &str) -> Value {
        eventually(&format!("the end of {session}"), async || {
            let rows = self.history(token).await;
            rows.into_iter().find(|row| row["sessionId"] == session).ok_or_else(|| format!("no row\n{}", self.tail()))
        })
        .await
    }

    /// The value of a metric.
    pub async fn metric(&self, name: &str) -> f64 {
        let text = self.api("GET", "/metrics", KEY, None).await.text;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no metric {name} in\n{text}"))
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

async fn keep(stderr: BufReader<tokio::process::ChildStderr>, log: Arc<Mutex<Vec<String>>>) {
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
