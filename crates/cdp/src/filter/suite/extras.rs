//! Commands that Hangar does itself: their params, all of them.

use serde_json::{Value, json};

use super::super::{Extra, LONGEST_VIEW_MS};
use super::{extra, refusal};

#[test]
fn contexts_lose_their_proxy_and_flags() {
    let params = json!({
        "disposeOnDetach": true, "proxyServer": "http://u:p@h:1", "proxyBypassList": "*", "botCloudFlags": ["--a=b"],
    });
    let Extra::CreateContext { params, flags, proxy_server } = extra("Target.createBrowserContext", params) else {
        panic!("a context was expected");
    };
    assert_eq!(Value::Object(params), json!({ "disposeOnDetach": true }));
    assert_eq!(flags, ["--a=b"]);
    assert_eq!(proxy_server.as_deref(), Some("http://u:p@h:1"));
    for flags in [json!("--a"), json!([1]), json!(["a=b"]), json!(["--a\n"]), json!(vec!["--a"; 129])] {
        assert_eq!(refusal("Target.createBrowserContext", json!({ "botCloudFlags": flags })).0, -32_602);
    }
    assert_eq!(refusal("Target.createBrowserContext", json!({ "proxyServer": 5 })).0, -32_602);
    assert_eq!(refusal("BotBrowser.setBrowserContextFlags", json!({ "botCloudFlags": [] })).0, -32_602);
    let set = extra("BotBrowser.setBrowserContextFlags", json!({ "browserContextId": "C", "botCloudFlags": ["--x"] }));
    let disposed = extra("Target.disposeBrowserContext", json!({ "browserContextId": "C" }));
    assert_eq!(disposed, Extra::DisposeContext { browser_context_id: "C".to_owned() });
    assert_eq!(extra("Target.getBrowserContexts", json!({})), Extra::ListContexts);
    assert_eq!(set, Extra::SetContextFlags { browser_context_id: "C".to_owned(), flags: vec!["--x".to_owned()] });
}

#[test]
fn views_have_a_time_limit() {
    assert_eq!(extra("devtools", json!({})), Extra::Devtools { timeout_ms: 300_000 });
    assert_eq!(extra("liveURL", json!({ "timeout": 5000.5 })), Extra::LiveUrl { timeout_ms: 5000 });
    assert_eq!(extra("liveURL", json!({ "timeout": 9e99 })), Extra::LiveUrl { timeout_ms: LONGEST_VIEW_MS });
    for timeout in [json!(0), json!(-1), json!("5"), json!([])] {
        assert_eq!(refusal("devtools", json!({ "timeout": timeout })).0, -32_602);
    }
    assert_eq!(extra("switchPage", json!({ "targetId": "T" })), Extra::SwitchPage { target_id: "T".to_owned() });
    assert_eq!(refusal("switchPage", json!({})).1, "Invalid parameters: 'targetId' is missing");
}

#[test]
fn files_go_in_and_out_by_plain_names() {
    let upload = extra("Hangar.uploadFile", json!({ "name": "a b.txt", "data": "aGk=" }));
    assert_eq!(upload, Extra::UploadFile { name: "a b.txt".to_owned(), content: b"hi".to_vec() });
    for name in ["", ".", "..", "a/b", "/a", "a\\b", "a\u{0}", &"x".repeat(256)] {
        assert_eq!(refusal("Hangar.uploadFile", json!({ "name": name, "data": "" })).0, -32_602, "{name:?}");
    }
    assert_eq!(refusal("Hangar.uploadFile", json!({ "name": "a", "data": "?" })).0, -32_602);
    assert_eq!(refusal("Hangar.uploadFile", json!({ "name": "a" })).1, "Invalid parameters: 'data' is missing");
    assert_eq!(extra("Hangar.listDownloads", json!({})), Extra::ListDownloads);
    let read = extra("Hangar.readDownload", json!({ "guid": "a-1", "offset": 5, "size": 1e12 }));
    assert_eq!(read, Extra::ReadDownload { guid: "a-1".to_owned(), offset: 5, size: 4 << 20 });
    for guid in ["", "../x", "a/b", "a.b"] {
        assert_eq!(refusal("Hangar.readDownload", json!({ "guid": guid })).0, -32_602, "{guid:?}");
    }
}
