//! The two sources, each alone, both, and each with a part.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    traced::{Step, TraceEvent, What},
    *,
};

const DOCUMENT: &str = "E742D7183B74CC577411808439EE8FB6";

fn book() -> Book {
    Book::new(100)
}

fn from<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn told_send(book: &mut Book, id: &str, url: &str, at: f64) {
    let params = json!({ "requestId": id, "request": { "url": url, "method": "GET" }, "timestamp": at,
        "wallTime": 1_000.0 + at, "type": "Image", "frameId": "F" });
    book.sent(from(params), Some("P"));
}

fn told_redirect(book: &mut Book, id: &str, from_url: &str, url: &str, at: f64) {
    let params = json!({ "requestId": id, "request": { "url": url, "method": "GET" }, "timestamp": at,
        "wallTime": 1_000.0 + at, "type": "Document",
        "redirectResponse": { "url": from_url, "status": 302, "headers": { "Location": url } } });
    book.sent(from(params), Some("P"));
}

fn told_end(book: &mut Book, id: &str, url: &str, at: f64) {
    let response = json!({ "url": url, "status": 200, "mimeType": "image/png", "headers": {} });
    book.received(
        from(json!({ "requestId": id, "timestamp": at - 0.001, "type": "Image", "response": response })),
        Some("P"),
    );
    book.data(&from(json!({ "requestId": id, "dataLength": 70 })));
    book.finished(&from(json!({ "requestId": id, "timestamp": at, "encodedDataLength": 266 })));
}

fn event(name: &str, at: f64, data: Value) -> Value {
    json!({ "name": name, "ts": at * 1e6, "args": { "data": data } })
}

fn send(id: &str, url: &str, at: f64) -> Value {
    event(
        "ResourceSendRequest",
        at,
        json!({ "requestId": id, "url": url, "requestMethod": "GET", "resourceType": "Image", "frame": "F" }),
    )
}

fn answer(id: &str, at: f64) -> Value {
    event("ResourceReceiveResponse", at, json!({ "requestId": id, "statusCode": 200, "mimeType": "image/png" }))
}

fn finish(id: &str, at: f64) -> Value {
    let data = json!({ "requestId": id, "didFail": false, "encodedDataLength": 266, "decodedBodyLength": 70, "finishTime": at });
    event("ResourceFinish", at, data)
}

fn trace(book: &mut Book, events: &[Value]) {
    let mut traced = Traced::default();
    for event in events {
        let (at, name) = (event["ts"].as_f64().unwrap().round() as i64, event["name"].as_str().unwrap());
        let arguments = || event["args"].clone();
        let step = Step::told(name, arguments).map(|step| (at, event["track"].as_u64().unwrap(), step));
        traced.steps.extend(step);
        traced.events.extend(What::told(name, arguments).map(|what| TraceEvent { at, what }));
    }
    book.trace_complete(traced, Timestamp::from_second(2_000).unwrap());
}

fn urls(book: &mut Book) -> Vec<String> {
    book.take_over().into_iter().map(|(_, request)| request.url).collect()
}

#[test]
fn a_request_is_the_same_whoever_told_it() {
    let mut told = book();
    told_send(&mut told, "1.1", "http://h/a", 10.0);
    told_end(&mut told, "1.1", "http://h/a", 10.5);
    let mut traced = book();
    traced.frame("F", "P");
    traced.navigating("X", "about:blank", "P");
    trace(&mut traced, &[send("1.1", "http://h/a", 10.0), answer("1.1", 10.499), finish("1.1", 10.5)]);
    let (told, traced) = (told.take_over().remove(0).1, traced.take_over().remove(0).1);
    assert_eq!(told.duration_ms, Some(500.0));
    assert_eq!((told.status, told.decoded_bytes, told.encoded_bytes), (Some(200), Some(70), Some(266)));
    assert_eq!(traced, hangar_domain::timeline::Request { started: traced.started, ..told });
}

#[test]
fn what_both_tell_is_there_once() {
    let mut book = book();
    told_send(&mut book, "1.1", "http://h/a", 10.0);
    told_end(&mut book, "1.1", "http://h/a", 10.5);
    assert_eq!(urls(&mut book), ["http://h/a"]);
    trace(&mut book, &[send("1.1", "http://h/a", 10.0002), answer("1.1", 10.4), finish("1.1", 10.5)]);
    assert!(urls(&mut book).is_empty());
    assert!(book.pending().is_empty());
}

#[test]
fn what_each_tells_a_part_of_is_whole() {
    // The trace sees it leave, the Network domain sees it end, and the other way round.
    let mut book = book();
    told_end(&mut book, "1.1", "http://h/a", 10.5);
    assert!(urls(&mut book).is_empty(), "nobody has said yet what it was");
    told_send(&mut book, "1.2", "http://h/b", 10.1);
    trace(&mut book, &[send("1.1", "http://h/a", 10.0), answer("1.2", 10.6), finish("1.2", 10.7)]);
    let over = book.take_over();
    let seen: Vec<_> = over.iter().map(|(_, r)| (r.url.as_str(), r.status, r.duration_ms.unwrap().round())).collect();
    assert_eq!(seen, [("http://h/a", Some(200), 500.0), ("http://h/b", Some(200), 600.0)]);
}

#[test]
fn a_request_that_outlives_several_traces_is_one() {
    let mut book = book();
    trace(&mut book, &[send("1.1", "http://h/a", 10.0)]);
    assert_eq!(book.pending().len(), 1);
    trace(&mut book, &[answer("1.1", 40.0)]);
    assert!(urls(&mut book).is_empty());
    trace(&mut book, &[finish("1.1", 70.0)]);
    let over = book.take_over();
    assert_eq!((over.len(), over[0].1.duration_ms, over[0].1.status), (1, Some(60_000.0), Some(200)));
}

#[test]
fn every_hop_is_one_request_in_order() {
    let mut told = book();
    told_send(&mut told, "1.1", "http://h/a", 10.0);
    told_redirect(&mut told, "1.1", "http://h/a", "http://h/b", 10.1);
    told_redirect(&mut told, "1.1", "http://h/b", "http://h/c", 10.2);
    trace(
        &mut told,
        &[
            send("1.1", "http://h/a", 10.0),
            send("1.1", "http://h/b", 10.1),
            send("1.1", "http://h/c", 10.2),
            finish("1.1", 10.3),
        ],
    );
    let over = told.take_over();
    let hops: Vec<_> =
        over.iter().map(|(_, r)| (r.url.as_str(), r.status, r.redirected_from.as_deref().unwrap_or(""))).collect();
    let expected =
        [("http://h/a", Some(302), ""), ("http://h/b", Some(302), "http://h/a"), ("http://h/c", None, "http://h/b")];
    assert_eq!(hops, expected);
    let mut traced = book();
    trace(&mut traced, &[send("1.1", "http://h/a", 10.0), send("1.1", "http://h/b", 10.1), finish("1.1", 10.3)]);
    assert_eq!(urls(&mut traced), ["http://h/a", "http://h/b"]);
}

#[test]
fn a_redirect_to_the_same_address_is_a_hop_too() {
    let mut book = book();
    told_send(&mut book, "1.1", "http://h/a", 10.0);
    told_redirect(&mut book, "1.1", "http://h/a", "http://h/a", 10.002);
    trace(&mut book, &[send("1.1", "http://h/a", 10.0), send("1.1", "http://h/a", 10.002), finish("1.1", 10.3)]);
    assert_eq!(urls(&mut book), ["http://h/a", "http://h/a"]);
}

#[test]
fn a_redirect_across_a_gap_has_both_hops() {
    // The Network domain sees the first hop during a rotation, the next trace sees the second.
    let mut book = book();
    told_send(&mut book, "1.1", "http://h/a", 10.0);
    trace(&mut book, &[send("1.1", "http://h/b", 10.9), answer("1.1", 11.0), finish("1.1", 11.1)]);
    assert_eq!(urls(&mut book), ["http://h/a", "http://h/b"]);
}

fn statuses(book: &mut Book) -> Vec<(String, Option<u16>)> {
    book.take_over().into_iter().map(|(_, request)| (request.url, request.status)).collect()
}

#[test]
fn an_answer_and_an_end_on_both_sides_of_a_trace_are_one() {
    // The Network domain opens, tells the answer, the trace that saw it leave is read, and the Network domain tells the end.
    let mut book = book();
    let response = json!({ "url": "http://h/a", "status": 200, "headers": {} });
    book.received(
        from(json!({ "requestId": "1.1", "timestamp": 10.2, "type": "Fetch", "response": response })),
        Some("P"),
    );
    trace(&mut book, &[send("1.1", "http://h/a", 10.0)]);
    assert!(urls(&mut book).is_empty());
    book.finished(&from(json!({ "requestId": "1.1", "timestamp": 10.5, "encodedDataLength": 266 })));
    assert_eq!(statuses(&mut book), [("http://h/a".to_owned(), Some(200))]);
}

/// The network process's part of a hop.
fn transaction(number: u64, url: &str, at: f64, status: u16) -> [Value; 2] {
    let step =
        |name: &str, at: f64, args: Value| json!({ "name": name, "ts": at * 1e6, "track": number, "args": args });
    [
        step("HttpCacheTransactionState", at - 0.01, json!({ "url": url })),
        step("DoSuccessfulSendRequest", at, json!({ "response_code": status })),
    ]
}

#[test]
fn an_answer_waits_for_its_own_hop() {
    // The trace sees both hops leave; the Network domain opens between the redirect and the answer.
    let mut book = book();
    told_end(&mut book, "1.1", "http://h/b", 10.5);
    trace(&mut book, &[send("1.1", "http://h/a", 10.0), send("1.1", "http://h/b", 10.2), finish("1.1", 10.5)]);
    let expected = |first| [("http://h/a".to_owned(), first), ("http://h/b".to_owned(), Some(200))];
    assert_eq!(statuses(&mut book), expected(None));
    // An earlier trace has told the first already.
    trace(&mut book, &[send("1.2", "http://h/a", 20.0)]);
    told_end(&mut book, "1.2", "http://h/b#part", 20.5);
    trace(&mut book, &[send("1.2", "http://h/b", 20.2)]);
    assert_eq!(statuses(&mut book), expected(None));
    // The Network domain tells of the last of three, and how the second was answered.
    trace(&mut book, &[send("1.3", "http://h/a", 30.0)]);
    told_redirect(&mut book, "1.3", "http://h/b", "http://h/c", 30.2);
    told_end(&mut book, "1.3", "http://h/c", 30.5);
    let known: Vec<_> = statuses(&mut book).into_iter().map(|(_, status)| status).collect();
    assert_eq!(known, [None, Some(302), Some(200)]);
}

#[test]
fn a_redirect_is_told_by_the_transaction_with_its_address() {
    let mut book = book();
    let hops = |id: &str, at: f64| {
        [send(id, "http://h/a", at), send(id, "http://h/b", at + 0.2), answer(id, at + 0.3), finish(id, at + 0.4)]
    };
    let beside = [send("1.9", "http://h/x", 10.1), send("1.9", "http://h/y", 10.2)];
    let transactions = [
        transaction(1, "http://h/x", 10.15, 301),
        transaction(2, "http://h/a", 10.16, 307),
        transaction(3, "http://h/b", 10.25, 200),
    ];
    trace(&mut book, &[&hops("1.1", 10.0)[..], &beside, &transactions.concat()].concat());
    let expected = [("http://h/a".to_owned(), Some(307)), ("http://h/b".to_owned(), Some(200))];
    assert_eq!(statuses(&mut book), expected, "at the same time as another");
    trace(&mut book, &hops("1.3", 30.0));
    assert_eq!(statuses(&mut book)[0].1, None, "nobody told");
    // A request may outlive the trace that it began in.
    trace(&mut book, &[&[send("1.4", "http://h/a", 40.0)][..], &transaction(4, "http://h/a", 40.1, 308)].concat());
    trace(&mut book, &hops("1.4", 40.0)[1..]);
    assert_eq!(statuses(&mut book)[0].1, Some(308));
}

#[test]
fn a_document_is_told_by_its_transactions() {
    let mut book = book();
    book.navigating(DOCUMENT, "http://h/a#part", "P");
    let begin = |at: f64| event("ResourceWillSendRequest", at, json!({ "requestId": DOCUMENT }));
    let redirect = json!({ "name": "WillRedirectRequest", "ts": 9.94e6, "args": { "url": "http://h/b#part" } });
    let chain = [begin(9.9), redirect, begin(9.95), answer(DOCUMENT, 10.1), finish(DOCUMENT, 10.2)];
    trace(&mut book, &[&chain[..], &transaction(1, "http://h/a", 9.93, 303)].concat());
    let known: Vec<_> = statuses(&mut book).into_iter().map(|(_, status)| status).collect();
    assert_eq!(known, [Some(303), Some(200)]);
}

#[test]
fn a_document_of_the_trace_alone_has_its_whole_address() {
    let mut book = book();
    book.navigating(DOCUMENT, "http://h/long/path?x=1", "P");
    trace(
        &mut book,
        &[
            event("ResourceWillSendRequest", 9.9, json!({ "requestId": DOCUMENT })),
            json!({ "name": "WillRedirectRequest", "ts": 9.94e6, "ph": "b", "args": { "url": "http://h/middle?y" } }),
            event("ResourceWillSendRequest", 9.95, json!({ "requestId": DOCUMENT })),
            json!({ "name": "WillRedirectRequest", "ts": 9.96e6, "ph": "e", "args": {} }),
            json!({ "name": "WillRedirectRequest", "ts": 9.97e6, "ph": "b", "args": { "url": "http://h/final" } }),
            event("ResourceWillSendRequest", 9.98, json!({ "requestId": DOCUMENT })),
            send(DOCUMENT, "http://h/", 10.0),
            send(DOCUMENT, "http://h/", 10.00001),
            send(DOCUMENT, "http://h/final", 10.00002),
            answer(DOCUMENT, 10.1),
            finish(DOCUMENT, 10.2),
        ],
    );
    assert_eq!(urls(&mut book), ["http://h/long/path?x=1", "http://h/middle?y", "http://h/final"]);
}

#[test]
fn a_document_that_the_network_domain_saw_leave_has_the_hops_that_only_the_trace_saw() {
    let begin = |at: f64| event("ResourceWillSendRequest", at, json!({ "requestId": DOCUMENT }));
    let redirect =
        |url: &str, at: f64| json!({ "name": "WillRedirectRequest", "ts": at * 1e6, "args": { "url": url } });
    let told_all = |book: &mut Book| {
        let chain = [begin(9.9), redirect("http://h/b", 9.94), begin(9.95), redirect("http://h/c", 9.96), begin(9.97)];
        trace(book, &[&chain[..], &[answer(DOCUMENT, 10.1), finish(DOCUMENT, 10.2)]].concat());
        statuses(book).into_iter().map(|(url, status)| (url.replace("http://h/", ""), status)).collect::<Vec<_>>()
    };
    let all = |first| [("a".to_owned(), first), ("b".to_owned(), first), ("c".to_owned(), Some(200))];
    let mut closed = book();
    closed.navigating(DOCUMENT, "http://h/a", "P");
    told_send(&mut closed, DOCUMENT, "http://h/a", 9.9001);
    assert_eq!(told_all(&mut closed), all(None));
    let mut open = book();
    open.navigating(DOCUMENT, "http://h/a", "P");
    told_send(&mut open, DOCUMENT, "http://h/a", 9.9001);
    told_redirect(&mut open, DOCUMENT, "http://h/a", "http://h/b", 9.9501);
    told_redirect(&mut open, DOCUMENT, "http://h/b", "http://h/c", 9.9701);
    assert_eq!(told_all(&mut open), all(Some(302)), "none twice");
}

#[test]
fn failures_have_the_browsers_words() {
    let mut book = book();
    told_send(&mut book, "1.1", "http://h/a", 10.0);
    book.failed(&from(json!({ "requestId": "1.1", "timestamp": 10.1, "errorText": "net::ERR_ABORTED" })));
    book.failing("1.2", "net::ERR_CONNECTION_REFUSED");
    let failed = |id: &str| event("ResourceFinish", 10.2, json!({ "requestId": id, "didFail": true }));
    let sends = [send("1.2", "http://h/b", 10.0), send("1.3", "http://h/c", 10.0), failed("1.2"), failed("1.3")];
    trace(&mut book, &sends);
    let mut failures: Vec<_> = book.take_over().into_iter().map(|(_, r)| (r.url, r.failure.unwrap())).collect();
    failures.sort();
    let words = ["net::ERR_ABORTED", "net::ERR_CONNECTION_REFUSED", "net::ERR_ABORTED"];
    assert_eq!(failures.iter().map(|(_, word)| word.as_str()).collect::<Vec<_>>(), words);
}

#[test]
fn what_asks_nobody_is_left_out() {
    let mut book = book();
    told_send(&mut book, "1.1", "data:text/plain,hi", 10.0);
    trace(&mut book, &[send("1.2", "blob:http://h/1", 10.0), answer("1.2", 10.1), finish("1.2", 10.2)]);
    assert!(urls(&mut book).is_empty());
    assert!(book.pending().is_empty());
}

#[test]
fn what_a_page_that_is_gone_waited_for_is_given_up() {
    let mut book = book();
    told_send(&mut book, "1.1", "http://h/a", 10.0);
    book.page_gone("P");
    assert!(urls(&mut book).is_empty(), "the trace may still tell its end");
    trace(&mut book, &[]);
    assert_eq!(book.take_over()[0].1.failure.as_deref(), Some("the page is gone"));
}

#[test]
fn no_more_than_its_bound_is_pending() {
    let mut book = book();
    for number in 0..150 {
        told_send(&mut book, &format!("1.{number}"), "http://h/a", f64::from(number));
    }
    assert_eq!((book.pending().len(), book.take_over().len()), (100, 50));
}

#[test]
fn a_document_that_nobody_told_is_there_once_its_page_is_complete() {
    let mut book = book();
    book.committed(DOCUMENT, "http://h/page", "P");
    trace(&mut book, &[]);
    assert!(urls(&mut book).is_empty(), "it may still be on its way");
    book.document_complete("P", 10.0);
    trace(&mut book, &[]);
    assert_eq!(urls(&mut book), ["http://h/page"]);
    book.committed(DOCUMENT, "http://h/page", "P");
    book.document_complete("P", 11.0);
    trace(&mut book, &[]);
    assert!(urls(&mut book).is_empty(), "a page that comes back from the cache has asked nobody");
}

#[test]
fn an_end_waits_for_the_answer_that_the_trace_has_seen() {
    let mut book = book();
    told_send(&mut book, "1.1", "http://h/a", 10.0);
    book.finished(&from(json!({ "requestId": "1.1", "timestamp": 10.5, "encodedDataLength": 266 })));
    assert!(urls(&mut book).is_empty());
    trace(&mut book, &[answer("1.1", 10.4)]);
    assert_eq!(book.take_over()[0].1.status, Some(200));
}

#[test]
fn a_document_of_the_trace_alone_says_why_it_did_not_come() {
    let mut book = book();
    book.navigating(DOCUMENT, "http://a/", "P");
    book.failing(DOCUMENT, "net::ERR_FAILED");
    let failed = json!({ "name": "RenderFrameHostImpl::FailedNavigation", "ts": 2e6,
        "args": { "error": -102, "navigation_request": { "url": "http://a/" } } });
    let begin = event("ResourceWillSendRequest", 1.0, json!({ "requestId": DOCUMENT }));
    trace(&mut book, &[begin, finish(DOCUMENT, 3.0), failed]);
    let over = book.take_over();
    assert_eq!(over.len(), 1);
    assert_eq!(over[0].1.failure.as_deref(), Some("net::ERR_CONNECTION_REFUSED"));
}
