//! A tenant reaches for the sessions, pages and data of another, or of a program beside it.

use serde_json::json;

use crate::{
    client::Client,
    server::{KEY, Server},
};

const QUERY: &str = "--proxy-server=direct://";
const NOT_FOUND: &str = "Session with given id not found.";

#[tokio::test(flavor = "multi_thread")]
async fn two_programs_on_one_session_have_their_own_connections() {
    let server = Server::start(&[]).await;
    let first = Client::connect(&server, KEY, &format!("{QUERY}&keep_alive=30")).await;
    let id = first.field("x-hangar-session-id").unwrap().to_owned();
    let second = Client::connect(&server, KEY, &format!("session_id={id}")).await;
    let page = first.page().await;
    page.eval("window.mine = 'first'").await.unwrap();
    for method in ["Runtime.evaluate", "Page.close", "Target.detachFromTarget"] {
        let params = json!({ "expression": "window.mine = 'second'", "sessionId": page.session });
        assert_eq!(second.call_on(Some(&page.session), method, params).await, Err(NOT_FOUND.to_owned()), "{method}");
    }
    assert_eq!(page.eval("window.mine").await.unwrap(), "first");
    // Of what the first one does, the second one hears nothing.
    let mark = second.mark();
    page.call("Runtime.enable", json!({})).await.unwrap();
    page.eval("console.log('c4nary')").await.unwrap();
    second.call("Browser.getVersion", json!({})).await.unwrap();
    let heard = format!("{:?}", second.since(mark));
    assert!(!heard.contains("c4nary") && !heard.contains(&page.session), "{heard}");
    // They do share the browser: a session of its own on the same page is the control.
    let same = second.attach(&page.target).await;
    assert_eq!(same.eval("window.mine").await.unwrap(), "first");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tenants_share_nothing() {
    let server = Server::start(&[]).await;
    let (one, two) = (server.tenant().await, server.tenant().await);
    let first = Client::connect(&server, &one, &format!("{QUERY}&keep_alive=30")).await;
    let second = Client::connect(&server, &two, QUERY).await;
    let page = first.page().await;
    page.eval("window.mine = 'first'").await.unwrap();
    let context = first.call("Target.createBrowserContext", json!({})).await.unwrap()["browserContextId"].clone();

    let reached = second.call_on(Some(&page.session), "Runtime.evaluate", json!({ "expression": "1" })).await;
    assert_eq!(reached, Err(NOT_FOUND.to_owned()));
    for (method, params) in [
        ("Target.attachToTarget", json!({ "targetId": page.target, "flatten": true })),
        ("Target.closeTarget", json!({ "targetId": page.target })),
        ("Target.getTargetInfo", json!({ "targetId": page.target })),
        ("Target.activateTarget", json!({ "targetId": page.target })),
        ("Target.disposeBrowserContext", json!({ "browserContextId": context })),
        ("Target.createTarget", json!({ "url": "about:blank", "browserContextId": context })),
        ("BotBrowser.setBrowserContextFlags", json!({ "browserContextId": context, "botCloudFlags": [] })),
        ("Storage.getCookies", json!({ "browserContextId": context })),
    ] {
        let refused = second.call(method, params).await;
        assert!(refused.is_err(), "{method}: {refused:?}");
    }
    let targets = second.call("Target.getTargets", json!({})).await.unwrap();
    assert!(!targets.to_string().contains(&page.target), "{targets}");
    assert_eq!(page.eval("window.mine").await.unwrap(), "first");

    // Nor by the session's id, though it is kept for its owner.
    let id = first.field("x-hangar-session-id").unwrap().to_owned();
    for token in [&*two, KEY] {
        let refused = Client::try_connect(&server, token, &format!("session_id={id}")).await;
        assert_eq!(refused.err().unwrap().head.status, 404, "another account's session");
    }
    drop(Client::connect(&server, &one, &format!("session_id={id}")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_no_operator_and_sees_no_other_tenants_rows() {
    let server = Server::start(&[]).await;
    let (one, two) = (server.tenant().await, server.tenant().await);
    for (method, path) in [
        ("GET", "/operator/v1/accounts"),
        ("POST", "/operator/v1/accounts"),
        ("GET", "/operator/v1/sessions"),
        ("GET", "/operator/v1/nodes"),
    ] {
        for token in [&*one, "", "nonsense"] {
            let refused = server.http(method, path, token, "{}").await;
            assert!(matches!(refused.head.status, 401 | 403), "{method} {path}: {refused:?}");
        }
        if method == "GET" {
            assert_eq!(server.http(method, path, KEY, "").await.head.status, 200, "the control: {path}");
        }
    }
    let profile = server.http("POST", "/api/user-data", &one, "").await.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(server.http("GET", "/api/user-data", &two, "").await.json()["total"], 0);
    assert_eq!(server.http("DELETE", &format!("/api/user-data/{profile}"), &two, "").await.head.status, 403);
    let stolen = Client::try_connect(&server, &two, &format!("{QUERY}&user_data_id={profile}")).await;
    assert_eq!(stolen.err().unwrap().head.status, 403);
    let session = Client::connect(&server, &one, QUERY).await;
    session.close().await;
    assert_eq!(server.http("GET", "/api/history", &two, "").await.json()["total"], 0);
    assert_eq!(server.http("GET", "/api/usage", &two, "").await.json()["totalSessions"], 0);
}
