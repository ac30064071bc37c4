//! Which header fields pass the proxy (RFC 9110 §7.6.1). Order and spelling of the rest stay as they are, because a
//! site can tell a browser by them.

use http::header::{CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};

use super::answer::EGRESS_HEADER;

/// Whether a message asks for, or grants, another protocol on its connection (RFC 9110 §7.8).
pub(super) fn wants_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(UPGRADE) && nominated(headers).any(|name| name.eq_ignore_ascii_case("upgrade"))
}

/// The end-to-end fields of `headers`; with `upgrade`, also those that ask for the other protocol. `host`, if given,
/// takes the place of the `Host` field (RFC 9112 §3.2.2).
pub(super) fn passed_on(headers: &HeaderMap, upgrade: bool, host: Option<&HeaderValue>) -> HeaderMap {
    let mut passed = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        if name == HOST && host.is_some() {
            continue;
        }
        let asked_for = upgrade && name == UPGRADE;
        let end_to_end =
            !is_hop_by_hop(name) && !nominated(headers).any(|other| other.eq_ignore_ascii_case(name.as_str()));
        if asked_for || end_to_end {
            passed.append(name, value.clone());
        }
    }
    if upgrade {
        passed.append(CONNECTION, HeaderValue::from_static("Upgrade"));
    }
    match host {
        None => passed,
        Some(host) => {
            let mut first = HeaderMap::with_capacity(passed.len() + 2);
            first.append(HOST, host.clone());
            first.extend(passed);
            first
        }
    }
}

/// The field names that `Connection` nominates.
fn nominated(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .map(str::trim)
}

fn is_hop_by_hop(name: &HeaderName) -> bool {
    [CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, EGRESS_HEADER].contains(name)
        || name == "keep-alive"
        || name.as_str().starts_with("proxy-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_end_to_end_fields_pass_in_their_order() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("accept", "*/*"),
            ("host", "wrong.example"),
            ("connection", "keep-alive, X-Secret"),
            ("x-secret", "1"),
            ("proxy-connection", "keep-alive"),
            ("proxy-authorization", "Basic x"),
            ("keep-alive", "1"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "websocket"),
            ("x-hangar-egress", "refused"),
            ("cookie", "a=1"),
            ("cookie", "b=2"),
        ] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let host = HeaderValue::from_static("right.example");
        let passed = passed_on(&headers, false, Some(&host));
        let passed: Vec<_> = passed.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        assert_eq!(passed, [("host", "right.example"), ("accept", "*/*"), ("cookie", "a=1"), ("cookie", "b=2")]);
    }

    #[test]
    fn an_upgrade_passes_when_it_is_asked_for() {
        let mut headers = HeaderMap::new();
        headers.append(UPGRADE, HeaderValue::from_static("websocket"));
        assert!(!wants_upgrade(&headers));
        headers.append(CONNECTION, HeaderValue::from_static("keep-alive, Upgrade"));
        assert!(wants_upgrade(&headers));
        let passed = passed_on(&headers, true, None);
        assert_eq!(passed.get(UPGRADE).unwrap(), "websocket");
        assert_eq!(passed.get(CONNECTION).unwrap(), "Upgrade");
    }
}
