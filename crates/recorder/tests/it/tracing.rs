//! A client's own trace wins, and is its own.

use hangar_domain::timeline::Event;
use hangar_testkit::wait::eventually;
use serde_json::{Value, json};

use crate::world::{TestPage, World};

async fn start(world: &World) -> Value {
    let params =
        json!({ "transferMode": "ReturnAsStream", "traceConfig": { "includedCategories": ["devtools.timeline"] } });
    let id = world.client.post(None, "Tracing.start", params);
    world.client.reply(id).await
}

async fn fetched(world: &World, tab: &TestPage, name: &str) {
    world.client.evaluate(tab, &format!("fetch('/echo?{name}').then(r => r.text())")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clients_trace_wins_and_nothing_is_missed_meanwhile() {
    let world = World::start().await;
    let tab = world.client.page(&world.site.url("/plain")).await;
    fetched(&world, &tab, "before").await;
    for round in 0..2 {
        let started = start(&world).await;
        assert!(started["error"].is_null(), "round {round}: {started}");
        fetched(&world, &tab, &format!("during{round}")).await;
        world.client.ask(None, "Tracing.end", json!({})).await;
        let complete = |message: &Value| message["method"] == "Tracing.tracingComplete";
        let complete = world.client.message("its end", complete).await;
        assert!(complete["params"]["stream"].is_string(), "{complete}");
        assert!(complete["sessionId"].is_null(), "it is on the client's own session");
        fetched(&world, &tab, &format!("after{round}")).await;
    }
    let requests = world.requests().await;
    for name in ["before", "during0", "after0", "during1", "after1"] {
        let times = requests.iter().filter(|r| r.url.ends_with(&format!("?{name}"))).count();
        assert_eq!(times, 1, "{name}: {requests:#?}");
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_of_a_trace_keep_their_order_and_its_errors_are_chromiums() {
    let world = World::start().await;
    let tab = world.client.page(&world.site.url("/plain")).await;
    let params =
        json!({ "transferMode": "ReturnAsStream", "traceConfig": { "includedCategories": ["devtools.timeline"] } });
    let begun = world.client.post(None, "Tracing.start", params.clone());
    let again = world.client.post(None, "Tracing.start", params);
    let begun = world.client.reply(begun).await;
    assert!(begun["error"].is_null(), "{begun}");
    let refused = world.client.reply(again).await;
    assert!(refused["error"]["message"].as_str().unwrap().contains("already been started"), "{refused}");
    let ended = world.client.post(None, "Tracing.end", json!({}));
    assert!(world.client.reply(ended).await["error"].is_null());
    world.client.message("its end", |message| message["method"] == "Tracing.tracingComplete").await;
    let orphan = world.client.post(None, "Tracing.end", json!({}));
    assert!(world.client.reply(orphan).await["error"]["message"].is_string());
    fetched(&world, &tab, "after").await;
    let told = |event: &Event| matches!(event, Event::Request(r) if r.url.ends_with("?after")).then_some(());
    world.until("the request", told).await;
    world.finish().await;
}

/// Where it traced before, the end of the trace would take five seconds: Chromium waits for the page's process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_traces_from_the_first_page_on() {
    let world = World::start().await;
    let (session, mut events) = world.browser.mux.open_session().await.unwrap();
    tokio::spawn(async move { while events.recv().await.is_some() {} });
    let params = json!({ "transferMode": "ReturnAsStream" });
    session.call("Tracing.start", &params).await.expect("nobody traces a browser without pages");
    session.call("Tracing.end", &json!({})).await.unwrap();
    let tab = world.client.page(&world.site.url("/plain")).await;
    world.until_traced(&tab).await;
    session.call("Tracing.start", &params).await.expect_err("the recorder traces");
    let requests = world.requests().await;
    assert_eq!(requests.iter().filter(|request| request.url.ends_with("/plain")).count(), 1, "{requests:#?}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_recorder_traces_again_when_the_client_has_left_without_a_word() {
    let world = World::start().await;
    world.client.page(&world.site.url("/plain")).await;
    assert!(start(&world).await["error"].is_null());
    world.client.client.detach();
    let (session, mut events) = world.browser.mux.open_session().await.unwrap();
    tokio::spawn(async move { while events.recv().await.is_some() {} });
    // Only once the recorder has it is a start of anybody else refused.
    eventually("the recorder's trace", async || {
        let params = json!({ "transferMode": "ReturnAsStream" });
        match session.call("Tracing.start", &params).await {
            Err(_) => Ok(()),
            Ok(_) => {
                session.call("Tracing.end", &json!({})).await.unwrap();
                Err("it is free".to_owned())
            }
        }
    })
    .await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tracing_can_be_yielded_and_retaken() {
    let world = World::start().await;
    let tab = world.client.page(&world.site.url("/plain")).await;
    world.recorder.yield_tracing().await;
    let (session, mut events) = world.browser.mux.open_session().await.unwrap();
    tokio::spawn(async move { while events.recv().await.is_some() {} });
    session.call("Tracing.start", &json!({ "transferMode": "ReturnAsStream" })).await.unwrap();
    fetched(&world, &tab, "yielded").await;
    session.call("Tracing.end", &json!({})).await.unwrap();
    world.recorder.retake_tracing().await;
    fetched(&world, &tab, "retaken").await;
    let requests = world.requests().await;
    for name in ["?yielded", "?retaken"] {
        assert_eq!(requests.iter().filter(|r| r.url.ends_with(name)).count(), 1, "{name}");
    }
    world.finish().await;
}
