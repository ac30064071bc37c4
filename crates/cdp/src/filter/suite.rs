//! The security reference's lists, all of them; what the params decide is in the modules below.

mod extras;
mod one_page;
mod params;
mod spelling;

use serde_json::{Value, json};

use super::{Answer, Extra, Policy, Surroundings, Verdict};
use crate::envelope::Envelope;

const ALLOWED_DOMAINS: &str = "Accessibility Animation Audits CacheStorage Console CSS Database Debugger \
    DeviceOrientation DOM DOMDebugger DOMSnapshot DOMStorage Emulation Fetch HeadlessExperimental HeapProfiler \
    IndexedDB Input Inspector LayerTree Log Media Network Overlay Page Performance PerformanceTimeline Profiler \
    Runtime Schema Security ServiceWorker Storage Tracing WebAudio WebAuthn";

const ALLOWED: &str = "Browser.getVersion Browser.getWindowForTarget Browser.setWindowBounds Browser.cancelDownload \
    Browser.resetPermissions IO.read IO.close Memory.getDOMCounters Page.crash Page.navigateToHistoryEntry \
    Page.setBypassCSP Security.setIgnoreCertificateErrors Target.attachToBrowserTarget Target.closeTarget \
    Target.getTargets Target.setDiscoverTargets \
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
    judge_text(&json!({ "id": 7, "method": method, "params": params, "sessionId": "S" }).to_string())
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
    assert_eq!((&message["method"], &message["sessionId"]), (&json!(method), &json!("S")));
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
    let domains = ALLOWED_DOMAINS.split(' ').filter(|name| !name.is_empty()).map(|domain| format!("{domain}.enable"));
    let methods = ALLOWED.split(' ').filter(|name| !name.is_empty()).map(str::to_owned);
    for method in domains.chain(methods) {
        assert_eq!(judge(&method, json!({})), Verdict::Forward, "{method}");
    }
}

#[test]
fn denied_methods_are_refused_in_every_spelling() {
    for method in DENIED.split(' ').filter(|name| !name.is_empty()) {
        let expected = Answer::Error { code: -32_601, message: format!("'{method}' is not available on this service") };
        let escaped: String = method.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        let half: String = method.replace('.', "\\u002E").replace('e', "\\u0065");
        for text in [
            format!(r#"{{"id":1,"method":"{method}"}}"#),
            format!(r#"{{"id":1,"method":"{escaped}","params":null}}"#),
            format!(r#"{{"params":{{}},"\u006dethod":"{half}","id":1}}"#),
            format!("\r\n{{ \"method\"\t:\"{method}\" , \"id\":1}}"),
        ] {
            assert_eq!(judge_text(&text), Verdict::Answer(expected.clone()), "{text}");
        }
    }
}

#[test]
fn what_nobody_knows_is_answered_like_chromium() {
    for method in UNKNOWN.split(' ').filter(|name| !name.is_empty()) {
        assert_eq!(refusal(method, json!({})), (-32_601, format!("'{method}' wasn't found")));
    }
    for method in [" Browser.close", "Browser.close ", "Browser.close\u{0}", "Browser..close"] {
        let verdict = judge(method, json!({}));
        assert!(matches!(verdict, Verdict::Answer(_)), "{method:?} gave {verdict:?}");
    }
}

#[test]
fn unknown_domains_can_be_opened_but_denied_ones_stay_denied() {
    let surroundings = Surroundings { unknown_domains: true, ..(*policy().surroundings).clone() };
    let judge = |method: &str| {
        let text = json!({ "id": 7, "method": method }).to_string();
        Policy::new(surroundings.clone()).judge(&Envelope::scan(text.as_bytes()).unwrap(), text.as_bytes())
    };
    assert_eq!(judge("WebMCP.enable"), Verdict::Forward);
    for method in ["SystemInfo.getInfo", "Target.sendMessageToTarget", "Hangar.nothing", "nothing"] {
        assert!(matches!(judge(method), Verdict::Answer(_)), "{method}");
    }
}

#[test]
fn closing_the_browser_ends_the_session() {
    assert_eq!(judge("Browser.close", json!({})), Verdict::EndSession);
}
