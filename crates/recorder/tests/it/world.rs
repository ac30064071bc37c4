//! One browser, one recording, one client, one site.

use std::{
    fs::File,
    io::Read as _,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bytes::BytesMut;
use hangar_browser::{
    Binaries, BinaryKind, EgressPolicy, FindOptions, Isolation, LaunchSpec, Launcher, LauncherConfig, Level, Limits,
    Maker, ReadyBrowser, Upstream, egress::SystemResolver, isolation::Cgroups,
};
use hangar_cdp::{
    Client, Lanes, Meter, Outbox,
    filter::{Policy, Surroundings},
    mux::{Accepted, ClientOptions, Gate},
};
use hangar_domain::{
    Clock, Random,
    timeline::{Action, Entry, Event, Record, Request},
};
use hangar_recorder::{Options, Recorder};
use hangar_testkit::{site::Site, wait::eventually};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, DuplexStream},
    sync::{Notify, Semaphore, SemaphorePermit, mpsc},
    task::JoinHandle,
};

/// Browsers of this binary that live at the same time: the machine is small.
static PLACES: Semaphore = Semaphore::const_new(2);

struct Urandom;

impl Random for Urandom {
    fn fill(&self, bytes: &mut [u8]) {
        File::open("/dev/urandom").unwrap().read_exact(bytes).unwrap();
    }
}

struct Machine(Instant);

impl Clock for Machine {
    #[expect(clippy::disallowed_methods, reason = "the browser's events carry the machine's time")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(Machine(Instant::now()))
}

pub(crate) struct World {
    pub(crate) recorder: Recorder,
    pub(crate) client: TestClient,
    pub(crate) site: Site,
    pub(crate) browser: ReadyBrowser,
    entries: Arc<Mutex<Vec<Entry>>>,
    sender: mpsc::Sender<Entry>,
    _data: TempDir,
    _lanes: Arc<Lanes>,
    _place: SemaphorePermit<'static>,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(Options::new(Record::Full), Vec::new()).await
    }

    pub(crate) async fn site(pages: &[(&str, &str, &str)]) -> Self {
        Self::with(Options::new(Record::Full), pages.to_vec()).await
    }

    pub(crate) async fn with(options: Options, pages: Vec<(&str, &str, &str)>) -> Self {
        let place = PLACES.acquire().await.unwrap();
        hangar_browser::subreaper::become_subreaper().unwrap();
        let pages = pages.into_iter().chain([("/plain", "text/html", "<title>Plain</title>hello")]);
        let pages = pages.map(|(path, kind, body)| (path.to_owned(), kind.to_owned(), body.to_owned())).collect();
        let site = Site::start_with([127, 0, 0, 1].into(), pages).await.unwrap();
        let data = tempfile::tempdir().unwrap();
        let lanes = Lanes::start(1).unwrap();
        let browser = maker(&data, &lanes).await.make(None).await.unwrap();
        browser.egress.assign(Upstream::Direct);
        let downloads = browser.browser.dirs().browser.downloads.display().to_string();
        browser.director.save_downloads(&downloads);
        let (sender, mut receiver) = mpsc::channel(64);
        let entries = Arc::<Mutex<Vec<Entry>>>::default();
        tokio::spawn({
            let entries = entries.clone();
            async move {
                while let Some(entry) = receiver.recv().await {
                    entries.lock().unwrap().push(entry);
                }
            }
        });
        let recorder = Recorder::start(&browser.mux, clock(), options, sender.clone()).await.unwrap();
        recorder.ready().await;
        let client = TestClient::attach(&browser, Arc::new([recorder.gate()])).await;
        Self { recorder, client, site, browser, entries, sender, _data: data, _lanes: lanes, _place: place }
    }

    /// Flushes, and waits until all of it has arrived here.
    pub(crate) async fn flush(&self) {
        self.recorder.flush().await;
        self.arrived().await;
    }

    /// Waits until what was emitted has arrived here.
    pub(crate) async fn arrived(&self) {
        let number = self.entries().len();
        self.sender.send(mark(number)).await.unwrap();
        let marked =
            async || self.entries.lock().unwrap().contains(&mark(number)).then_some(()).ok_or_else(String::new);
        eventually("the mark", marked).await;
    }

    /// Everything that was recorded.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.entries.lock().unwrap().clone()
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.entries().into_iter().map(|entry| entry.event).collect()
    }

    /// The requests that are over, after a flush.
    pub(crate) async fn requests(&self) -> Vec<Request> {
        self.flush().await;
        self.requests_so_far()
    }

    pub(crate) fn requests_so_far(&self) -> Vec<Request> {
        let requests = self.events().into_iter().filter_map(|event| match event {
            Event::Request(request) => Some(request),
            _ => None,
        });
        requests.collect()
    }

    pub(crate) fn actions(&self) -> Vec<Action> {
        let actions = self.events().into_iter().filter_map(|event| match event {
            Event::Action(action) => Some(action),
            _ => None,
        });
        actions.collect()
    }

    /// Waits until an event is `wanted`.
    pub(crate) async fn until<T>(&self, what: &str, wanted: impl Fn(&Event) -> Option<T>) -> T {
        eventually(what, async || {
            let events = self.events();
            events.iter().find_map(&wanted).ok_or_else(|| format!("{events:#?}"))
        })
        .await
    }

    /// Waits until the trace alone sees what a page does, which it does a while after it began.
    pub(crate) async fn until_traced(&self, tab: &TestPage) {
        let mut asked = Vec::new();
        eventually("the trace alone", async || {
            let is_told = |path: &String| self.requests_so_far().iter().any(|request| request.url.ends_with(path));
            // Of the one before: what `Network` tells comes soon, but not at once.
            let before = asked.last().map(is_told);
            let path = format!("/echo?{}", asked.len());
            self.client.evaluate(tab, &format!("fetch('{path}').then(r => r.text())")).await;
            asked.push(path);
            (before == Some(false)).then_some(()).ok_or_else(String::new)
        })
        .await;
    }

    /// The same world after its recording.
    pub(crate) fn unrecorded(self) -> (TestClient, Site, impl Sized) {
        let Self { recorder, client, site, browser, _data, _lanes, _place, .. } = self;
        drop(recorder);
        (client, site, (browser, _data, _lanes, _place))
    }

    pub(crate) async fn finish(self) {
        let Self { recorder, client, browser, .. } = self;
        recorder.stop().await;
        drop((recorder, client));
        browser.finish().await;
    }
}

fn mark(number: usize) -> Entry {
    let holder = format!("mark {number}");
    Entry { at: Timestamp::UNIX_EPOCH, event: Event::Control(hangar_domain::timeline::Control { holder }) }
}

async fn maker(data: &TempDir, lanes: &Arc<Lanes>) -> Maker {
    let isolation = Isolation { level: Level::L0, why_not_higher: Vec::new(), cgroups: Cgroups::detect() };
    let launcher = Launcher::new(LauncherConfig {
        binaries: Binaries::find(&FindOptions::default()).await.unwrap(),
        isolation,
        data_dir: data.path().to_path_buf(),
        random: Arc::new(Urandom),
        launch_timeout: Duration::from_secs(30),
    });
    Maker {
        launcher: launcher.unwrap(),
        spec: LaunchSpec { binary: BinaryKind::HeadlessShell, restore: None, limits: Limits::default() },
        policy: Arc::new(EgressPolicy::allowing(vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()])),
        resolver: Arc::new(SystemResolver::default()),
        lanes: lanes.clone(),
        meter: Arc::new(Meter::default()),
    }
}

/// A client of the gateway without the gateway: commands through the policy and the gates, replies as frames.
pub(crate) struct TestClient {
    pub(crate) client: Arc<Client>,
    messages: Arc<Mutex<Vec<Value>>>,
    told: Arc<Notify>,
    reader: JoinHandle<()>,
    next_id: std::sync::atomic::AtomicI64,
}

/// A page with the client's session on it.
#[derive(Clone)]
pub(crate) struct TestPage {
    pub(crate) target: String,
    pub(crate) session: String,
}

impl TestClient {
    pub(crate) async fn attach(browser: &ReadyBrowser, gates: Arc<[Arc<dyn Gate>]>) -> Self {
        let (near, far) = tokio::io::duplex(1 << 20);
        let outbox = Arc::new(Outbox::new(near));
        tokio::spawn({
            let outbox = outbox.clone();
            async move { outbox.run().await }
        });
        let dirs = &browser.browser.dirs().browser;
        let surroundings = Surroundings {
            downloads: dirs.downloads.display().to_string(),
            uploads: dirs.uploads.display().to_string(),
            unknown_domains: false,
        };
        let policy = Arc::new(Policy::new(surroundings));
        let options = ClientOptions { policy, drop_console: false, skip_pauses: false, gates };
        let client = browser.mux.attach(outbox, options).await.unwrap();
        let messages = Arc::<Mutex<Vec<Value>>>::default();
        let told = Arc::<Notify>::default();
        let reader = tokio::spawn(read(far, messages.clone(), told.clone()));
        Self { client, messages, told, reader, next_id: 1.into() }
    }

    pub(crate) fn post(&self, session: Option<&str>, method: &str, params: Value) -> i64 {
        let id = self.next_id.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut command = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            command["sessionId"] = json!(session);
        }
        let accepted = self.client.accept(BytesMut::from(command.to_string().as_str()));
        assert!(matches!(accepted, Accepted::Done), "{method}: {accepted:?}");
        self.client.kick();
        id
    }

    pub(crate) async fn reply(&self, id: i64) -> Value {
        self.message(&format!("the reply to {id}"), |message| message["id"] == id).await
    }

    pub(crate) async fn message(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let found = || self.messages.lock().unwrap().iter().find(|message| wanted(message)).cloned();
        eventually(what, async || found().ok_or_else(|| "none".to_owned())).await
    }

    pub(crate) async fn ask(&self, session: Option<&str>, method: &str, params: Value) -> Value {
        let id = self.post(session, method, params);
        let reply = self.reply(id).await;
        assert!(reply["error"].is_null(), "{method}: {reply}");
        reply["result"].clone()
    }

    pub(crate) async fn page(&self, url: &str) -> TestPage {
        let created = self.ask(None, "Target.createTarget", json!({ "url": "about:blank" })).await;
        let target = created["targetId"].as_str().unwrap().to_owned();
        let attached = self.ask(None, "Target.attachToTarget", json!({ "targetId": target, "flatten": true })).await;
        let page = TestPage { target, session: attached["sessionId"].as_str().unwrap().to_owned() };
        self.ask(Some(&page.session), "Page.enable", json!({})).await;
        if url != "about:blank" {
            self.goto(&page, url).await;
        }
        page
    }

    /// Goes there and waits until the load event has fired.
    pub(crate) async fn goto(&self, page: &TestPage, url: &str) {
        let loads = self.loads(page);
        self.ask(Some(&page.session), "Page.navigate", json!({ "url": url })).await;
        eventually("the load", async || (self.loads(page) > loads).then_some(()).ok_or_else(String::new)).await;
    }

    /// The same, noticing the load as soon as it is told.
    pub(crate) async fn goto_at_once(&self, page: &TestPage, url: &str) {
        let loads = self.loads(page);
        self.post(Some(&page.session), "Page.navigate", json!({ "url": url }));
        loop {
            let told = self.told.notified();
            if self.loads(page) > loads {
                return;
            }
            told.await;
        }
    }

    fn loads(&self, page: &TestPage) -> usize {
        let messages = self.messages.lock().unwrap();
        let is_load = |message: &&Value| {
            message["method"] == "Page.loadEventFired" && message["sessionId"] == page.session.as_str()
        };
        messages.iter().filter(is_load).count()
    }

    pub(crate) async fn evaluate(&self, page: &TestPage, expression: &str) -> Value {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        self.ask(Some(&page.session), "Runtime.evaluate", params).await["result"]["value"].clone()
    }
}

impl Drop for TestClient {
    fn drop(&mut self) {
        self.client.detach();
        self.reader.abort();
    }
}

/// Reads frames of a server (RFC 6455 §5.2), which are whole and unmasked.
async fn read(mut stream: DuplexStream, messages: Arc<Mutex<Vec<Value>>>, told: Arc<Notify>) {
    loop {
        let mut head = [0; 2];
        if stream.read_exact(&mut head).await.is_err() {
            return;
        }
        let length = match head[1] {
            126 => u64::from(stream.read_u16().await.unwrap()),
            127 => stream.read_u64().await.unwrap(),
            short => u64::from(short),
        };
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        stream.read_exact(&mut payload).await.unwrap();
        messages.lock().unwrap().push(serde_json::from_slice(&payload).unwrap());
        told.notify_one();
    }
}
