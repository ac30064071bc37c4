//! Too many at once: who waits, who leaves, who is refused, in which order (reference/security.md §8, 29–32).

use std::{collections::HashSet, time::Duration};

use hangar_testkit::{
    client::{Client, reset, upgrade},
    server::{KEY, Server},
    wait::eventually,
};
use serde_json::json;
use tokio::{io::AsyncWriteExt as _, net::TcpStream, sync::mpsc, task::JoinHandle};

use crate::rig::World;

const LIMIT: Duration = Duration::from_secs(60);

/// As many as an account may open at once, before it is told to come more slowly.
const BURST: usize = 20;

/// Case 29: a hundred, each account's burst at a time.
#[tokio::test]
async fn connects_that_are_given_up_leave_nothing() {
    let world = World::start(&[]).await;
    for round in 0..5 {
        let tenant = world.server.tenant(json!({ "kind": "unlimited" }), 0.0).await;
        let mut streams = Vec::new();
        for number in 0..BURST {
            let keep_alive = if number % 2 == 0 { "0" } else { "2" };
            let target = Server::target(&tenant.token, &[("keep_alive", keep_alive)]);
            let mut stream = TcpStream::connect(world.server.address()).await.unwrap();
            stream.write_all(upgrade(world.server.address(), &target).as_bytes()).await.unwrap();
            if round % 2 == 0 {
                reset(stream);
            } else {
                streams.push(stream);
            }
        }
        // Every other round all of them leave together, some of them served by then.
        streams.into_iter().for_each(reset);
    }
    world.assert_clean().await;
}

/// Case 30.
#[tokio::test]
async fn who_leaves_the_queue_leaves_its_turn() {
    let world = World::start_with(2, |setup| setup).await;
    let first = world.server.session(KEY, &[]).await;
    let leaver = waiting(&world.server, KEY, 1).await;
    let stayer = queued(&world.server, KEY.to_owned());
    wait_for_queue(&world.server, 2).await;
    reset(leaver);
    wait_for_queue(&world.server, 1).await;
    first.close().await.unwrap();
    stayer.await.unwrap().close().await.unwrap();
    world.assert_clean().await;
}

/// Case 31: as many run as may, as many wait as may, the rest is told when to come back; first come, first served
/// within an account, and accounts take turns.
#[tokio::test]
async fn a_queue_is_bounded_in_order_and_fair() {
    let world = World::start_with(2, |setup| setup.args(&["--queue-length=3", "--queue-wait=120"])).await;
    let plan = || json!({ "kind": "subscription", "includedHours": 1 });
    let tenants = [world.server.tenant(plan(), 0.0).await, world.server.tenant(plan(), 0.0).await];
    let running = world.server.session(KEY, &[]).await;
    let (served, mut order) = mpsc::channel(16);
    let mut tasks = Vec::new();
    for (name, tenant) in ["a", "b"].iter().zip(&tenants) {
        for number in 0..3 {
            let waiting = queued(&world.server, tenant.token.clone());
            let (served, label) = (served.clone(), format!("{name}{number}"));
            tasks.push(tokio::spawn(async move {
                let client = waiting.await.unwrap();
                served.send(label).await.unwrap();
                client.close().await.unwrap();
            }));
            wait_for_queue(&world.server, tasks.len()).await;
        }
    }
    for tenant in &tenants {
        let refused = world.server.connect(&tenant.token, &[]).await.unwrap().err().expect("the queue is full").0;
        assert_eq!(refused.head.status, 429, "{}", refused.text);
        assert!(refused.head.get("retry-after").is_some(), "{:?}", refused.head);
    }
    running.close().await.unwrap();
    let mut served_in = Vec::new();
    while served_in.len() < 6 {
        served_in.push(tokio::time::timeout(LIMIT, order.recv()).await.expect("nobody is served").unwrap());
    }
    assert_eq!(served_in, ["a0", "b0", "a1", "b1", "a2", "b2"]);
    futures_util::future::join_all(tasks).await;
    world.assert_clean().await;
}

/// Case 31 with five hundred at once: whoever has no place and no place in the queue is told when to come back.
#[tokio::test]
async fn five_hundred_at_once_wait_as_far_as_they_may() {
    const ACCOUNTS: usize = 25;
    const MAY_WAIT: usize = 4;
    let args = [format!("--queue-length={MAY_WAIT}"), "--queue-wait=120".to_owned()];
    let world = World::start_with(2, |setup| setup.args(&args.each_ref().map(String::as_str))).await;
    let running = world.server.session(KEY, &[]).await;
    let mut asking = Vec::new();
    for _ in 0..ACCOUNTS {
        let tenant = world.server.tenant(json!({ "kind": "unlimited" }), 0.0).await;
        asking.extend((0..BURST).map(|_| ask(&world.server, tenant.token.clone())));
    }
    let asking = futures_util::future::join_all(asking).await;
    wait_for_queue(&world.server, ACCOUNTS * MAY_WAIT).await;
    let mut refused = HashSet::new();
    eventually("an answer for all who may not even wait", async || {
        for (number, stream) in asking.iter().enumerate() {
            let mut answer = vec![0; 4096];
            // Whoever waits has no answer yet.
            let Ok(count @ 1..) = stream.try_read(&mut answer) else { continue };
            let answer = String::from_utf8_lossy(&answer[..count]).to_ascii_lowercase();
            let is_first = refused.insert(number);
            let is_told = answer.starts_with("http/1.1 429 ") && answer.contains("\r\nretry-after: ");
            assert!(!is_first || is_told, "{answer}");
        }
        if refused.len() == ACCOUNTS * (BURST - MAY_WAIT) { Ok(()) } else { Err(format!("{} have", refused.len())) }
    })
    .await;
    asking.into_iter().for_each(reset);
    wait_for_queue(&world.server, 0).await;
    running.close().await.unwrap();
    world.assert_clean().await;
}

/// A connect that has sent its handshake.
async fn ask(server: &Server, token: String) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(upgrade(server.address(), &Server::target(&token, &[])).as_bytes()).await.unwrap();
    stream
}

/// A wait that is too long is a refusal, and leaves no row.
#[tokio::test]
async fn who_waits_too_long_is_told_so() {
    let world = World::start_with(2, |setup| setup.args(&["--queue-wait=1"])).await;
    let holder = world.server.session(KEY, &[]).await;
    let tenant = world.server.tenant(json!({ "kind": "unlimited" }), 0.0).await;
    let refused = world.server.connect(&tenant.token, &[]).await.unwrap().err().expect("there is no place").0;
    assert_eq!(refused.head.status, 429, "{}", refused.text);
    assert!(refused.head.get("retry-after").is_some());
    assert!(world.server.history(&tenant.token).await.is_empty());
    holder.close().await.unwrap();
    world.assert_clean().await;
}

/// Row 16 of the threats: a profile has one writer, however many ask at once.
#[tokio::test]
async fn a_profile_is_opened_by_one_of_many() {
    let world = World::start(&[]).await;
    let profile = world.server.api("POST", "/api/user-data", KEY, None).await.json()["id"].as_str().unwrap().to_owned();
    let more = [("user_data_id", profile.as_str())];
    let connects = (0..20).map(|_| world.server.connect(KEY, &more));
    let (mut open, mut refused) = (Vec::new(), Vec::new());
    for outcome in futures_util::future::join_all(connects).await {
        match outcome.unwrap() {
            Ok(client) => open.push(client),
            Err(refusal) => refused.push(refusal.0.head.status),
        }
    }
    assert_eq!(open.len(), 1, "{refused:?}");
    assert!(refused.iter().all(|status| *status == 409 || *status == 429), "{refused:?}");
    assert!(refused.contains(&409), "{refused:?}");
    for client in open {
        client.close().await.unwrap();
    }
    world.server.session(KEY, &more).await.close().await.unwrap();
    world.assert_clean().await;
}

async fn wait_for_queue(server: &Server, length: usize) {
    eventually(&format!("{length} in the queue"), async || {
        let is = server.metric("hangar_queue_waiting").await as usize;
        if is == length { Ok(()) } else { Err(format!("{is}")) }
    })
    .await;
}

/// A connect that has sent its handshake and waits behind `length - 1` others.
async fn waiting(server: &Server, token: &str, length: usize) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(upgrade(server.address(), &Server::target(token, &[])).as_bytes()).await.unwrap();
    wait_for_queue(server, length).await;
    stream
}

/// A connect of its own task.
fn queued(server: &Server, token: String) -> JoinHandle<Client> {
    let (address, opened) = (server.address(), server.opener());
    tokio::spawn(async move {
        let client = Client::connect(address, &Server::target(&token, &[])).await.unwrap();
        let client = client.unwrap_or_else(|refused| panic!("refused: {}", refused.0.text));
        opened.note(&token, &client);
        client
    })
}
