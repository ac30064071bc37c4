//! The requests as an HTTP archive, HAR 1.2. What a timeline does not know is said to be unknown (-1), not made up.

use std::io::{self, Write};

use hangar_domain::timeline::{Event, Request, ServedFrom};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Entries, Facts};

/// Writes the requests of a timeline as HAR 1.2.
///
/// # Errors
/// Those of `entries` and `out`.
pub fn har(facts: &Facts, entries: Entries<'_>, mut out: impl Write) -> io::Result<()> {
    let creator = json!({ "name": "Hangar", "version": env!("CARGO_PKG_VERSION") });
    let (name, version) = facts.browser.rsplit_once([' ', '/']).unwrap_or((facts.browser.as_str(), ""));
    let browser = json!({ "name": name, "version": version });
    write!(out, r#"{{"log":{{"version":"1.2","creator":{creator},"browser":{browser},"#)?;
    write!(out, r#""comment":{},"pages":[],"entries":["#, Value::from(facts.session.as_str()))?;
    let mut is_first = true;
    for entry in entries {
        let entry = entry?;
        let Event::Request(request) = entry.event else { continue };
        if !std::mem::take(&mut is_first) {
            out.write_all(b",")?;
        }
        serde_json::to_writer(&mut out, &one(&request, entry.at))?;
    }
    out.write_all(b"]}}\n")?;
    out.flush()
}

fn one(request: &Request, at: Timestamp) -> Value {
    let wait = request.wait_ms.unwrap_or(-1.0);
    let receive = match (request.duration_ms, request.wait_ms) {
        (Some(duration), Some(wait)) => (duration - wait).max(0.0),
        _ => -1.0,
    };
    let mut entry = json!({
        "startedDateTime": request.started.unwrap_or(at).to_string(),
        "time": request.duration_ms.unwrap_or(0.0),
        "request": {
            "method": request.method,
            "url": request.url,
            "httpVersion": version(request),
            "cookies": [],
            "headers": [],
            "queryString": query(&request.url),
            "headersSize": -1,
            "bodySize": -1,
        },
        "response": response(request),
        "cache": {},
        "timings": { "send": 0, "wait": wait.max(0.0), "receive": receive.max(0.0) },
        "_resourceType": request.resource.to_lowercase(),
        "_requestId": request.id,
    });
    match request.served_from {
        Some(ServedFrom::Cache) => entry["_fromCache"] = json!("disk"),
        Some(ServedFrom::ServiceWorker) => entry["_fetchedViaServiceWorker"] = json!(true),
        None => {}
    }
    entry
}

fn response(request: &Request) -> Value {
    let headers: Vec<Value> =
        request.response_headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    let location = request.response_headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"));
    let mut response = json!({
        "status": request.status.unwrap_or(0),
        "statusText": "",
        "httpVersion": version(request),
        "cookies": [],
        "headers": headers,
        "content": {
            "size": request.decoded_bytes.map_or(-1, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX)),
            "mimeType": request.mime.as_deref().unwrap_or("x-unknown"),
        },
        "redirectURL": location.map_or("", |(_, value)| value),
        "headersSize": -1,
        "bodySize": -1,
        "_transferSize": request.encoded_bytes.map_or(-1, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX)),
    });
    if let Some(failure) = &request.failure {
        response["_error"] = json!(failure);
    }
    response
}

fn version(request: &Request) -> &str {
    request.protocol.as_deref().unwrap_or("unknown")
}

fn query(url: &str) -> Vec<Value> {
    let before_fragment = url.split('#').next().unwrap_or_default();
    let Some((_, query)) = before_fragment.split_once('?') else { return Vec::new() };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            json!({ "name": name, "value": value })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use hangar_domain::timeline::Entry;

    use super::*;

    #[test]
    fn an_archive_is_json_with_what_har_demands() {
        let request = Request {
            id: "1.1".to_owned(),
            url: "http://h/a?b=\"c\"&d#</script>".to_owned(),
            method: "GET".to_owned(),
            resource: "Image".to_owned(),
            status: Some(200),
            duration_ms: Some(12.5),
            wait_ms: Some(10.0),
            ..Request::default()
        };
        let at = Timestamp::from_second(1).unwrap();
        let mut entries =
            [&request, &request].into_iter().map(|request| Ok(Entry { at, event: Event::Request(request.clone()) }));
        let facts =
            Facts { session: "s\"1".to_owned(), started: at, ended: None, browser: "Chromium 156.0".to_owned() };
        let mut out = Vec::new();
        har(&facts, &mut entries, &mut out).unwrap();
        let archive: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(archive["log"]["version"], "1.2");
        assert_eq!(archive["log"]["browser"], json!({ "name": "Chromium", "version": "156.0" }));
        let entry = &archive["log"]["entries"][1];
        assert_eq!(entry["startedDateTime"], "1970-01-01T00:00:01Z");
        assert_eq!(entry["timings"], json!({ "send": 0, "wait": 10.0, "receive": 2.5 }));
        assert_eq!(
            entry["request"]["queryString"],
            json!([
                { "name": "b", "value": "\"c\"" }, { "name": "d", "value": "" }
            ])
        );
        for member in ["startedDateTime", "time", "request", "response", "cache", "timings"] {
            assert!(!entry[member].is_null(), "{member}");
        }
    }
}
