//! Somebody reads everything that the server writes: its log at every level, its database, its metrics, its answers, its
//! folder. No token, password or cookie may be in any of it.

use std::{fs, path::Path};

use hangar_testkit::{site::Site, upstream_proxy::UpstreamProxy};
use serde_json::json;

use crate::{
    client::{Client, encode},
    server::{KEY, Server},
};

const PASSWORD: &str = "password-c4nary-19ab";
const USER: &str = "user-c4nary-83de";
const COOKIE: &str = "cookie-c4nary-77f0";
const WRONG: &str = "wrong-token-c4nary-5e5e";
const BODY: &str = "params-c4nary-2c2c";

/// A tenant's day: what works, what is refused, what fails. Gives all answers as one text.
async fn act(server: &Server, token: &str, site: &Site, proxies: &[(&str, UpstreamProxy)]) -> String {
    let mut answers = String::new();
    let credentials = format!("{USER}:{PASSWORD}");
    let cookies = format!(r#"[{{"name":"c","value":"{COOKIE}","url":"{}"}}]"#, site.url("/"));
    for (scheme, proxy) in proxies {
        let upstream = encode(&format!("{scheme}://{credentials}@{}", proxy.address()));
        let query = format!("--proxy-server={upstream}&--bot-cookies={}&device_type=win", encode(&cookies));
        let client = Client::connect(server, token, &query).await;
        answers += &client.head();
        let page = client.page().await;
        let _loaded = page.goto(&format!("{}?token={token}", site.url("/echo"))).await;
        let other = json!({ "proxyServer": format!("{scheme}://wrong:{PASSWORD}@{}", proxy.address()) });
        let context = client.call("Target.createBrowserContext", other).await.unwrap();
        let place = json!({ "url": "about:blank", "browserContextId": context["browserContextId"] });
        let inside = client.page_in(place).await;
        let _refused = inside.goto(&format!("http://u:{PASSWORD}@site.example/?{PASSWORD}")).await;
        answers += &inside.text().await.replace(&format!("?{PASSWORD}"), "");
        for (method, params) in [
            ("Browser.crash", json!({ "x": BODY })),
            ("Page.navigate", json!({ "url": format!("file:///{BODY}") })),
            ("Nothing.known", json!({ "x": BODY })),
            ("Target.createBrowserContext", json!({ "proxyServer": format!("ftp://{credentials}@x:1") })),
            ("Target.createBrowserContext", json!({ "botCloudFlags": [format!("--bot-cookies={PASSWORD}")] })),
            ("Storage.setCookies", json!({ "cookies": [{ "name": "b", "value": COOKIE, "url": site.url("/") }] })),
        ] {
            answers += &format!("{:?}", client.call(method, params).await);
        }
        client.say(format!("{{\"id\":1,\"method\":{BODY}").as_bytes()).await;
        client.call("Browser.getVersion", json!({})).await.unwrap();
        client.close().await;
    }
    for query in [
        format!("--proxy-server=ftp://{credentials}@x:1"),
        format!("--proxy-server=http://{credentials}@127.0.0.3:1"),
        format!("--proxy-server=http://{credentials}"),
        format!("--proxy-server=direct&--bot-cookies={PASSWORD}"),
        format!("--proxy-server=direct&--bot-config-timezone={PASSWORD}"),
        format!("--proxy-server=direct&device_type={PASSWORD}"),
        format!("--proxy-server=direct&user_data_id={PASSWORD}"),
        format!("session_id={PASSWORD}"),
    ] {
        let refused = Client::try_connect(server, token, &query).await.err().unwrap_or_else(|| panic!("{query}"));
        answers += &format!("{refused:?}");
    }
    answers += &format!("{:?}", Client::try_connect(server, WRONG, "--proxy-server=direct").await.err());
    for path in ["/api/quota", "/api/history", "/api/usage", "/nowhere", "/operator/v1/accounts", "/json/list"] {
        for token in [token, WRONG] {
            answers +=
                &format!("{:?}", server.http("GET", path, token, "").await).replace(&format!("token={token}"), "");
        }
    }
    answers += &format!("{:?}", server.http("GET", &format!("/nowhere?token={token}&x={PASSWORD}"), "", "").await);
    answers += &format!("{:?}", server.http("POST", "/operator/v1/accounts", KEY, &format!("{{{PASSWORD}")).await);
    answers
}

/// Everything in a folder, but a browser's own files: a live session's, or a saved profile's.
fn files(folder: &Path, found: &mut Vec<(std::path::PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&entry.path(), found),
            Ok(kind) if kind.is_file() => found.push((entry.path(), fs::read(entry.path()).unwrap_or_default())),
            _ => {}
        }
    }
}

fn holds(bytes: &[u8], secret: &str) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
}

async fn nothing_is_told(log: &str) {
    let mut server = Server::start(&["--egress-allow=127.0.0.1/32,127.0.0.2/32", log]).await;
    let token = server.tenant().await;
    let site = Site::start_with("127.0.0.2".parse().unwrap(), Vec::new()).await.unwrap();
    let proxies = [
        ("http", UpstreamProxy::http(USER, PASSWORD).await.unwrap()),
        ("https", UpstreamProxy::https(USER, PASSWORD).await.unwrap()),
        ("socks5", UpstreamProxy::socks5(USER, PASSWORD).await.unwrap()),
    ];
    let answers = act(&server, &token, &site, &proxies).await;
    let metrics = server.http("GET", "/metrics", "", "").await.text;
    let opened = server.words().contains("session opened");
    assert!(server.stop().await.success(), "{}", server.words());
    let mut all = Vec::new();
    files(server.folder(), &mut all);
    assert!(all.iter().any(|(path, _)| path.ends_with("hangar.db")), "the control: {all:?}");
    all.push(("answers".into(), answers.into_bytes()));
    all.push(("metrics".into(), metrics.into_bytes()));
    all.push(("log".into(), server.words().into_bytes()));
    assert!(opened, "the control: the log is kept");
    println!("{log}: {} bytes of log, {} files", server.words().len(), all.len());
    let basic = "dXNlci1jNG5hcnktODNkZTpwYXNzd29yZC1jNG5hcnktMTlhYg";
    for secret in [PASSWORD, USER, COOKIE, WRONG, BODY, KEY, &*token, basic] {
        for (path, bytes) in &all {
            // A page's address is the client's own text, and its own answers may repeat it.
            if path.ends_with("answers") && (secret == BODY || secret == token) {
                continue;
            }
            let line = String::from_utf8_lossy(bytes).lines().find(|line| line.contains(secret)).map(str::to_owned);
            assert!(!holds(bytes, secret), "{path:?} holds {secret}: {line:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_at_debug() {
    nothing_is_told("--log=debug").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_at_trace() {
    nothing_is_told("--log=trace").await;
}
