//! A tenant's own proxies: each kind carries a real page, each belongs to one session or context only, and none is a way
//! around the policy.

use hangar_testkit::{
    certificate::Certificate,
    site::{Canary, Site},
    upstream_proxy::UpstreamProxy,
};
use serde_json::json;

use crate::{
    client::{Client, encode},
    server::{KEY, Server},
};

const USER: &str = "user";
const PASSWORD: &str = "p@ss:w%rd";

async fn server() -> Server {
    Server::start(&["--egress-allow=127.0.0.1/32"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_proxy_carries_a_page() {
    let (server, site) = (server().await, Site::start().await.unwrap());
    let port = site.address().port();
    for scheme in ["", "http://", "socks5://", "socks5h://"] {
        // As the documentation has it, and as Go and Java send it.
        for credentials in ["user:p%40ss%3Aw%25rd", "user:p@ss:w%rd"] {
            let proxy = match scheme.starts_with("socks") {
                true => UpstreamProxy::socks5(USER, PASSWORD).await.unwrap(),
                false => UpstreamProxy::http(USER, PASSWORD).await.unwrap(),
            };
            let text = format!("{scheme}{credentials}@{}", proxy.address());
            for query in [encode(&text), text.replace('%', "%25")] {
                let client = Client::connect(&server, KEY, &format!("--proxy-server={query}")).await;
                let page = client.page().await;
                // A name that only the proxy can resolve.
                page.goto(&format!("http://site.example:{port}/")).await.unwrap();
                assert_eq!(page.text().await, "hello", "{scheme}{credentials}");
                client.close().await;
            }
            let asked = proxy.asked();
            assert!(asked.iter().any(|asked| asked.what.contains("site.example")), "{asked:?}");
            assert!(asked.iter().all(|asked| asked.authorized), "{scheme}{credentials}: {asked:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_credentials_of_a_url_that_is_not_encoded_at_all() {
    let (server, site) = (server().await, Site::start().await.unwrap());
    let proxy = UpstreamProxy::http(USER, "pa+ss:w@rd").await.unwrap();
    let query = format!("--proxy-server=http://user:pa+ss:w@rd@{}", proxy.address());
    let client = Client::connect(&server, KEY, &query).await;
    let page = client.page().await;
    page.goto(&format!("http://site.example:{}/", site.address().port())).await.unwrap();
    assert_eq!(page.text().await, "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_https_proxy_is_trusted_only_with_a_certificate() {
    let (server, site) = (server().await, Site::start().await.unwrap());
    let proxy = UpstreamProxy::https(USER, PASSWORD).await.unwrap();
    let text = encode(&format!("https://user:p%40ss%3Aw%25rd@{}", proxy.address()));
    let client = Client::connect(&server, KEY, &format!("--proxy-server={text}")).await;
    let page = client.page().await;
    let moved = page.goto(&format!("http://site.example:{}/", site.address().port())).await;
    let text = page.text().await;
    assert!(moved.is_err() || text.contains("upstream proxy"), "{moved:?} {text}");
    assert_eq!(proxy.asked(), [], "it saw a request, or credentials, though nobody vouches for it");
}

/// A server whose operator has named these authorities (PEM).
async fn trusting(authorities: &[&str]) -> Server {
    // It is read once, before the server is ready.
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, authorities.concat()).unwrap();
    let authority = format!("--upstream-ca={}", file.path().display());
    Server::start(&["--egress-allow=127.0.0.1/32", &authority]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_https_proxy_carries_a_page_where_the_operator_names_its_authority() {
    const SIZE: u64 = 300_000;
    let (site, proxy) = (Site::start().await.unwrap(), UpstreamProxy::https(USER, PASSWORD).await.unwrap());
    let server = trusting(&[proxy.pem().unwrap()]).await;
    let big = format!("http://site.example:{}/big?bytes={SIZE}", site.address().port());
    for credentials in ["user:p%40ss%3Aw%25rd", "user:p@ss:w%rd"] {
        let query = format!("--proxy-server={}", encode(&format!("https://{credentials}@{}", proxy.address())));
        let client = Client::connect(&server, KEY, &query).await;
        let page = client.page().await;
        page.goto(&big).await.unwrap();
        assert_eq!(page.eval("document.body.innerText.length").await.unwrap(), SIZE, "{credentials}");
        client.close().await;
        let row = server.row(KEY, client.field("x-hangar-session-id").unwrap()).await;
        let (up, down) = (row["bytesUp"].as_u64().unwrap(), row["bytesDown"].as_u64().unwrap());
        assert!((SIZE..SIZE + 50_000).contains(&down) && (100..50_000).contains(&up), "{row}");
    }
    let asked = proxy.asked();
    assert!(asked.iter().any(|asked| asked.how == "GET" && asked.what == big), "{asked:?}");
    assert!(asked.iter().all(|asked| asked.authorized), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_https_proxy_that_wants_other_credentials_is_told_to_the_page_and_carries_nothing() {
    let (site, proxy) = (Site::start().await.unwrap(), UpstreamProxy::https(USER, PASSWORD).await.unwrap());
    let server = trusting(&[proxy.pem().unwrap()]).await;
    let query = format!("--proxy-server={}", encode(&format!("https://user:hush-c4nary@{}", proxy.address())));
    let client = Client::connect(&server, KEY, &query).await;
    let page = client.page().await;
    let port = site.address().port();
    page.goto(&format!("http://site.example:{port}/")).await.unwrap();
    assert_eq!(page.text().await.trim(), "the upstream proxy refused the credentials");
    let status = page.eval("performance.getEntriesByType('navigation')[0].responseStatus").await.unwrap();
    assert_eq!(status, 502, "a 407 would ask the page for credentials that are not its own");
    // By a tunnel there is no page to say it on.
    let moved = page.goto(&format!("https://site.example:{port}/")).await;
    assert_eq!(moved, Err("net::ERR_TUNNEL_CONNECTION_FAILED".to_owned()));
    let asked = proxy.asked();
    for how in ["GET", "CONNECT"] {
        assert!(asked.iter().any(|asked| asked.how == how), "{how}: {asked:?}");
    }
    assert!(asked.iter().all(|asked| !asked.authorized), "{asked:?}");
    assert_eq!(site.requests(), Vec::<String>::new());
    assert!(!server.words().contains("hush"), "the log");
}

/// What a page hears on a WebSocket to which it answers once.
const TALK: &str = "(url) => new Promise((done, fail) => {
  const heard = [];
  const socket = new WebSocket(url);
  socket.onerror = () => fail(new Error('refused'));
  socket.onmessage = ({ data }) => (heard.push(data) === 1 ? socket.send(`${data} back`) : done(heard.join()));
})";

#[tokio::test(flavor = "multi_thread")]
async fn a_page_talks_over_tls_by_every_way_out_and_trusts_whom_it_will() {
    let proxy = UpstreamProxy::https(USER, PASSWORD).await.unwrap();
    let (site, own) = (Site::start().await.unwrap(), Certificate::of_this_machine().unwrap());
    let server = trusting(&[proxy.pem().unwrap(), own.pem()]).await;
    let behind = UpstreamProxy::socks5(USER, PASSWORD).await.unwrap();
    let upstream =
        |scheme: &str, proxy: &UpstreamProxy| encode(&format!("{scheme}://user:p%40ss%3Aw%25rd@{}", proxy.address()));
    let ways = [
        ("direct://".to_owned(), "127.0.0.1"),
        (upstream("https", &proxy), "site.example"),
        (upstream("socks5", &behind), "site.example"),
    ];
    for (way, host) in ways {
        let secure = Site::start_tls(&own).await.unwrap();
        let client = Client::connect(&server, KEY, &format!("--proxy-server={way}")).await;
        let page = client.page().await;
        page.goto(&format!("http://{host}:{}/", site.address().port())).await.unwrap();
        let talk = format!("({TALK})('wss://{host}:{}/ws')", secure.address().port());
        // The operator's authorities are for proxies. To the page it is a stranger's, until its client says otherwise.
        let refused = page.eval(&talk).await.unwrap_err();
        assert!(refused.contains("refused"), "{way}: {refused}");
        assert_eq!(secure.requests(), Vec::<String>::new(), "{way}");
        page.call("Security.setIgnoreCertificateErrors", json!({ "ignore": true })).await.unwrap();
        assert_eq!(page.eval(&talk).await.unwrap(), "hello,hello back", "{way}");
        assert_eq!(secure.requests(), ["/ws"], "{way}");
        client.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_context_has_its_own_way_out_and_nobody_else_has_it() {
    let (server, site) = (server().await, Site::start().await.unwrap());
    let (first, second) =
        (UpstreamProxy::http("one", "1").await.unwrap(), UpstreamProxy::socks5("two", "2").await.unwrap());
    let query = format!("--proxy-server={}", encode(&format!("http://one:1@{}", first.address())));
    let client = Client::connect(&server, KEY, &query).await;
    let params = json!({ "proxyServer": format!("socks5://two:2@{}", second.address()), "proxyBypassList": "*" });
    let context = client.call("Target.createBrowserContext", params).await.unwrap();
    let place = json!({ "url": "about:blank", "browserContextId": context["browserContextId"] });
    let (outer, inner) = (client.page().await, client.page_in(place).await);
    let port = site.address().port();
    outer.goto(&format!("http://outer.example:{port}/")).await.unwrap();
    inner.goto(&format!("http://inner.example:{port}/")).await.unwrap();
    outer.goto(&format!("http://again.example:{port}/")).await.unwrap();
    assert_eq!((outer.text().await, inner.text().await), ("hello".to_owned(), "hello".to_owned()));
    let names = |proxy: &UpstreamProxy| proxy.asked().iter().map(|asked| asked.what.clone()).collect::<String>();
    let (first, second) = (names(&first), names(&second));
    assert!(first.contains("outer.example") && first.contains("again.example"), "{first}");
    assert!(!first.contains("inner.example"), "{first}");
    assert!(second.contains("inner.example"), "{second}");
    assert!(!second.contains("outer.example") && !second.contains("again.example"), "{second}");
}

#[tokio::test(flavor = "multi_thread")]
async fn direct_is_for_the_operator_to_forbid() {
    let server = Server::start(&["--allow-direct=false", "--egress-allow=127.0.0.1/32"]).await;
    for text in ["direct://", "direct", "DIRECT://"] {
        let refused = Client::try_connect(&server, KEY, &format!("--proxy-server={text}")).await;
        assert_eq!(refused.err().unwrap_or_else(|| panic!("{text} was taken")).head.status, 400);
    }
    let proxy = UpstreamProxy::http(USER, "p").await.unwrap();
    let query = format!("--proxy-server=http://user:p@{}", proxy.address());
    let client = Client::connect(&server, KEY, &query).await;
    for params in [
        json!({ "proxyServer": "direct://" }),
        json!({ "proxyServer": "direct" }),
        json!({ "botCloudFlags": ["--proxy-server=direct://"] }),
    ] {
        let refused = client.call("Target.createBrowserContext", params.clone()).await;
        assert!(refused.is_err(), "{params}: {refused:?}");
    }
    // What does not forbid it is the control.
    let site = Site::start().await.unwrap();
    let context = client.call("Target.createBrowserContext", json!({ "proxyBypassList": "*" })).await.unwrap();
    let place = json!({ "url": "about:blank", "browserContextId": context["browserContextId"] });
    let page = client.page_in(place).await;
    page.goto(&format!("http://site.example:{}/", site.address().port())).await.unwrap();
    assert!(!proxy.asked().is_empty(), "a context without a proxy of its own goes the session's way");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_proxy_is_refused_before_anything_is_opened() {
    let server = Server::start(&[]).await;
    let canary = Canary::start("127.0.0.1".parse().unwrap()).await.unwrap();
    let port = canary.address().port();
    let client = Client::connect(&server, KEY, "--proxy-server=direct").await;
    let before = server.http("GET", "/api/history", KEY, "").await.json()["total"].clone();
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "[fd00::1]",
        "[64:ff9b::7f00:1]",
        "0.0.0.0",
        "metadata.google.internal",
        "proxy.internal",
    ] {
        for scheme in ["http", "https", "socks5", "socks5h"] {
            let text = format!("{scheme}://u:hush-c4nary@{host}:{port}");
            let refused = Client::try_connect(&server, KEY, &format!("--proxy-server={}", encode(&text))).await;
            let refused = refused.err().unwrap_or_else(|| panic!("{text} was taken"));
            assert_eq!(refused.head.status, 400, "{text}: {refused:?}");
            assert!(refused.text.contains("--proxy-server") && !refused.text.contains("hush"), "{refused:?}");
            let refused = client.call("Target.createBrowserContext", json!({ "proxyServer": text })).await;
            assert!(refused.as_ref().is_err_and(|error| !error.contains("hush")), "{text}: {refused:?}");
        }
    }
    assert_eq!(canary.hits().await.unwrap(), []);
    assert_eq!(server.http("GET", "/api/history", KEY, "").await.json()["total"], before, "a refusal has no row");
    // A public one is not asked for before it is needed.
    drop(Client::connect(&server, KEY, "--proxy-server=http://u:p@192.88.98.1:8080").await);
}
