//! Sessions that outlive their client for a while (`keep_alive`), and coming back to them (`session_id`).

use std::time::Duration;

use hangar_testkit::{
    server::KEY,
    wait::{eventually, within},
};
use rustix::process::Signal;
use serde_json::json;

use crate::rig::{World, main};

#[tokio::test]
async fn a_client_comes_back_to_its_tabs_however_it_left() {
    let world = World::start(&[]).await;
    let mut session = world.session(&[("keep_alive", "60")]).await;
    let page = session.page().await;
    session.client.evaluate(&page, "globalThis.kept = 7").await.unwrap();
    let (id, folder) = (session.id.clone(), session.folder.clone());
    for leave in ["reset", "fin", "close"] {
        match leave {
            "reset" => session.client.reset(),
            "fin" => drop(session.client.hang_up().await.unwrap()),
            _ => drop(session.client.close().await.unwrap()),
        }
        let client = world.server.session(KEY, &[("session_id", &id)]).await;
        assert_eq!(client.session(), id);
        let again = client.attach(&page.target).await.unwrap();
        assert_eq!(client.evaluate(&again, "kept").await.unwrap(), 7, "after {leave}");
        session = crate::rig::Session { client, id: id.clone(), folder: folder.clone() };
    }
    assert!(world.server.history(KEY).await.iter().all(|row| row["sessionId"] != *id), "it has never ended");
    // Who comes back may say anew how long it is kept.
    let last = world.server.session(KEY, &[("session_id", &id), ("keep_alive", "0")]).await;
    session.client.close().await.unwrap();
    last.close().await.unwrap();
    world.assert_ended(&world.server.operator(), &id, "socket_close", None).await;
    world.assert_clean().await;
}

#[tokio::test]
async fn nobody_comes_back_in_time() {
    let world = World::start(&[]).await;
    let session = world.session(&[("keep_alive", "1")]).await;
    session.client.reset();
    world.assert_ended(&world.server.operator(), &session.id, "socket_close", Some("keep_alive_over")).await;
    let refused = world.server.connect(KEY, &[("session_id", &session.id)]).await.unwrap().err().expect("it is over").0;
    assert_eq!(refused.head.status, 404);
    world.assert_clean().await;
}

/// A client that goes away before it has its reply may still come back; when it does not, the session ends.
#[tokio::test]
async fn a_kept_session_that_nobody_ever_joined_ends() {
    let world = World::start(&[]).await;
    let target = hangar_testkit::server::Server::target(KEY, &[("keep_alive", "1")]);
    for _ in 0..8 {
        let upgrade = hangar_testkit::client::upgrade(world.server.address(), &target);
        let mut stream = tokio::net::TcpStream::connect(world.server.address()).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, upgrade.as_bytes()).await.unwrap();
        hangar_testkit::client::reset(stream);
    }
    world.assert_clean().await;
}

/// A browser that dies while nobody is there ends its session then, not when the window is over.
#[tokio::test]
async fn a_browser_that_dies_while_nobody_is_there_is_not_kept() {
    let world = World::start(&[]).await;
    let session = world.session(&[("keep_alive", "600")]).await;
    let main = main(&world, &session);
    session.client.reset();
    main.signal(Signal::KILL);
    within(Duration::from_secs(60), "the end of the session", async || {
        let rows = world.server.history(KEY).await;
        rows.into_iter().find(|row| row["sessionId"] == *session.id).map(drop).ok_or_else(|| "no row".to_owned())
    })
    .await;
    world.assert_ended(&world.server.operator(), &session.id, "browser_crash", None).await;
    world.assert_clean().await;
}

/// Another account's session is unknown to everybody else, and so is its name.
#[tokio::test]
async fn a_session_is_its_accounts_own() {
    let world = World::start(&[]).await;
    let tenant = world.server.tenant(json!({ "kind": "unlimited" }), 0.0).await;
    let session = world.session(&[("keep_alive", "5")]).await;
    for id in [session.id.as_str(), "nothing", ""] {
        let refused = world.server.connect(&tenant.token, &[("session_id", id)]).await.unwrap().err();
        assert_eq!(refused.expect("it is not theirs").0.head.status, 404, "{id:?}");
    }
    session.client.close().await.unwrap();
    eventually("the end of the session", async || {
        let rows = world.server.history(KEY).await;
        rows.iter().any(|row| row["sessionId"] == *session.id).then_some(()).ok_or_else(|| "no row".to_owned())
    })
    .await;
    world.assert_clean().await;
}
