//! Browsers that die, hang or misbehave (reference/security.md §8, 1–15).

use std::time::Duration;

use hangar_testkit::{client::Page, wait::eventually};
use rustix::process::Signal;
use serde_json::json;

use crate::rig::{Session, World, main, process};

const LIMIT: Duration = Duration::from_secs(60);

/// Case 1.
#[tokio::test]
async fn a_killed_browser_ends_its_session_as_a_crash() {
    let world = World::start(&[]).await;
    let session = world.session(&[]).await;
    session.page().await;
    main(&world, &session).signal(Signal::KILL);
    session.assert_farewell(LIMIT, 1011, "browser_crash").await;
    world.assert_ended(&world.server.operator(), &session.id, "browser_crash", None).await;
    world.assert_clean().await;
}

/// Case 2.
#[tokio::test]
async fn a_killed_renderer_fails_its_calls_and_not_its_session() {
    a_dead_page_is_not_a_dead_session(async |world, session, _| {
        for process in world.server.census().processes(&session.folder).iter().filter(|process| process.is_renderer()) {
            process.signal(Signal::KILL);
        }
    })
    .await;
}

/// Case 3: the client may crash its own page, which never answers that.
#[tokio::test]
async fn a_page_crashed_by_its_client_fails_its_calls_and_not_its_session() {
    a_dead_page_is_not_a_dead_session(async |_, session, page| {
        let crash = session.client.post(Some(page), "Page.crash", json!({})).await.unwrap();
        assert!(session.client.reply(crash).await.is_err(), "a dead page has nothing to say");
    })
    .await;
}

async fn a_dead_page_is_not_a_dead_session(kill: impl AsyncFnOnce(&World, &Session, &Page)) {
    let world = World::start(&[]).await;
    let session = world.session(&[]).await;
    let page = session.page().await;
    session.client.call_on(Some(&page), "Inspector.enable", json!({})).await.unwrap();
    session.client.evaluate(&page, "1").await.unwrap();
    let expression = json!({ "expression": "new Promise(() => {})", "awaitPromise": true });
    let pending = session.client.post(Some(&page), "Runtime.evaluate", expression).await.unwrap();
    kill(&world, &session, &page).await;
    session.client.event("Inspector.targetCrashed").await.unwrap();
    assert!(session.client.reply(pending).await.is_err(), "a call into a dead page must fail");
    let other = session.page().await;
    assert_eq!(session.client.evaluate(&other, "1 + 1").await.unwrap(), 2);
    session.client.close().await.unwrap();
    world.assert_ended(&world.server.operator(), &session.id, "socket_close", None).await;
    world.assert_clean().await;
}

/// Cases 4 and 5: what would crash more than a page is refused.
#[tokio::test]
async fn a_client_cannot_crash_its_browser_by_asking() {
    let world = World::start(&[]).await;
    let session = world.session(&[]).await;
    let page = session.page().await;
    for method in ["Browser.crash", "Browser.crashGpuProcess"] {
        let error = session.client.call(method, json!({})).await.unwrap_err();
        assert!(format!("{error:#}").contains("-32601"), "{method}: {error:#}");
    }
    for url in ["chrome://crash", "chrome://kill", "chrome://quit", "chrome://gpucrash"] {
        let answer = session.client.call_on(Some(&page), "Page.navigate", json!({ "url": url })).await;
        assert!(answer.is_err(), "{url}: {answer:?}");
    }
    assert_eq!(session.client.evaluate(&page, "1 + 1").await.unwrap(), 2);
    session.client.close().await.unwrap();
    world.assert_clean().await;
}

/// Case 10: a page that hoards memory dies at its session's limit. The kernel chooses which process: the page's, mostly.
#[tokio::test]
async fn a_page_has_no_more_memory_than_its_session() {
    let world = World::start(&["--session-memory=400MB"]).await;
    let session = world.session(&[]).await;
    let page = session.page().await;
    session.client.call_on(Some(&page), "Inspector.enable", json!({})).await.unwrap();
    let hoard = "window.hoard = []; for (;;) hoard.push(new Uint8Array(16 << 20).fill(1))";
    session.client.post(Some(&page), "Runtime.evaluate", json!({ "expression": hoard })).await.unwrap();
    let ends = match session.client.event("Inspector.targetCrashed").await {
        Ok(_) => {
            session.client.close().await.unwrap();
            ("socket_close", None)
        }
        Err(_) => ("browser_crash", Some("out_of_memory")),
    };
    world.assert_ended(&world.server.operator(), &session.id, ends.0, ends.1).await;
    world.assert_clean().await;
}

/// Case 6.
#[tokio::test]
async fn a_session_outlives_its_gpu_process() {
    let world = World::start(&[]).await;
    let session = world.session(&[]).await;
    let page = session.page().await;
    session.client.evaluate(&page, "1").await.unwrap();
    let gpu = process(&world, &session, |process| process.is_gpu()).await;
    gpu.signal(Signal::KILL);
    eventually("the end of the GPU process", async || {
        let all = world.server.census().processes(&session.folder);
        all.iter().all(|process| process.pid != gpu.pid).then_some(()).ok_or_else(|| format!("{all:?}"))
    })
    .await;
    session.client.call_on(Some(&page), "Page.captureScreenshot", json!({})).await.unwrap();
    session.client.close().await.unwrap();
    world.assert_ended(&world.server.operator(), &session.id, "socket_close", None).await;
    world.assert_clean().await;
}

/// Case 7.
#[tokio::test]
async fn a_stopped_browser_is_found_by_the_watchdog() {
    let world = World::start(&[]).await;
    let session = world.session(&[]).await;
    main(&world, &session).signal(Signal::STOP);
    session.assert_farewell(Duration::from_secs(120), 1011, "browser_disconnect (browser_hang)").await;
    world.assert_ended(&world.server.operator(), &session.id, "browser_disconnect", Some("browser_hang")).await;
    world.assert_clean().await;
}

/// Case 8.
#[tokio::test]
async fn a_page_that_never_yields_ends_with_its_session() {
    let world = World::start(&[]).await;
    let session = world.session(&[]).await;
    let page = session.page().await;
    session.client.evaluate(&page, "1").await.unwrap();
    session.client.post(Some(&page), "Runtime.evaluate", json!({ "expression": "for (;;) {}" })).await.unwrap();
    session.client.close().await.unwrap();
    world.assert_ended(&world.server.operator(), &session.id, "socket_close", None).await;
    world.assert_clean().await;
}

/// Case 13.
#[tokio::test]
async fn a_dialog_at_the_end_holds_up_nothing() {
    let world = World::start(&[]).await;
    let session = world.session(&[]).await;
    let page = session.page().await;
    session.client.call_on(Some(&page), "Page.enable", json!({})).await.unwrap();
    let arm = "addEventListener('beforeunload', event => { event.preventDefault(); event.returnValue = 'stay'; })";
    let params = json!({ "expression": arm, "userGesture": true });
    session.client.call_on(Some(&page), "Runtime.evaluate", params).await.unwrap();
    session.client.post(Some(&page), "Page.close", json!({})).await.unwrap();
    session.client.post(Some(&page), "Runtime.evaluate", json!({ "expression": "alert('stay')" })).await.unwrap();
    session.client.close().await.unwrap();
    world.assert_ended(&world.server.operator(), &session.id, "socket_close", None).await;
    world.assert_clean().await;
}
