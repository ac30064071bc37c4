//! A server as an operator runs it, in a folder of its own, with all its words kept.

use std::{
    net::SocketAddr,
    path::Path,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    process::{Child, Command},
};

use crate::within;

/// The operator's secret, also good as a tenant's token.
pub(crate) const KEY: &str = "bootstrap-c4nary-7d1f0b52";

pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
    folder: tempfile::TempDir,
    words: Arc<Mutex<Vec<u8>>>,
    listeners: Vec<tokio::task::JoinHandle<()>>,
}

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Server {
    /// Starts with these flags besides the usual ones, and waits until it is ready.
    pub(crate) async fn start(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The highest level, unless whoever runs the tests wants to see another.
        let isolation = std::env::var("HANGAR_TEST_ISOLATION").unwrap_or_else(|_| "auto".to_owned());
        let mut child = Command::new(env!("CARGO_BIN_EXE_hangar"))
            .current_dir(&folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HANGAR_BOOTSTRAP_KEY", KEY)
            .env("HANGAR_ISOLATION", isolation)
            .args(["serve", "--listen=127.0.0.1:0", "--pool=1", "--max-sessions=8", "--drain-timeout=1"])
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let words = Arc::<Mutex<Vec<u8>>>::default();
        let errors = tokio::spawn(keep(child.stderr.take().unwrap(), words.clone()));
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        within("the ready line", stdout.read_line(&mut line)).await.unwrap();
        let text = |words: &Mutex<Vec<u8>>| String::from_utf8_lossy(&words.lock().unwrap()).into_owned();
        let Some(address) = line.trim().strip_prefix("hangar ready http://") else {
            panic!("{line:?} instead of the ready line; it says:\n{}", text(&words));
        };
        let address = address.parse().unwrap();
        words.lock().unwrap().extend_from_slice(line.as_bytes());
        let output = tokio::spawn(keep(stdout, words.clone()));
        let server = Self { child, address, folder, words, listeners: vec![errors, output] };
        println!("isolation {}", server.level().await);
        server
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// The data folder.
    pub(crate) fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it has written to stdout and stderr so far.
    pub(crate) fn words(&self) -> String {
        String::from_utf8_lossy(&self.words.lock().unwrap()).into_owned()
    }

    /// Its isolation level.
    pub(crate) async fn level(&self) -> String {
        let health = self.http("GET", "/healthz", "", "").await.json();
        health["isolation"].as_str().or(health["isolation"]["level"].as_str()).unwrap_or_default().to_owned()
    }

    /// One HTTP request on a connection of its own.
    pub(crate) async fn http(&self, method: &str, path: &str, token: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let authorization = match token {
            "" => String::new(),
            token => format!("Authorization: Bearer {token}\r\n"),
        };
        let head = format!("{method} {path} HTTP/1.1\r\nHost: hangar.test\r\nConnection: close\r\n{authorization}");
        let fields = format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(format!("{head}{fields}{body}").as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        within(path, stream.read_to_end(&mut answer)).await.unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
        Answer { status, body: body.to_owned() }
    }

    /// A new account without limits; gives a key of it.
    pub(crate) async fn tenant(&self, name: &str) -> String {
        let account = serde_json::json!({ "name": name, "plan": { "kind": "unlimited" } }).to_string();
        let account = self.http("POST", "/operator/v1/accounts", KEY, &account).await.json();
        let path = format!("/operator/v1/accounts/{}/keys", account["id"].as_str().unwrap());
        let key = self.http("POST", &path, KEY, r#"{"name":"test","level":"write"}"#).await.json();
        key["secret"].as_str().unwrap_or_else(|| panic!("{key}")).to_owned()
    }

    /// Ends it as an operator does, and waits until all that it said is there.
    pub(crate) async fn stop(&mut self) -> ExitStatus {
        let pid = Pid::from_raw(i32::try_from(self.pid()).unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        let status = within("the server's end", self.child.wait()).await.unwrap();
        for listener in self.listeners.drain(..) {
            within("the server's last words", listener).await.unwrap();
        }
        status
    }
}

async fn keep(mut stream: impl AsyncRead + Unpin, words: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        words.lock().unwrap().extend_from_slice(&buffer[..count]);
    }
}
