//! Commands whose params decide: what is checked and what is written anew.

use serde_json::{Value, json};

use super::{Verdict, judge, judge_text, refusal, rewritten};

#[test]
fn addresses_are_checked_wherever_one_is_given() {
    let methods = [
        "Page.navigate",
        "Target.createTarget",
        "Fetch.continueRequest",
        "Network.loadNetworkResource",
        "Network.continueInterceptedRequest",
    ];
    for method in methods {
        assert_eq!(judge(method, json!({ "url": "https://a.example/", "referrer": "file:///x" })), Verdict::Forward);
        assert_eq!(judge(method, json!({ "requestId": "1" })), Verdict::Forward);
        for url in ["file:///etc/passwd", "View-Source:file:///x", "\tch\nrome://version"] {
            assert_eq!(refusal(method, json!({ "url": url })).0, -32_000, "{method} {url:?}");
        }
        assert_eq!(refusal(method, json!({ "url": ["file:///"] })).1, "Invalid parameters: 'url' must be a string");
        let escaped = format!(r#"{{"id":1,"method":"{method}","params":{{"\u0075rl":"\u0066ile:///etc/passwd"}}}}"#);
        assert!(matches!(judge_text(&escaped), Verdict::Answer(_)), "{escaped}");
    }
}

#[test]
fn only_flat_sessions_exist() {
    for method in ["Target.attachToTarget", "Target.setAutoAttach"] {
        assert_eq!(judge(method, json!({ "flatten": true, "targetId": "T" })), Verdict::Forward);
        for params in [json!({}), json!({ "flatten": false }), json!({ "flatten": 1 }), json!({ "flatten": "true" })] {
            let expected = format!("'{method}' needs 'flatten': true on this service");
            assert_eq!(refusal(method, params), (-32_000, expected));
        }
    }
}

#[test]
fn downloads_land_in_the_session() {
    for method in ["Browser.setDownloadBehavior", "Page.setDownloadBehavior"] {
        for behavior in ["allow", "allowAndName"] {
            let params = json!({ "behavior": behavior, "downloadPath": "/etc", "eventsEnabled": true });
            let expected =
                json!({ "behavior": "allowAndName", "downloadPath": "/data/downloads", "eventsEnabled": true });
            assert_eq!(rewritten(method, params), expected);
        }
        assert_eq!(
            rewritten(method, json!({ "behavior": "deny", "downloadPath": "/" })),
            json!({ "behavior": "deny" })
        );
        assert_eq!(refusal(method, json!({ "behavior": "x" })).0, -32_602);
        assert_eq!(refusal(method, json!({})).0, -32_602);
    }
}

#[test]
fn pages_get_only_uploaded_files() {
    for method in ["DOM.setFileInputFiles", "Page.handleFileChooser"] {
        let files = json!({ "files": ["a.txt", "/data/uploads/b/c.txt"], "objectId": "1" });
        let expected = json!({ "files": ["/data/uploads/a.txt", "/data/uploads/b/c.txt"], "objectId": "1" });
        assert_eq!(rewritten(method, files), expected);
        for file in ["/etc/passwd", "../x", "/data/uploads/../x"] {
            let (code, message) = refusal(method, json!({ "files": ["a.txt", file] }));
            assert!(code == -32_602 && message.contains(file), "{message}");
        }
        assert_eq!(refusal(method, json!({ "files": "/etc/passwd" })).0, -32_602);
        assert_eq!(refusal(method, json!({ "files": [["/etc/passwd"]] })).0, -32_602);
    }
}

#[test]
fn dropped_files_are_uploaded_files_too() {
    let drag = |data: Value| json!({ "type": "drop", "x": 1, "y": 2, "data": data });
    let method = "Input.dispatchDragEvent";
    assert_eq!(judge(method, drag(json!({ "items": [], "dragOperationsMask": 1 }))), Verdict::Forward);
    let given = rewritten(method, drag(json!({ "items": [], "files": ["a"] })));
    assert_eq!(given, drag(json!({ "items": [], "files": ["/data/uploads/a"] })));
    assert_eq!(refusal(method, drag(json!({ "files": ["/etc/passwd"] }))).0, -32_602);
    assert_eq!(refusal(method, drag(json!([]))).0, -32_602);
}

#[test]
fn the_local_network_cannot_be_granted() {
    for name in ["localNetworkAccess", "localNetwork", "loopbackNetwork", "local-network-access"] {
        assert_eq!(refusal("Browser.grantPermissions", json!({ "permissions": ["geolocation", name] })).0, -32_000);
        let set = json!({ "permission": { "name": name }, "setting": "granted" });
        assert_eq!(refusal("Browser.setPermission", set).0, -32_000);
    }
    assert_eq!(judge("Browser.grantPermissions", json!({ "permissions": ["geolocation"] })), Verdict::Forward);
    assert_eq!(judge("Browser.setPermission", json!({ "permission": { "name": "midi" } })), Verdict::Forward);
    assert_eq!(refusal("Browser.grantPermissions", json!({ "permissions": "localNetworkAccess" })).0, -32_602);
    assert_eq!(refusal("Browser.setPermission", json!({ "permission": ["localNetwork"] })).0, -32_602);
}

#[test]
fn traces_are_streams() {
    assert_eq!(judge("Tracing.start", json!({ "transferMode": "ReturnAsStream" })), Verdict::Forward);
    for params in [
        json!({}),
        json!({ "transferMode": "ReportEvents" }),
        json!({ "transferMode": "ReturnAsStream", "perfettoConfig": "x" }),
    ] {
        assert_eq!(refusal("Tracing.start", params).0, -32_000);
    }
}

#[test]
fn nothing_secret_is_in_the_debug_output() {
    let params = json!({ "proxyServer": "http://u:canary@h", "botCloudFlags": ["--bot-cookies=canary"] });
    let verdict = judge("Target.createBrowserContext", params);
    assert_eq!(format!("{verdict:?}"), "CreateContext");
    let verdict = judge("DOM.setFileInputFiles", json!({ "files": ["canary"] }));
    assert!(!format!("{verdict:?}").contains("canary"));
}

#[test]
fn what_is_rewritten_is_small() {
    let params = json!({ "behavior": "deny", "x": "*".repeat(2 << 20) });
    assert_eq!(refusal("Page.setDownloadBehavior", params).0, -32_602);
}
