//! Whatever text a client sends: what the envelope's reader takes, an ordinary JSON parser takes and reads in the same
//! way; nothing denied is forwarded; what is written anew keeps its id, session and method, and leads nowhere new.

use hangar_cdp::envelope::{Envelope, head_id, head_method, tail_session};
use hangar_cdp::filter::{Answer, Policy, Surroundings, Verdict};
use serde_json::Value;

/// Kept apart from the filter's own table on purpose.
const NEVER: &[&str] = &[
    "Browser.close",
    "Browser.crash",
    "Browser.crashGpuProcess",
    "Browser.executeBrowserCommand",
    "Browser.getBrowserCommandLine",
    "DOM.getFileInfo",
    "Page.addCompilationCache",
    "Target.createBrowserContext",
    "Target.exposeDevToolsProtocol",
    "Target.openDevTools",
    "Target.sendMessageToTarget",
    "Target.setRemoteLocations",
];
const NEVER_DOMAINS: &[&str] = &["Extensions.", "FileSystem.", "Hangar.", "PWA.", "SystemInfo.", "Tethering."];

/// The bytes are one message of a client, as the frame decoder gives it: UTF-8 or nothing.
pub(crate) fn run(data: &[u8]) {
    let _ = (head_id(data), head_method(data), tail_session(data));
    if std::str::from_utf8(data).is_err() {
        let _ = Envelope::scan(data);
        return;
    }
    let envelope = match Envelope::scan(data) {
        Ok(envelope) => envelope,
        Err(malformed) => {
            let answer = Answer::from(malformed).render(malformed.id, None);
            assert!(serde_json::from_slice::<Value>(&answer).is_ok());
            return;
        }
    };
    agrees(&envelope, data);
    let policy = Policy::new(Surroundings {
        downloads: "/data/downloads".to_owned(),
        uploads: "/data/uploads".to_owned(),
        unknown_domains: false,
    });
    match policy.judge(&envelope, data) {
        Verdict::Forward => forwarded(&envelope, data),
        Verdict::Rewrite(bytes) => {
            let again = Envelope::scan(&bytes).expect("what is written anew is a command");
            assert_eq!(
                (again.id, &again.method, &again.session_id),
                (envelope.id, &envelope.method, &envelope.session_id)
            );
            assert_eq!(policy.judge(&again, &bytes), Verdict::Rewrite(bytes.clone()), "a second pass changes it");
        }
        Verdict::Answer(answer) => {
            let reply = answer.render(Some(envelope.id), envelope.session_id.as_deref());
            assert!(reply.starts_with(br#"{"id":"#));
            assert!(serde_json::from_slice::<Value>(&reply).is_ok());
        }
        Verdict::EndSession => assert_eq!(envelope.method, "Browser.close"),
        Verdict::Extra(_) => {}
    }
}

/// The other parser refuses lone surrogates, which Chromium takes; such a message is only checked for its spans.
fn agrees(envelope: &Envelope<'_>, data: &[u8]) {
    assert_eq!(data[envelope.close], b'}');
    let mut addressed = data[..envelope.close].to_vec();
    if envelope.session_span.is_none() {
        addressed.extend_from_slice(br#","sessionId":"0123456789ABCDEF0123456789ABCDEF"}"#);
        let again = Envelope::scan(&addressed).expect("a session can be added before the last brace");
        assert_eq!(again.session_id.as_deref(), Some("0123456789ABCDEF0123456789ABCDEF"));
        assert_eq!(tail_session(&addressed), again.session_id.as_deref());
        assert_eq!(again.method, envelope.method);
    }
    let Ok(value) = serde_json::from_slice::<Value>(data) else {
        let surrogate =
            data.windows(3).any(|window| window[0] == b'\\' && window[1] == b'u' && window[2] | 0x20 == b'd');
        assert!(surrogate, "taken, but not JSON");
        return;
    };
    assert_eq!(value["id"].as_i64(), Some(envelope.id));
    assert_eq!(value["method"].as_str(), Some(&*envelope.method));
    assert_eq!(value.get("sessionId").and_then(Value::as_str), envelope.session_id.as_deref());
    let params = serde_json::from_slice::<Value>(envelope.params_in(data)).ok();
    assert_eq!(
        params.filter(|_| envelope.params.is_some()).as_ref(),
        value.get("params").filter(|value| !value.is_null())
    );
}

fn forwarded(envelope: &Envelope<'_>, data: &[u8]) {
    let method = &*envelope.method;
    assert!(!NEVER.contains(&method) && !NEVER_DOMAINS.iter().any(|domain| method.starts_with(domain)), "{method}");
    let params: Value = serde_json::from_slice(envelope.params_in(data)).unwrap_or_default();
    match method {
        "Page.navigate" | "Target.createTarget" | "Fetch.continueRequest" | "Network.loadNetworkResource" => {
            let url: String = params["url"].as_str().unwrap_or_default().split(['\t', '\n', '\r']).collect();
            let url = url.trim_start_matches(|letter| letter <= ' ').to_ascii_lowercase();
            for scheme in ["file:", "view-source:", "chrome", "devtools:", "filesystem:"] {
                assert!(!url.starts_with(scheme), "{scheme} was forwarded");
            }
        }
        "Target.attachToTarget" | "Target.setAutoAttach" => {
            assert_eq!(params["flatten"], Value::Bool(true))
        }
        "DOM.setFileInputFiles" => assert!(params["files"].is_null()),
        "Input.dispatchDragEvent" => assert!(params["data"]["files"].is_null()),
        _ => {}
    }
}
