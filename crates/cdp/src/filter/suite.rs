//! The security reference's lists, all of them, and the laws that no spelling of a command may break.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Answer, Extra, LONGEST_VIEW_MS, Policy, Surroundings, Verdict};
use crate::envelope::Envelope;

const ALLOWED_DOMAINS: &str = "Accessibility Animation Audits CacheStorage Console CSS Database Debugger \
    DeviceOrientation DOM DOMDebugger DOMSnapshot DOMStorage Emulation Fetch HeadlessExperimental HeapProfiler \
    IndexedDB Input Inspector LayerTree Log Media Network Overlay Page Performance PerformanceTimeline Profiler \
    Runtime Schema Security ServiceWorker Storage Tracing WebAudio WebAuthn";

const ALLOWED: &str = "Browser.getVersion Browser.getWindowForTarget Browser.setWindowBounds Browser.cancelDownload \
    Browser.resetPermissions IO.read IO.close Memory.getDOMCounters Page.crash Page.navigateToHistoryEntry \
    Page.setBypassCSP Security.setIgnoreCertificateErrors Target.attachToBrowserTarget Target.closeTarget \
    Target.getTargets Target.setDiscoverTargets Target.disposeBrowserContext Target.getBrowserContexts \
    Target.detachFromTarget Target.activateTarget Target.getTargetInfo Tracing.end Runtime.evaluate";

const DENIED: &str = "Browser.crash Browser.crashGpuProcess Browser.executeBrowserCommand \
    Browser.getBrowserCommandLine Browser.addPrivacySandboxEnrollmentOverride \
    Browser.addPrivacySandboxCoordinatorKeyConfig Target.exposeDevToolsProtocol Target.sendMessageToTarget \
    Target.setRemoteLocations Target.openDevTools Target.getDevToolsTarget Tethering.bind Tethering.unbind \
    SystemInfo.getInfo SystemInfo.getProcessInfo Extensions.loadUnpacked Extensions.uninstall PWA.install PWA.launch \
    PWA.launchFilesInApp DeviceAccess.enable BluetoothEmulation.enable SmartCardEmulation.enable \
    FileSystem.getDirectory Cast.enable Autofill.trigger FedCm.enable Page.addCompilationCache \
    Page.setRPHRegistrationMode DOM.getFileInfo Memory.simulatePressureNotification \
    Memory.forciblyPurgeJavaScriptMemory Memory.setPressureNotificationsSuppressed Memory.prepareForLeakDetection \
    IO.resolveBlob";

const UNKNOWN: &str = "WebMCP.enable Preload.enable NoSuchDomain.enable Hangar.nothing BotBrowser.nothing liveUrl \
    devTools browser.close BROWSER.crash Browser .devtools Target";

fn policy() -> Policy {
    Policy::new(Surroundings {
        downloads: "/data/downloads".to_owned(),
        uploads: "/data/uploads".to_owned(),
        unknown_domains: false,
    })
}

fn judge_text(text: &str) -> Verdict {
    let envelope = Envelope::scan(text.as_bytes()).unwrap();
    policy().judge(&envelope, text.as_bytes())
}

#[expect(clippy::needless_pass_by_value, reason = "the callers write literals")]
fn judge(method: &str, params: Value) -> Verdict {
    judge_text(
        &json!({ "id": 7, "method": method, "params": params, "sessionId": "S" }).to_string(),
    )
}

fn refusal(method: &str, params: Value) -> (i32, String) {
    match judge(method, params) {
        Verdict::Answer(Answer::Error { code, message }) => (code, message),
        other => panic!("{method} gave {other:?}"),
    }
}

/// The params of the message that goes instead, after checking the rest of it.
fn rewritten(method: &str, params: Value) -> Value {
    let Verdict::Rewrite(bytes) = judge(method, params) else {
        panic!("{method} was not rewritten");
    };
    assert!(bytes.starts_with(br#"{"id":7,"#));
    let message: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(
        (&message["method"], &message["sessionId"]),
        (&json!(method), &json!("S"))
    );
    message["params"].clone()
}

fn extra(method: &str, params: Value) -> Extra {
    match judge(method, params) {
        Verdict::Extra(extra) => extra,
        other => panic!("{method} gave {other:?}"),
    }
}

#[test]
fn allowed_domains_and_methods_are_forwarded() {
    let domains = ALLOWED_DOMAINS
        .split(' ')
        .filter(|name| !name.is_empty())
        .map(|domain| format!("{domain}.enable"));
    let methods = ALLOWED
        .split(' ')
        .filter(|name| !name.is_empty())
        .map(str::to_owned);
    for method in domains.chain(methods) {
        assert_eq!(judge(&method, json!({})), Verdict::Forward, "{method}");
    }
}

#[test]
fn denied_methods_are_refused_in_every_spelling() {
    for method in DENIED.split(' ').filter(|name| !name.is_empty()) {
        let expected = Answer::Error {
            code: -32_601,
            message: format!("'{method}' is not available on this service"),
        };
        let escaped: String = method
            .encode_utf16()
            .map(|unit| format!("\\u{unit:04x}"))
            .collect();
        let half: String = method.replace('.', "\\u002E").replace('e', "\\u0065");
        for text in [
            format!(r#"{{"id":1,"method":"{method}"}}"#),
            format!(r#"{{"id":1,"method":"{escaped}","params":null}}"#),
            format!(r#"{{"params":{{}},"\u006dethod":"{half}","id":1}}"#),
            format!("\r\n{{ \"method\"\t:\"{method}\" , \"id\":1}}"),
        ] {
            assert_eq!(
                judge_text(&text),
                Verdict::Answer(expected.clone()),
                "{text}"
            );
        }
    }
}

#[test]
fn what_nobody_knows_is_answered_like_chromium() {
    for method in UNKNOWN.split(' ').filter(|name| !name.is_empty()) {
        assert_eq!(
            refusal(method, json!({})),
            (-32_601, format!("'{method}' wasn't found"))
        );
    }
    for method in [
        "",
        " Browser.close",
        "Browser.close ",
        "Browser.close\u{0}",
        "Browser..close",
    ] {
        let verdict = judge(method, json!({}));
        assert!(
            matches!(verdict, Verdict::Answer(_)),
            "{method:?} gave {verdict:?}"
        );
    }
}

#[test]
fn unknown_domains_can_be_opened_but_denied_ones_stay_denied() {
    let surroundings = Surroundings {
        unknown_domains: true,
        ..(*policy().surroundings).clone()
    };
    let judge = |method: &str| {
        let text = json!({ "id": 7, "method": method }).to_string();
        Policy::new(surroundings.clone())
            .judge(&Envelope::scan(text.as_bytes()).unwrap(), text.as_bytes())
    };
    assert_eq!(judge("WebMCP.enable"), Verdict::Forward);
    for method in [
        "SystemInfo.getInfo",
        "Target.sendMessageToTarget",
        "Hangar.nothing",
        "nothing",
    ] {
        assert!(matches!(judge(method), Verdict::Answer(_)), "{method}");
    }
}

#[test]
fn closing_the_browser_ends_the_session() {
    assert_eq!(judge("Browser.close", json!({})), Verdict::EndSession);
}

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
        assert_eq!(
            judge(
                method,
                json!({ "url": "https://a.example/", "referrer": "file:///x" })
            ),
            Verdict::Forward
        );
        assert_eq!(judge(method, json!({ "requestId": "1" })), Verdict::Forward);
        for url in [
            "file:///etc/passwd",
            "View-Source:file:///x",
            "\tch\nrome://version",
        ] {
            assert_eq!(
                refusal(method, json!({ "url": url })).0,
                -32_000,
                "{method} {url:?}"
            );
        }
        assert_eq!(
            refusal(method, json!({ "url": ["file:///"] })).1,
            "Invalid parameters: 'url' must be a string"
        );
        let escaped = format!(
            r#"{{"id":1,"method":"{method}","params":{{"\u0075rl":"\u0066ile:///etc/passwd"}}}}"#
        );
        assert!(
            matches!(judge_text(&escaped), Verdict::Answer(_)),
            "{escaped}"
        );
    }
}

#[test]
fn only_flat_sessions_exist() {
    for method in ["Target.attachToTarget", "Target.setAutoAttach"] {
        assert_eq!(
            judge(method, json!({ "flatten": true, "targetId": "T" })),
            Verdict::Forward
        );
        for params in [
            json!({}),
            json!({ "flatten": false }),
            json!({ "flatten": 1 }),
            json!({ "flatten": "true" }),
        ] {
            let expected = format!("'{method}' needs 'flatten': true on this service");
            assert_eq!(refusal(method, params), (-32_000, expected));
        }
    }
}

#[test]
fn downloads_land_in_the_session() {
    for method in ["Browser.setDownloadBehavior", "Page.setDownloadBehavior"] {
        for behavior in ["allow", "allowAndName"] {
            let params =
                json!({ "behavior": behavior, "downloadPath": "/etc", "eventsEnabled": true });
            let expected = json!({ "behavior": behavior, "downloadPath": "/data/downloads", "eventsEnabled": true });
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
        let expected =
            json!({ "files": ["/data/uploads/a.txt", "/data/uploads/b/c.txt"], "objectId": "1" });
        assert_eq!(rewritten(method, files), expected);
        for file in ["/etc/passwd", "../x", "/data/uploads/../x"] {
            let (code, message) = refusal(method, json!({ "files": ["a.txt", file] }));
            assert!(code == -32_602 && message.contains(file), "{message}");
        }
        assert_eq!(
            refusal(method, json!({ "files": "/etc/passwd" })).0,
            -32_602
        );
        assert_eq!(
            refusal(method, json!({ "files": [["/etc/passwd"]] })).0,
            -32_602
        );
    }
}

#[test]
fn dropped_files_are_uploaded_files_too() {
    let drag = |data: Value| json!({ "type": "drop", "x": 1, "y": 2, "data": data });
    let method = "Input.dispatchDragEvent";
    assert_eq!(
        judge(
            method,
            drag(json!({ "items": [], "dragOperationsMask": 1 }))
        ),
        Verdict::Forward
    );
    let given = rewritten(method, drag(json!({ "items": [], "files": ["a"] })));
    assert_eq!(
        given,
        drag(json!({ "items": [], "files": ["/data/uploads/a"] }))
    );
    assert_eq!(
        refusal(method, drag(json!({ "files": ["/etc/passwd"] }))).0,
        -32_602
    );
    assert_eq!(refusal(method, drag(json!([]))).0, -32_602);
}

#[test]
fn the_local_network_cannot_be_granted() {
    for name in [
        "localNetworkAccess",
        "localNetwork",
        "loopbackNetwork",
        "local-network-access",
    ] {
        assert_eq!(
            refusal(
                "Browser.grantPermissions",
                json!({ "permissions": ["geolocation", name] })
            )
            .0,
            -32_000
        );
        let set = json!({ "permission": { "name": name }, "setting": "granted" });
        assert_eq!(refusal("Browser.setPermission", set).0, -32_000);
    }
    assert_eq!(
        judge(
            "Browser.grantPermissions",
            json!({ "permissions": ["geolocation"] })
        ),
        Verdict::Forward
    );
    assert_eq!(
        judge(
            "Browser.setPermission",
            json!({ "permission": { "name": "midi" } })
        ),
        Verdict::Forward
    );
    assert_eq!(
        refusal(
            "Browser.grantPermissions",
            json!({ "permissions": "localNetworkAccess" })
        )
        .0,
        -32_602
    );
    assert_eq!(
        refusal(
            "Browser.setPermission",
            json!({ "permission": ["localNetwork"] })
        )
        .0,
        -32_602
    );
}

#[test]
fn traces_are_streams() {
    assert_eq!(
        judge("Tracing.start", json!({ "transferMode": "ReturnAsStream" })),
        Verdict::Forward
    );
    for params in [
        json!({}),
        json!({ "transferMode": "ReportEvents" }),
        json!({ "transferMode": "ReturnAsStream", "perfettoConfig": "x" }),
    ] {
        assert_eq!(refusal("Tracing.start", params).0, -32_000);
    }
}

#[test]
fn contexts_lose_their_proxy_and_flags() {
    let params = json!({
        "disposeOnDetach": true, "proxyServer": "http://u:p@h:1", "proxyBypassList": "*", "botCloudFlags": ["--a=b"],
    });
    let Extra::CreateContext {
        params,
        flags,
        proxy_server,
    } = extra("Target.createBrowserContext", params)
    else {
        panic!("a context was expected");
    };
    assert_eq!(Value::Object(params), json!({ "disposeOnDetach": true }));
    assert_eq!(flags, ["--a=b"]);
    assert_eq!(proxy_server.as_deref(), Some("http://u:p@h:1"));
    for flags in [
        json!("--a"),
        json!([1]),
        json!(["a=b"]),
        json!(["--a\n"]),
        json!(vec!["--a"; 129]),
    ] {
        assert_eq!(
            refusal(
                "Target.createBrowserContext",
                json!({ "botCloudFlags": flags })
            )
            .0,
            -32_602
        );
    }
    assert_eq!(
        refusal("Target.createBrowserContext", json!({ "proxyServer": 5 })).0,
        -32_602
    );
    assert_eq!(
        refusal(
            "BotBrowser.setBrowserContextFlags",
            json!({ "botCloudFlags": [] })
        )
        .0,
        -32_602
    );
    let set = extra(
        "BotBrowser.setBrowserContextFlags",
        json!({ "browserContextId": "C", "botCloudFlags": ["--x"] }),
    );
    assert_eq!(
        set,
        Extra::SetContextFlags {
            browser_context_id: "C".to_owned(),
            flags: vec!["--x".to_owned()]
        }
    );
}

#[test]
fn views_have_a_time_limit() {
    assert_eq!(
        extra("devtools", json!({})),
        Extra::Devtools {
            timeout_ms: 300_000
        }
    );
    assert_eq!(
        extra("liveURL", json!({ "timeout": 5000.5 })),
        Extra::LiveUrl { timeout_ms: 5000 }
    );
    assert_eq!(
        extra("liveURL", json!({ "timeout": 9e99 })),
        Extra::LiveUrl {
            timeout_ms: LONGEST_VIEW_MS
        }
    );
    for timeout in [json!(0), json!(-1), json!("5"), json!([])] {
        assert_eq!(
            refusal("devtools", json!({ "timeout": timeout })).0,
            -32_602
        );
    }
    assert_eq!(
        extra("switchPage", json!({ "targetId": "T" })),
        Extra::SwitchPage {
            target_id: "T".to_owned()
        }
    );
    assert_eq!(
        refusal("switchPage", json!({})).1,
        "Invalid parameters: 'targetId' is missing"
    );
}

#[test]
fn files_go_in_and_out_by_plain_names() {
    let upload = extra(
        "Hangar.uploadFile",
        json!({ "name": "a b.txt", "data": "aGk=" }),
    );
    assert_eq!(
        upload,
        Extra::UploadFile {
            name: "a b.txt".to_owned(),
            content: b"hi".to_vec()
        }
    );
    for name in [
        "",
        ".",
        "..",
        "a/b",
        "/a",
        "a\\b",
        "a\u{0}",
        &"x".repeat(256),
    ] {
        assert_eq!(
            refusal("Hangar.uploadFile", json!({ "name": name, "data": "" })).0,
            -32_602,
            "{name:?}"
        );
    }
    assert_eq!(
        refusal("Hangar.uploadFile", json!({ "name": "a", "data": "?" })).0,
        -32_602
    );
    assert_eq!(
        refusal("Hangar.uploadFile", json!({ "name": "a" })).1,
        "Invalid parameters: 'data' is missing"
    );
    assert_eq!(
        extra("Hangar.listDownloads", json!({})),
        Extra::ListDownloads
    );
    let read = extra(
        "Hangar.readDownload",
        json!({ "guid": "a-1", "offset": 5, "size": 1e12 }),
    );
    assert_eq!(
        read,
        Extra::ReadDownload {
            guid: "a-1".to_owned(),
            offset: 5,
            size: 4 << 20
        }
    );
    for guid in ["", "../x", "a/b", "a.b"] {
        assert_eq!(
            refusal("Hangar.readDownload", json!({ "guid": guid })).0,
            -32_602,
            "{guid:?}"
        );
    }
}

#[test]
fn nothing_secret_is_in_the_debug_output() {
    let params =
        json!({ "proxyServer": "http://u:canary@h", "botCloudFlags": ["--bot-cookies=canary"] });
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

/// A JSON string with each character written in one of the ways that Chromium reads.
fn spelled(text: &'static str) -> impl Strategy<Value = String> {
    proptest::collection::vec(0..3_u8, text.len()).prop_map(move |ways| {
        let spell = |(letter, way): (char, u8)| match way {
            0 => letter.to_string(),
            1 => format!("\\u{:04x}", u32::from(letter)),
            _ => format!("\\u{:04X}", u32::from(letter)),
        };
        format!(
            "\"{}\"",
            text.chars().zip(ways).map(spell).collect::<String>()
        )
    })
}

fn denied_method() -> impl Strategy<Value = String> {
    let methods: Vec<&'static str> = DENIED.split(' ').filter(|name| !name.is_empty()).collect();
    proptest::sample::select(methods).prop_flat_map(spelled)
}

fn blank() -> impl Strategy<Value = String> {
    "[ \t\r\n]{0,3}"
}

fn any_params() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        Just("{}".to_owned()),
        "[a-z]{0,5}"
            .prop_map(|key| format!(r#"{{"{key}":[1,"}}",{{"method":"Page.enable","id":2}}]}}"#)),
        r#"[{}\[\]:,"a0\\ ]{0,20}"#,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_denied_method_is_never_forwarded(
        method in denied_method(),
        names in (spelled("id"), spelled("method"), spelled("params")),
        params in any_params(),
        blanks in proptest::collection::vec(blank(), 4),
        order in Just([0, 1, 2]).prop_shuffle(),
        decoy in proptest::option::of(Just(r#""method":"Page.enable","#)),
    ) {
        let members = [
            format!("{}:{}5", names.0, blanks[0]),
            format!("{}{}:{method}", names.1, blanks[1]),
            format!("{}:{params}{}", names.2, blanks[2]),
        ];
        let ordered: Vec<&str> = order.iter().map(|&index: &usize| &*members[index]).collect();
        let text = format!("{}{{{}{}}}", blanks[3], decoy.unwrap_or_default(), ordered.join(","));
        if let Ok(envelope) = Envelope::scan(text.as_bytes()) {
            let verdict = policy().judge(&envelope, text.as_bytes());
            prop_assert!(matches!(verdict, Verdict::Answer(_)), "{} gave {:?}", text, verdict);
        }
    }

    #[test]
    fn a_file_address_is_never_forwarded(
        url in spelled("file:///etc/passwd"),
        name in spelled("url"),
        noise in "[ \\\\]{0,2}",
        tail in any_params(),
    ) {
        let text = format!(r#"{{"id":1,"method":"Page.navigate","params":{{{name}:{url},"x":{tail}}}}}{noise}"#);
        if let Ok(envelope) = Envelope::scan(text.as_bytes()) {
            let verdict = policy().judge(&envelope, text.as_bytes());
            prop_assert!(matches!(verdict, Verdict::Answer(_)), "{} gave {:?}", text, verdict);
        }
    }
}
