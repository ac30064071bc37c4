//! Servers that are stopped, killed, starved of descriptors, or flooded (reference/security.md §8, 23, 24, 36–42).

use std::{
    fs,
    time::{Duration, Instant},
};

use hangar_store::Store;
use hangar_testkit::{
    census::Census,
    client::{Client, Farewell, reset, upgrade},
    http,
    server::{KEY, Server, Setup},
    wait::{eventually, within},
};
use rustix::process::Signal;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::rig::World;

const LIMIT: Duration = Duration::from_secs(60);

/// What a drained session is told.
const DRAINED: &str = "gateway_crash (drained)";

/// Case 36: told to stop, it says so at once, lets sessions go on as long as they may, and tells the rest.
#[tokio::test]
async fn a_server_that_is_asked_to_stop_drains() {
    const SESSIONS: usize = 20;
    let mut world = World::start_with(SESSIONS + 1, |setup| setup.args(&["--drain-timeout=8"])).await;
    let mut staying = Vec::new();
    for _ in 0..SESSIONS {
        staying.push(world.server.session(KEY, &[]).await);
    }
    let leaving = staying.remove(0);
    world.server.signal(Signal::TERM);
    eventually("not ready", async || {
        let status = world.server.api("GET", "/readyz", KEY, None).await.head.status;
        if status == 503 { Ok(()) } else { Err(format!("{status}")) }
    })
    .await;
    let refused = world.server.connect(KEY, &[]).await.unwrap().err().expect("it takes nobody any more").0;
    assert_eq!(refused.head.status, 503, "{}", refused.text);
    for client in &staying {
        client.call("Browser.getVersion", json!({})).await.expect("sessions go on");
    }
    let left = leaving.session();
    leaving.close().await.unwrap();
    for client in &staying {
        let farewell = client.ended().await.unwrap();
        assert_eq!(farewell, Farewell::Frame { code: 1012, text: DRAINED.to_owned() });
    }
    assert!(world.server.ended().await.unwrap().success(), "{}", world.server.tail());
    let sessions: Vec<String> = staying.iter().map(Client::session).collect();
    let ends = ends(&world.server.setup().clone()).await;
    assert_eq!(ends.iter().find(|(id, _)| *id == left).unwrap().1, "socket_close");
    assert!(
        ends.iter().filter(|(id, _)| sessions.contains(id)).all(|(_, reason)| reason == "gateway_crash"),
        "{ends:?}"
    );
    assert_gone(&world).await;
}

/// Case 37.
#[tokio::test]
async fn a_second_signal_stops_at_once() {
    let mut world = World::start(&["--drain-timeout=600"]).await;
    let session = world.session(&[]).await;
    world.server.signal(Signal::TERM);
    eventually("not ready", async || {
        let status = world.server.api("GET", "/readyz", KEY, None).await.head.status;
        if status == 503 { Ok(()) } else { Err(format!("{status}")) }
    })
    .await;
    world.server.signal(Signal::TERM);
    session.assert_farewell(LIMIT, 1012, DRAINED).await;
    assert!(world.server.ended().await.unwrap().success(), "{}", world.server.tail());
    assert_gone(&world).await;
}

/// Case 38: what a killed server leaves behind ends by itself, and the next one settles it before it takes anybody.
#[tokio::test]
async fn a_killed_server_takes_its_browsers_along_and_is_settled_by_the_next() {
    let world = World::start(&[]).await;
    let profile = world.server.api("POST", "/api/user-data", KEY, None).await.json();
    let profile = profile["id"].as_str().unwrap().to_owned();
    let mut clients = vec![world.server.session(KEY, &[("user_data_id", &profile)]).await];
    clients.push(world.server.session(KEY, &[("keep_alive", "600")]).await);
    let spinning = world.server.session(KEY, &[]).await;
    let page = spinning.page("about:blank").await.unwrap();
    spinning.post(Some(&page), "Runtime.evaluate", json!({ "expression": "for (;;) {}" })).await.unwrap();
    clients.push(spinning);
    // More than a heartbeat, so that there is something to bill.
    let early = clients[1].ended_within(Duration::from_millis(2500)).await;
    assert!(early.is_err(), "{early:?}");
    let lived: Vec<Duration> = clients.iter().map(|client| client.watch().lock().unwrap().opened.elapsed()).collect();
    let census = world.server.census().clone();
    let killed = Instant::now();
    let world = world.restart_with(|setup| {
        assert_dead(&census);
        setup
    });
    let world = world.await;
    assert!(killed.elapsed() < Duration::from_secs(60));
    for (client, lived) in clients.iter().zip(lived) {
        let row = world.assert_ended(&world.server.operator(), &client.session(), "gateway_crash", None).await;
        let billed = Duration::from_millis(row["durationMs"].as_u64().unwrap());
        // To the last heartbeat: never more than it lived, and hardly less than a second under.
        assert!(billed <= lived + Duration::from_secs(1), "{billed:?} of {lived:?}");
        assert!(billed + Duration::from_secs(4) >= lived, "{billed:?} of {lived:?}");
    }
    let listed = world.server.get("/api/user-data", KEY).await;
    assert_eq!(listed["items"][0]["isLocked"], false, "{listed}");
    world.server.session(KEY, &[("user_data_id", &profile)]).await.close().await.unwrap();
    world.assert_clean().await;
}

/// Kills in a row.
const ROUNDS: usize = 50;

/// Cases 39 and 40: killed again and again at whatever point, nothing is left and the ledger is right.
#[tokio::test]
async fn a_server_that_is_killed_at_any_point_is_settled() {
    let mut world = World::start(&[]).await;
    let mut random = Dice(0x9e37_79b9_7f4a_7c15);
    for round in 0..ROUNDS {
        let address = world.server.address();
        let target = Server::target(KEY, &[]);
        let busy: Vec<_> = (0..3).map(|number| tokio::spawn(churn(address, target.clone(), number + round))).collect();
        // The point at which it is killed: in a start, in a close, or between.
        let point = Duration::from_millis(random.below(900));
        let _churning = tokio::time::timeout(point, futures_util::future::pending::<()>()).await;
        let census = world.server.census().clone();
        world = world
            .restart_with(|setup| {
                assert_dead(&census);
                setup
            })
            .await;
        for task in busy {
            task.abort();
        }
    }
    world.assert_clean().await;
    let live = world.server.get("/api/usage", KEY).await;
    assert_eq!(live["activeSessions"], 0, "{live}");
}

/// Opens and closes sessions until the server is gone.
async fn churn(address: std::net::SocketAddr, target: String, number: usize) {
    while let Ok(Ok(client)) = Client::connect(address, &target).await {
        let _page = client.page("about:blank").await;
        match number % 3 {
            0 => client.reset(),
            1 => drop(client.close().await),
            _ => drop(client.hang_up().await),
        }
    }
}

/// Case 42: out of descriptors it refuses, and recovers.
#[tokio::test]
async fn a_server_without_descriptors_refuses_and_recovers() {
    let wrapper = ["prlimit", "--nofile=256:256"].map(str::to_owned).to_vec();
    let world = World::start_with(40, |mut setup| {
        setup.wrapper = wrapper;
        setup
    })
    .await;
    let mut idle = Vec::new();
    for _ in 0..110 {
        idle.push(TcpStream::connect(world.server.address()).await.unwrap());
    }
    let mut clients = Vec::new();
    let refusal = loop {
        match world.server.connect(KEY, &[]).await {
            Ok(Ok(client)) => clients.push(client),
            Ok(Err(refused)) => break refused.0.head.status,
            // Not even a connection could be had.
            Err(_) => break 503,
        }
        assert!(clients.len() < 39, "it has more descriptors than it was given");
    };
    assert_eq!(refusal, 503, "after {} sessions", clients.len());
    drop(idle);
    for client in clients {
        // A session may have been cut for want of a descriptor; then it has an end already.
        let _closed = client.close().await;
    }
    eventually("a session again", async || match world.server.connect(KEY, &[]).await {
        Ok(Ok(client)) => client.close().await.map(drop).map_err(|error| format!("{error:#}")),
        Ok(Err(refused)) => Err(refused.0.text),
        Err(error) => Err(format!("{error:#}")),
    })
    .await;
    world.assert_clean().await;
}

/// Cases 23 and 24: heads without end, and a thousand that never say anything, cost nobody else anything.
#[tokio::test]
async fn strangers_that_say_too_much_or_nothing_hold_up_nobody() {
    let world = World::start(&[]).await;
    let address = world.server.address();
    let long = format!("GET / HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n", "x".repeat(20 << 20));
    let many = format!("GET / HTTP/1.1\r\nHost: h\r\n{}\r\n", "X: y\r\n".repeat(10_000));
    for request in [long, many] {
        let refused = http::raw(address, request.as_bytes()).await.unwrap();
        assert_eq!(refused.head.status, 431, "{}", refused.text);
    }
    let mut silent = Vec::new();
    for number in 0..1000 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        if number % 2 == 0 {
            stream.write_all(b"GET / HTTP/1.1\r\nHo").await.unwrap();
        }
        silent.push(stream);
    }
    let asked = Instant::now();
    for _ in 0..20 {
        assert_eq!(world.server.api("GET", "/healthz", KEY, None).await.head.status, 200);
    }
    assert!(asked.elapsed() < Duration::from_secs(20), "20 answers took {:?}", asked.elapsed());
    world.server.session(KEY, &[]).await.close().await.unwrap();
    for mut stream in silent {
        let mut rest = Vec::new();
        let closed = tokio::time::timeout(LIMIT, stream.read_to_end(&mut rest)).await;
        assert!(closed.is_ok(), "a silent stranger was not sent away");
    }
    world.assert_clean().await;
}

/// Case 25: a handshake, and then nothing.
#[tokio::test]
async fn an_upgrade_without_another_word_is_idle() {
    let world = World::start(&["--idle-timeout=2"]).await;
    let mut stream = TcpStream::connect(world.server.address()).await.unwrap();
    stream.write_all(upgrade(world.server.address(), &Server::target(KEY, &[])).as_bytes()).await.unwrap();
    let mut all = Vec::new();
    tokio::time::timeout(LIMIT, stream.read_to_end(&mut all)).await.expect("it is ended").unwrap();
    assert!(String::from_utf8_lossy(&all).contains("idle_timeout"));
    reset(stream);
    world.assert_clean().await;
}

/// Asserts that no browser lives, soon after its server was killed. A bubblewrap that had not become one yet may wait for
/// its own other half for ever; it has nothing, and the next server ends it.
fn assert_dead(census: &Census) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let mut living: Vec<_> = census.present().iter().flat_map(|name| census.processes(name)).collect();
        living.retain(|process| !process.command.contains("bwrap"));
        if living.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "browsers outlive their server: {living:?}");
        std::thread::yield_now();
    }
}

/// Asserts that a server that has ended in order has left nothing.
async fn assert_gone(world: &World) {
    within(LIMIT, "nothing of a server that has ended", async || {
        let (left, folders) = (world.server.census().leftovers(), world.server.census().present());
        if left.is_empty() && folders.is_empty() { Ok(()) } else { Err(format!("{left:?} {folders:?}")) }
    })
    .await;
    world.assert_ledger().await;
    let store = store(world.server.setup()).await;
    assert!(store.sessions_live().await.unwrap().is_empty());
    store.close().await.unwrap();
}

/// Every ended session with its reason's code.
async fn ends(setup: &Setup) -> Vec<(String, String)> {
    let store = store(setup).await;
    let mut ends = Vec::new();
    for account in store.account_list().await.unwrap() {
        let query = hangar_store::HistoryQuery { start: None, end: None, limit: 1000, before: None };
        let rows = store.history_page(account.id, query).await.unwrap().rows;
        ends.extend(rows.iter().map(|row| (row.id.to_string(), row.reason.code().to_owned())));
    }
    store.close().await.unwrap();
    ends
}

async fn store(setup: &Setup) -> Store {
    let file = setup.data_dir.join("hangar.db");
    assert!(fs::exists(&file).unwrap());
    Store::connect(&format!("sqlite:{}?mode=rw", file.display())).await.unwrap()
}

/// Numbers that are the same in every run (splitmix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}
