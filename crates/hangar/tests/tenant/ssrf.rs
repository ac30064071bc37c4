//! A page, or its tenant, reaches for what only this machine may reach: loopback in every spelling, private networks,
//! metadata services, the server itself.

mod addresses;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use hangar_testkit::site::{Canary, Site};
use serde_json::{Value, json};

use self::addresses::REFUSED;
use crate::{
    client::{Client, Page, encode},
    server::{KEY, Server},
    within,
};

/// Where the tenant's own site is; the only address that the policy lets through.
const SITE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const ALLOW_SITE: &str = "--egress-allow=127.0.0.2/32";

const DIRECT: &str = "--proxy-server=direct://";

const SERVICE_WORKER: &str = "
addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
addEventListener('message', async (event) => {
  const answer = await fetch(event.data, { mode: 'no-cors' }).catch((error) => error);
  event.ports[0].postMessage(answer.name ?? answer.type);
});";

/// Listens on one port of every address that this machine has, on TCP and UDP.
struct Canaries {
    tcp: Canary,
    udp: UdpSocket,
}

impl Canaries {
    async fn start() -> Self {
        let tcp = Canary::start(Ipv6Addr::UNSPECIFIED.into()).await.unwrap();
        let udp = UdpSocket::bind(tcp.address()).unwrap();
        udp.set_read_timeout(Some(crate::LIMIT)).unwrap();
        Self { tcp, udp }
    }

    fn port(&self) -> u16 {
        self.tcp.address().port()
    }

    /// Fails if anybody came by.
    async fn assert_unseen(&self, what: &str) {
        assert_eq!(self.tcp.hits().await.unwrap(), [], "{what}: TCP");
        // What was sent before this arrives before it.
        let own = UdpSocket::bind("[::1]:0").unwrap();
        own.send_to(b"own", (Ipv6Addr::LOCALHOST, self.port())).unwrap();
        let mut packet = [0; 2048];
        let (length, from) = self.udp.recv_from(&mut packet).unwrap();
        assert_eq!((&packet[..length], from), (&b"own"[..], own.local_addr().unwrap()), "{what}: UDP");
    }
}

/// The address by which other machines know this one.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // No packet is sent: the kernel only chooses the way.
    socket.connect("192.0.2.254:9").ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_loopback() && !ip.is_unspecified())
}

fn hosts() -> Vec<String> {
    let own = own_address().map(|ip| ip.to_string());
    println!("this machine's own address: {own:?}");
    REFUSED.iter().map(|host| (*host).to_owned()).chain(own).collect()
}

async fn tenant_site() -> Site {
    let pages =
        [("/service-worker.js", "text/javascript", SERVICE_WORKER), ("/worker.js", "text/javascript", SERVICE_WORKER)];
    let pages = pages.map(|(path, kind, body)| (path.to_owned(), kind.to_owned(), body.to_owned())).to_vec();
    Site::start_with(SITE, pages).await.unwrap()
}

async fn attack(page: &Page<'_>, hosts: &[String], port: u16, stun: bool) -> Value {
    let script = include_str!("ssrf/attack.js");
    let script = script.split_once("async (hosts").map_or(script, |(_, rest)| rest);
    let call = format!("(async (hosts{script})({}, {port}, {stun})", json!(hosts));
    page.eval(&call).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_of_a_page_reaches_a_refused_address() {
    let server = Server::start(&[ALLOW_SITE]).await;
    let (site, canaries) = (tenant_site().await, Canaries::start().await);
    let client = Client::connect(&server, KEY, DIRECT).await;
    let page = client.page().await;
    page.goto(&site.url("/")).await.unwrap();
    let (hosts, mut tries) = (hosts(), 0);
    // A few at a time, so that a route that hangs is told by its hosts.
    for few in hosts.chunks(8) {
        let report = attack(&page, few, canaries.port(), true).await;
        tries += report["tries"].as_u64().unwrap();
        assert_eq!(report["candidates"], json!([]), "WebRTC found a way for {few:?}");
        println!("{few:?}: gave up waiting on {}", report["late"]);
    }
    canaries.assert_unseen("pages").await;
    println!("{tries} tries, {} hosts", hosts.len());
}

/// The control of the test above: where the policy allows it, each route arrives.
#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_a_page_works_where_it_is_allowed() {
    let server = Server::start(&["--egress-allow=127.0.0.0/8"]).await;
    let (site, target) = (tenant_site().await, Site::start().await.unwrap());
    let client = Client::connect(&server, KEY, DIRECT).await;
    let page = client.page().await;
    page.goto(&site.url("/")).await.unwrap();
    let hosts = [target.address().ip().to_string()];
    attack(&page, &hosts, target.address().port(), false).await;
    for route in [
        "fetch", "image", "script", "style", "frame", "redirect", "socket", "events", "beacon", "worker", "service",
        "download",
    ] {
        within(route, target.asked_for(&format!("/{route}"))).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_navigation_reaches_a_refused_address() {
    let server = Server::start(&[ALLOW_SITE]).await;
    let (site, canaries) = (tenant_site().await, Canaries::start().await);
    let client = Client::connect(&server, KEY, DIRECT).await;
    let page = client.page().await;
    page.goto(&site.url("/")).await.unwrap();
    assert_eq!(page.text().await, "hello", "the control: what is allowed is shown");
    for host in hosts() {
        let url = format!("http://{host}:{}/", canaries.port());
        for url in [url.clone(), site.url(&format!("/redirect?to={url}"))] {
            match page.goto(&url).await {
                Ok(()) => {
                    let text = page.text().await;
                    let refused = ["not reachable from a browser", "could not be resolved"];
                    assert!(refused.iter().any(|words| text.contains(words)), "{url}: {text}");
                }
                Err(error) => assert!(error.starts_with("net::"), "{url}: {error}"),
            }
        }
    }
    for path in ["/healthz", "/json/version", "/metrics", "/operator/v1/accounts"] {
        let _refused = page.goto(&format!("http://{}{path}", server.address())).await;
        let text = page.text().await;
        assert!(!text.contains("isolation") && !text.contains("hangar_"), "{path}: {text}");
    }
    canaries.assert_unseen("navigation").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_reaches_a_refused_address() {
    let server = Server::start(&[ALLOW_SITE]).await;
    let (site, canaries) = (tenant_site().await, Canaries::start().await);
    let client = Client::connect(&server, KEY, DIRECT).await;
    let page = client.page().await;
    page.goto(&site.url("/")).await.unwrap();
    let frame = page.call("Page.getFrameTree", json!({})).await.unwrap()["frameTree"]["frame"]["id"].clone();
    let load = async |url: String| {
        let options = json!({ "disableCache": true, "includeCredentials": false });
        let params = json!({ "frameId": frame, "url": url, "options": options });
        page.call("Network.loadNetworkResource", params).await.unwrap()["resource"].clone()
    };
    assert_eq!(load(site.url("/")).await["success"], true, "the control");
    for host in hosts() {
        let loaded = load(format!("http://{host}:{}/", canaries.port())).await;
        assert!(loaded["success"] == false || loaded["httpStatusCode"] == 403, "{host}: {loaded}");
    }
    page.call("Fetch.enable", json!({ "patterns": [{ "urlPattern": "*/moved" }] })).await.unwrap();
    for host in hosts() {
        let mark = client.mark();
        page.eval("void fetch('/moved').then((answer) => answer.text(), String).then((text) => window.moved = text)")
            .await
            .unwrap();
        let paused = client.heard(mark, |event| event["method"] == "Fetch.requestPaused");
        let id = within("a paused request", paused).await["params"]["requestId"].clone();
        let url = format!("http://{host}:{}/", canaries.port());
        let _outcome = page.call("Fetch.continueRequest", json!({ "requestId": id, "url": url })).await;
        let wait = "new Promise((done) => { const look = () => window.moved === undefined ? requestAnimationFrame(look) \
                    : done(window.moved); look(); }).then((text) => { delete window.moved; return text; })";
        let text = page.eval(wait).await.unwrap();
        assert!(!text.as_str().unwrap().contains("canary"), "{host}: {text}");
    }
    canaries.assert_unseen("commands").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_proxy_of_a_context_leads_past_the_egress() {
    let server = Server::start(&[ALLOW_SITE]).await;
    let (site, canaries) = (tenant_site().await, Canaries::start().await);
    let client = Client::connect(&server, KEY, DIRECT).await;
    let canary = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), canaries.port());
    let own = own_address().map(|ip| SocketAddr::new(ip, canaries.port()));
    let proxies = [
        json!({ "proxyServer": "direct://", "proxyBypassList": "*" }),
        json!({ "proxyServer": "direct://", "proxyBypassList": "<-loopback>;127.0.0.1" }),
        json!({ "proxyBypassList": "*" }),
        json!({ "proxyServer": "", "proxyBypassList": "*,127.0.0.1" }),
        json!({ "botCloudFlags": ["--proxy-server=direct://", "--proxy-bypass-list=*", "--no-proxy-server"] }),
    ];
    for params in proxies {
        let context = client.call("Target.createBrowserContext", params.clone()).await.unwrap();
        let place = json!({ "url": "about:blank", "browserContextId": context["browserContextId"] });
        let page = client.page_in(place).await;
        page.goto(&site.url("/")).await.unwrap();
        assert_eq!(page.text().await, "hello", "the control: {params}");
        for address in own.iter().chain([&canary]) {
            let moved = page.goto(&format!("http://{address}/")).await;
            assert!(moved.is_err() || page.text().await.contains("not reachable"), "{params}: {moved:?}");
        }
    }
    // The canary as an upstream: the proxy's own address is a destination too.
    for upstream in [format!("http://{canary}"), format!("socks5://u:p@localhost:{}", canary.port())] {
        let context = client.call("Target.createBrowserContext", json!({ "proxyServer": upstream })).await;
        if let Ok(context) = context {
            let place = json!({ "url": "about:blank", "browserContextId": context["browserContextId"] });
            let page = client.page_in(place).await;
            let _refused = page.goto("http://site.example/").await;
        }
        let refused = Client::try_connect(&server, KEY, &format!("--proxy-server={}", encode(&upstream))).await;
        let refused = refused.err().unwrap_or_else(|| panic!("{upstream} was taken"));
        assert_eq!(refused.head.status, 400, "{refused:?}");
    }
    canaries.assert_unseen("contexts").await;
}
