//! A server with a canary: somebody else's session that must not notice anything.

use std::{env, path::PathBuf, time::Duration};

use hangar_store::{EntryKind, HistoryQuery, Store};
use hangar_testkit::{
    clean::{self, Baseline, Expected},
    client::{Client, Farewell, Page},
    server::{Place, Server, Setup, Tenant, place},
    wait::{eventually, within},
};
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

/// Places of a server unless a test says otherwise.
pub(crate) const PLACES: usize = 8;

/// How long the canary may be without an answer: it shares two cores with everything else.
const CANARY_LIMIT: Duration = Duration::from_secs(20);

/// How often it says something, so that it is never idle.
const CANARY_PAUSE: Duration = Duration::from_millis(400);

/// A server, the canary on it, and what it uses at rest.
pub(crate) struct World {
    pub(crate) server: Server,
    canary: Canary,
    baseline: Option<Baseline>,
    places: usize,
    _folder: Option<tempfile::TempDir>,
    _place: Place,
}

/// Another tenant's session.
struct Canary {
    ask: mpsc::Sender<oneshot::Sender<()>>,
    folder: String,
}

/// A session of the operator's, the name of its folder, and a page.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) id: String,
    pub(crate) folder: String,
}

/// The binary under test; `HANGAR_BIN` names another one than cargo's.
pub(crate) fn binary() -> PathBuf {
    env::var_os("HANGAR_BIN").map_or_else(|| env!("CARGO_BIN_EXE_hangar").into(), PathBuf::from)
}

impl World {
    /// A server with these flags beside the usual ones.
    pub(crate) async fn start(args: &[&str]) -> Self {
        Self::start_with(PLACES, |setup| setup.args(args)).await
    }

    /// A server with so many places, set up by `change`.
    pub(crate) async fn start_with(places: usize, change: impl FnOnce(Setup) -> Setup) -> Self {
        let place = place().await;
        let folder = tempfile::tempdir().unwrap();
        let setup = change(Setup::new(binary(), folder.path().to_path_buf()));
        Self::launch(places, setup, Some(folder), place).await
    }

    /// A server on what another one has left.
    pub(crate) async fn restart(self) -> Self {
        self.restart_with(|setup| setup).await
    }

    /// The same, with a look at what is left between the two.
    pub(crate) async fn restart_with(self, between: impl FnOnce(Setup) -> Setup) -> Self {
        let Self { server, places, _folder, _place, .. } = self;
        let (setup, census, _) = server.kill().await.unwrap();
        let setup = between(setup);
        let world = Self::launch_bare(places, setup, _folder, _place).await;
        world.server.census().adopt(&census);
        world
    }

    async fn launch(places: usize, setup: Setup, folder: Option<tempfile::TempDir>, place: Place) -> Self {
        let mut world =
            Self::launch_bare(places, setup.args(&[&format!("--max-sessions={places}")]), folder, place).await;
        // The first session opens what is opened once: connections to the database, threads.
        world.server.session(&world.server.operator().token, &[]).await.close().await.unwrap();
        world.baseline = Some(clean::baseline(&world.server, 1, places).await);
        world
    }

    async fn launch_bare(places: usize, setup: Setup, folder: Option<tempfile::TempDir>, place: Place) -> Self {
        let server = Server::start(setup).await.unwrap_or_else(|error| panic!("{error:#}"));
        let health = server.get("/healthz", &server.operator().token).await;
        println!("isolation {} with {}", health["isolation"], health["browser"]);
        let canary = Canary::hatch(&server).await;
        Self { server, canary, baseline: None, places, _folder: folder, _place: place }
    }

    /// Opens a session of the operator's.
    pub(crate) async fn session(&self, more: &[(&str, &str)]) -> Session {
        self.session_of(&self.server.operator().token, more).await
    }

    /// Opens a session while no other is being opened, so that its browser is known to be the warm one.
    pub(crate) async fn session_of(&self, token: &str, more: &[(&str, &str)]) -> Session {
        let warm = self.warm().await;
        let client = self.server.session(token, more).await;
        let id = client.session();
        Session { client, id, folder: warm }
    }

    /// The folder of the one warm browser.
    async fn warm(&self) -> String {
        eventually("a warm browser and no session of ours", async || {
            let before = self.server.census().present();
            let health = self.server.get("/healthz", &self.server.operator().token).await;
            let live = self.server.get("/operator/v1/sessions", &self.server.operator().token).await;
            let live = live["items"].as_array().map_or(0, Vec::len);
            let mut names = before.iter().filter(|name| **name != self.canary.folder);
            match (health["pool"]["warm"].as_u64(), live, names.next(), names.next()) {
                (Some(1), 1, Some(name), None) if self.server.census().present() == before => Ok(name.clone()),
                other => Err(format!("{other:?}")),
            }
        })
        .await
    }

    /// Asserts that nothing but the canary is left and that it has not noticed anything.
    pub(crate) async fn assert_clean(&self) {
        let expected = Expected { live: 1, places: self.places, baseline: self.baseline };
        clean::assert_clean(&self.server, expected).await;
        self.canary.sings().await;
        self.assert_ledger().await;
    }

    /// Asserts that each ended session has exactly one bill, of its own length, and that balances are sums.
    pub(crate) async fn assert_ledger(&self) {
        let url = format!("sqlite:{}?mode=rw", self.server.setup().data_dir.join("hangar.db").display());
        let store = Store::connect(&url).await.unwrap();
        for account in store.account_list().await.unwrap() {
            let query = HistoryQuery { start: None, end: None, limit: 1000, before: None };
            let ended = store.history_page(account.id, query).await.unwrap().rows;
            let rows = store.ledger_rows(account.id, 10_000).await.unwrap();
            let bills: Vec<_> = rows.iter().filter(|row| row.kind == EntryKind::Usage).collect();
            assert_eq!(bills.len(), ended.len(), "bills and ended sessions of {}", account.name);
            for session in &ended {
                let of_it: Vec<_> = bills.iter().filter(|bill| bill.session == Some(session.id)).collect();
                assert_eq!(of_it.len(), 1, "bills of {}", session.id);
            }
            let total: i64 = ended.iter().map(|session| session.duration_ms).sum();
            let billed: i64 = bills.iter().map(|bill| bill.included_ms + bill.overage_ms).sum();
            assert_eq!(billed, total, "milliseconds billed and lived");
            assert_eq!(store.ledger_sum(account.id).await.unwrap(), account.balance, "{}", account.name);
        }
        store.close().await.unwrap();
    }

    /// The row of a session, checked for its reason and detail.
    pub(crate) async fn assert_ended(&self, tenant: &Tenant, id: &str, reason: &str, detail: Option<&str>) -> Value {
        let row = self.server.row(&tenant.token, id).await;
        assert_eq!((row["disconnectReason"].as_str(), row["detail"].as_str()), (Some(reason), detail), "{row}");
        row
    }
}

impl Canary {
    async fn hatch(server: &Server) -> Self {
        let tenant = server.tenant(json!({ "kind": "unlimited" }), 0.0).await;
        let before = server.census().present();
        let client = server.session(&tenant.token, &[]).await;
        // With a pool of one its browser is known; with a larger one nobody asks.
        let folder = before.into_iter().next().unwrap_or_default();
        client.call("Browser.getVersion", json!({})).await.unwrap();
        let (ask, mut asked) = mpsc::channel::<oneshot::Sender<()>>(1);
        tokio::spawn(async move {
            loop {
                let answer = timeout(CANARY_PAUSE, asked.recv()).await;
                if matches!(answer, Ok(None)) || client.call("Browser.getVersion", json!({})).await.is_err() {
                    return;
                }
                if let Ok(Some(answer)) = answer {
                    // Who asked may have stopped waiting.
                    let _late = answer.send(());
                }
            }
        });
        Self { ask, folder }
    }

    /// Asserts that it still has an answer to everything.
    async fn sings(&self) {
        let (answer, answered) = oneshot::channel();
        self.ask.send(answer).await.expect("the canary's session has ended");
        timeout(CANARY_LIMIT, answered).await.expect("the canary is slow").expect("the canary's session has ended");
    }
}

impl Session {
    /// A page with its session.
    pub(crate) async fn page(&self) -> Page {
        self.client.page("about:blank").await.unwrap()
    }

    /// Asserts that the server says goodbye with this code and text, however long it takes it.
    pub(crate) async fn assert_farewell(&self, limit: Duration, code: u16, text: &str) {
        let farewell = self.client.ended_within(limit).await.unwrap();
        assert_eq!(farewell, Farewell::Frame { code, text: text.to_owned() });
    }
}

/// A process of a session's browser, as soon as there is one that fits.
pub(crate) async fn process(
    world: &World,
    session: &Session,
    fits: impl Fn(&hangar_testkit::census::Process) -> bool,
) -> hangar_testkit::census::Process {
    within(Duration::from_secs(30), "a process of the browser", async || {
        let all = world.server.census().processes(&session.folder);
        all.iter().find(|process| fits(process)).cloned().ok_or_else(|| format!("{all:?}"))
    })
    .await
}

/// The first process of a session's browser.
pub(crate) fn main(world: &World, session: &Session) -> hangar_testkit::census::Process {
    world.server.census().main(&session.folder).expect("a browser that runs has a first process")
}
