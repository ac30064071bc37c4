//! The server that tenants attack: nothing of this machine may be reached but what a test opens.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitStatus,
};

use hangar_testkit::{
    http::{self, Reply},
    server::{self, Setup},
};
use rustix::process::Signal;
use serde_json::{Value, json};

/// The operator's secret, also good as a tenant's token.
pub(crate) use hangar_testkit::server::KEY;

pub(crate) struct Server {
    server: server::Server,
    folder: tempfile::TempDir,
}

impl Server {
    /// Starts with these flags besides the usual ones, and waits until it is ready.
    pub(crate) async fn start(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let setup = Setup::new(env!("CARGO_BIN_EXE_hangar").into(), folder.path().join("data"));
        let mut setup = setup.args(&["--max-sessions=8", "--drain-timeout=1"]).args(flags);
        if !flags.iter().any(|flag| flag.starts_with("--egress-allow")) {
            setup = setup.args(&["--egress-allow="]);
        }
        // The highest level, unless whoever runs the tests wants to see another.
        let isolation = std::env::var("HANGAR_TEST_ISOLATION").unwrap_or_else(|_| "auto".to_owned());
        setup.env.push(("HANGAR_ISOLATION".to_owned(), isolation));
        let server = server::Server::start(setup).await.unwrap_or_else(|error| panic!("{error:#}"));
        let server = Self { server, folder };
        println!("isolation {}", server.level().await);
        server
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.server.pid().unsigned_abs()
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.server.setup().data_dir.clone()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it has logged so far.
    pub(crate) fn words(&self) -> String {
        self.server.log().join("\n")
    }

    /// Its isolation level.
    pub(crate) async fn level(&self) -> String {
        let health = self.http("GET", "/healthz", "", "").await.json();
        health["isolation"].as_str().unwrap_or_default().to_owned()
    }

    /// One HTTP request on a connection of its own, with a body that need not be JSON; without a token where it is empty.
    pub(crate) async fn http(&self, method: &str, path: &str, token: &str, body: &str) -> Reply {
        let authorization = match token {
            "" => String::new(),
            token => format!("Authorization: Bearer {token}\r\n"),
        };
        let head = format!("{method} {path} HTTP/1.1\r\nHost: hangar.test\r\nConnection: close\r\n{authorization}");
        let fields = format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
        let reply = http::raw(self.address(), format!("{head}{fields}{body}").as_bytes()).await;
        reply.unwrap_or_else(|error| panic!("{method} {path}: {error:#}\n{}", self.words()))
    }

    /// A new account without limits; gives a key of it.
    pub(crate) async fn tenant(&self) -> String {
        self.server.tenant(json!({ "kind": "unlimited" }), 0.0).await.token
    }

    /// The row of a session, as soon as it has ended.
    pub(crate) async fn row(&self, token: &str, session: &str) -> Value {
        self.server.row(token, session).await
    }

    /// Ends it as an operator does, and waits until all that it said is there.
    pub(crate) async fn stop(&mut self) -> ExitStatus {
        self.server.signal(Signal::TERM);
        self.server.ended().await.unwrap()
    }
}
