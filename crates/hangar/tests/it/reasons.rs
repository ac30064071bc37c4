//! All ten reasons, each by its real cause, with the close frame's code and text (contracts/botcloud.md §3).
//!
//! `browser_crash` and the watchdog are in [`crate::browser`], `gateway_crash` in [`crate::server`].

use std::time::Duration;

use hangar_testkit::{
    client::{Farewell, frame},
    server::KEY,
};
use rustix::process::Signal;
use serde_json::json;

use crate::rig::{Session, World, main};

const LIMIT: Duration = Duration::from_secs(60);

/// The next event of a client that has nothing to say but pings.
const PING_PAUSE: Duration = Duration::from_millis(200);

#[tokio::test]
async fn a_client_that_leaves_in_any_orderly_way_has_closed_its_socket() {
    let world = World::start(&[]).await;
    let operator = world.server.operator();
    let plain = |code| Farewell::Frame { code, text: String::new() };

    let by_frame = world.session(&[]).await;
    assert_eq!(by_frame.client.close().await.unwrap(), plain(1000));
    world.assert_ended(&operator, &by_frame.id, "socket_close", None).await;

    let without_code = world.session(&[]).await;
    without_code.client.write(&frame::masked(frame::CLOSE, b"")).await.unwrap();
    assert_eq!(without_code.client.ended().await.unwrap(), plain(1005));
    world.assert_ended(&operator, &without_code.id, "socket_close", None).await;

    let by_fin = world.session(&[]).await;
    assert_eq!(by_fin.client.hang_up().await.unwrap(), Farewell::Fin);
    world.assert_ended(&operator, &by_fin.id, "socket_close", None).await;

    let by_command = world.session(&[]).await;
    by_command.client.post(None, "Browser.close", json!({})).await.unwrap();
    by_command.assert_farewell(LIMIT, 1000, "").await;
    world.assert_ended(&operator, &by_command.id, "socket_close", None).await;
    world.assert_clean().await;
}

#[tokio::test]
async fn a_reset_is_a_socket_error_wherever_it_comes() {
    let world = World::start(&[]).await;
    let operator = world.server.operator();

    let between = world.session(&[]).await;
    between.page().await;
    between.client.reset();
    world.assert_ended(&operator, &between.id, "socket_error", None).await;

    let inside = world.session(&[]).await;
    let message = frame::masked(frame::TEXT, &[b' '; 4096]);
    inside.client.write(&message[..2000]).await.unwrap();
    inside.client.reset();
    world.assert_ended(&operator, &inside.id, "socket_error", None).await;

    let torn = world.session(&[]).await;
    torn.client.write(&message[..2000]).await.unwrap();
    torn.client.hang_up().await.unwrap();
    world.assert_ended(&operator, &torn.id, "socket_error", None).await;
    world.assert_clean().await;
}

/// Case 72: pings say nothing about a client's doing anything.
#[tokio::test]
async fn a_client_that_only_pings_is_idle() {
    let world = World::start(&["--idle-timeout=2"]).await;
    let silent = world.session(&[]).await;
    silent.assert_farewell(LIMIT, 1008, "idle_timeout").await;
    world.assert_ended(&world.server.operator(), &silent.id, "idle_timeout", None).await;

    let pinging = world.session(&[]).await;
    let farewell = loop {
        // The connection may end between two pings.
        let _ended = pinging.client.write(&frame::masked(frame::PING, b"still here")).await;
        if let Ok(farewell) = pinging.client.ended_within(PING_PAUSE).await {
            break farewell;
        }
    };
    assert_eq!(farewell, Farewell::Frame { code: 1008, text: "idle_timeout".to_owned() });
    world.assert_ended(&world.server.operator(), &pinging.id, "idle_timeout", None).await;
    world.assert_clean().await;
}

#[tokio::test]
async fn a_browser_whose_last_page_closes_itself_has_closed_gracefully() {
    let world = World::start(&[]).await;
    let session = world.session(&[]).await;
    let targets = session.client.call("Target.getTargets", json!({})).await.unwrap();
    let page = session.page().await;
    let others = targets["targetInfos"].as_array().unwrap().iter().filter(|target| target["type"] == "page");
    for other in others {
        session.client.call("Target.closeTarget", json!({ "targetId": other["targetId"] })).await.unwrap();
    }
    let close = json!({ "expression": "window.close()", "userGesture": true });
    session.client.post(Some(&page), "Runtime.evaluate", close).await.unwrap();
    session.assert_farewell(LIMIT, 1000, "browser_close_graceful").await;
    world.assert_ended(&world.server.operator(), &session.id, "browser_close_graceful", None).await;
    world.assert_clean().await;
}

#[tokio::test]
async fn the_operator_may_end_any_session() {
    let world = World::start(&[]).await;
    let session = world.session(&[]).await;
    let path = format!("/operator/v1/sessions/{}", session.id);
    assert_eq!(world.server.api("DELETE", &path, KEY, None).await.head.status, 200);
    session.assert_farewell(LIMIT, 1011, "browser_disconnect (operator)").await;
    world.assert_ended(&world.server.operator(), &session.id, "browser_disconnect", Some("operator")).await;
    assert_eq!(world.server.api("DELETE", &path, KEY, None).await.head.status, 404);
    world.assert_clean().await;
}

/// The answer to the upgrade comes before whoever serves the client: a session may end between them.
#[tokio::test]
async fn a_client_on_its_way_in_hears_why_the_session_ended() {
    let world = World::start(&[]).await;
    for _ in 0..40 {
        let client = world.server.session(&world.server.operator().token, &[]).await;
        let path = format!("/operator/v1/sessions/{}", client.session());
        assert_eq!(world.server.api("DELETE", &path, KEY, None).await.head.status, 200);
        let farewell = Farewell::Frame { code: 1011, text: "browser_disconnect (operator)".to_owned() };
        assert_eq!(client.ended_within(LIMIT).await.unwrap(), farewell);
    }
    world.assert_clean().await;
}

/// Case 72: whatever happens at once, one reason and one bill.
#[tokio::test]
async fn ends_that_come_together_are_one_end() {
    let world = World::start(&["--idle-timeout=2"]).await;
    for round in 0..4 {
        let Session { client, id, folder } = world.session(&[]).await;
        let session = Session { client: world.server.session(KEY, &[("session_id", &id)]).await, id, folder };
        let main = main(&world, &session);
        let path = format!("/operator/v1/sessions/{}", session.id);
        // The idle limit passes while the others are at it.
        let idle = client.ended_within(Duration::from_millis(1500 + 200 * round)).await;
        let api = world.server.api("DELETE", &path, KEY, None);
        main.signal(Signal::KILL);
        let id = session.id.clone();
        session.client.reset();
        let closed = async { client.close().await };
        let (ended, closed) = tokio::join!(api, closed);
        let row = world.server.row(KEY, &id).await;
        let reason = row["disconnectReason"].as_str().unwrap();
        let possible = ["idle_timeout", "browser_disconnect", "browser_crash", "socket_error", "socket_close"];
        assert!(possible.contains(&reason), "{row} {idle:?} {closed:?} {}", ended.head.status);
        world.assert_clean().await;
    }
}
