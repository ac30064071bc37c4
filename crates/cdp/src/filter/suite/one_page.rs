//! The policy of somebody who was given a link to one page.

use serde_json::{Value, json};

use super::{Answer, Envelope, Verdict, policy};

#[expect(clippy::needless_pass_by_value, reason = "the callers write literals")]
fn judge(method: &str, params: Value) -> Verdict {
    let text = json!({ "id": 7, "method": method, "params": params }).to_string();
    let envelope = Envelope::scan(text.as_bytes()).unwrap();
    policy().of_one_page().judge(&envelope, text.as_bytes())
}

#[test]
fn the_page_itself_can_be_inspected() {
    for method in
        ["Runtime.evaluate", "DOM.getDocument", "Network.enable", "Target.getTargetInfo", "Browser.getVersion"]
    {
        assert_eq!(judge(method, json!({})), Verdict::Forward, "{method}");
    }
    let attach = json!({ "autoAttach": true, "waitForDebuggerOnStart": false, "flatten": true });
    assert_eq!(judge("Target.setAutoAttach", attach), Verdict::Forward);
}

#[test]
fn nothing_beside_the_page_can_be_reached() {
    let methods = [
        "Target.getTargets",
        "Target.setDiscoverTargets",
        "Target.attachToTarget",
        "Target.attachToBrowserTarget",
        "Target.createTarget",
        "Target.closeTarget",
        "Target.createBrowserContext",
        "Target.disposeBrowserContext",
        "Browser.close",
        "Browser.setDownloadBehavior",
        "Tracing.start",
        "Hangar.listDownloads",
        "devtools",
        "liveURL",
        "BotBrowser.setBrowserContextFlags",
        "SystemInfo.getInfo",
    ];
    for method in methods {
        assert!(matches!(judge(method, json!({ "flatten": true })), Verdict::Answer(_)), "{method}");
    }
    for (method, param) in [("Storage.getCookies", "browserContextId"), ("Target.getTargetInfo", "targetId")] {
        let verdict = judge(method, json!({ param: "X" }));
        assert!(matches!(verdict, Verdict::Answer(Answer::Error { code: -32_602, .. })), "{method}");
    }
    let escaped = r#"{"id":1,"method":"Storage.getCookies","params":{"browser\u0043ontextId":"X"}}"#;
    let envelope = Envelope::scan(escaped.as_bytes()).unwrap();
    assert!(matches!(policy().of_one_page().judge(&envelope, escaped.as_bytes()), Verdict::Answer(_)));
}
