//! Scripts and what comes of them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::rig::{PATIENCE, Rig, SHORT};

#[tokio::test]
async fn values_come_back_as_json_whatever_they_are() {
    let rig = Rig::showing("<a id=a class=c href=/x>link</a>").await;
    let cases: [(&str, Value); 22] = [
        ("1 + 1", json!(2)),
        ("'text'", json!("text")),
        ("'[text]'", json!("[text]")),
        ("undefined", Value::Null),
        ("null", Value::Null),
        ("{ a: [1, { b: null }] }", json!({ "a": [1, { "b": null }] })),
        ("(() => { const x = 2; return x * 3 })()", json!(6)),
        ("const y = 5; y + 1", json!(6)),
        ("document.title;", json!("page")),
        ("Promise.resolve({ ok: true })", json!({ "ok": true })),
        ("new Promise(r => setTimeout(r, 50, 'later'))", json!("later")),
        ("NaN", json!("NaN")),
        ("-Infinity", json!("-Infinity")),
        ("-0", json!(0)),
        ("12345678901234567890n", json!("12345678901234567890")),
        ("new Date(0)", json!("1970-01-01T00:00:00.000Z")),
        ("/a+/gi", json!("/a+/gi")),
        ("new Map([['k', new Set([1, 2])]])", json!({ "k": [1, 2] })),
        ("[...document.querySelectorAll('a')]", json!(["<a class=\"c\" href=\"/x\" id=\"a\">"])),
        ("(() => { const o = { n: 1 }; o.self = o; return o })()", json!({ "n": 1, "self": "[circular]" })),
        ("// comment\n7", json!(7)),
        ("1.5e300", json!(1.5e300)),
    ];
    for (script, wanted) in cases {
        assert_eq!(rig.js(script).await, wanted, "{script}");
    }
    for script in
        ["() => 1", "function f() {}", "window", "document", "Symbol('s')", "new Proxy({}, {})", "new Error('e')"]
    {
        let value = rig.js(script).await;
        assert!(value.is_string(), "{script}: {value}");
    }
    rig.end().await;
}

#[tokio::test]
async fn what_is_thrown_is_told_and_what_never_ends_times_out() {
    let rig = Rig::showing("<p>x").await;
    let fails = async |script: &str| rig.driver.evaluate(script, PATIENCE).await.unwrap_err();
    for (script, part) in [
        ("nowhere.to.be", "ReferenceError: nowhere is not defined"),
        ("throw new Error('mine')", "Error: mine"),
        ("(() => { throw 'text' })()", "text"),
        ("(() => { throw { a: 1 } })()", ""),
        ("Promise.reject(new TypeError('async'))", "TypeError: async"),
        ("1 +", "SyntaxError"),
        ("JSON.parse('{')", "SyntaxError"),
    ] {
        let error = fails(script).await;
        assert_eq!(error.code(), "EVALUATE_FAILED", "{script}");
        assert!(error.to_string().contains(part), "{script}: {error}");
    }
    assert_eq!(fails("window.n = (window.n ?? 0) + 1, JSON.parse('{')").await.code(), "EVALUATE_FAILED");
    assert_eq!(rig.js("n").await, 1, "a script that threw is not run again");
    let error = rig.driver.evaluate("new Promise(() => globalThis.keep = arguments)", SHORT).await.unwrap_err();
    assert!(["OPERATION_TIMEOUT", "EVALUATE_FAILED"].contains(&error.code()), "{error}");
    let error = rig.driver.evaluate("new Promise(r => window.kept = r)", SHORT).await.unwrap_err();
    assert_eq!(error.code(), "OPERATION_TIMEOUT");
    let error = rig.driver.evaluate("'x'.repeat(40 << 20)", PATIENCE).await.unwrap_err();
    assert!(error.to_string().contains("too large"), "{error}");
    let error = rig.driver.evaluate("new Promise(() => location.href = '/')", PATIENCE).await.unwrap_err();
    assert_eq!(error.code(), "PAGE_NAVIGATED");
    rig.end().await;
}

#[tokio::test]
async fn an_endless_loop_is_given_up_in_time_and_the_browser_still_answers() {
    let rig = Rig::showing("<p>x").await;
    let started = std::time::Instant::now();
    let error = rig.driver.evaluate("(() => { for (;;); })()", SHORT).await.unwrap_err();
    assert_eq!(error.code(), "OPERATION_TIMEOUT");
    assert_eq!(rig.click_fails("p").await.code(), "OPERATION_TIMEOUT");
    assert!(rig.driver.is_responsive(PATIENCE).await);
    assert_eq!(rig.driver.location().await.unwrap().1, "page");
    assert!(started.elapsed() < Duration::from_secs(15));
    rig.end().await;
}
