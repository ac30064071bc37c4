//! The client's own proxy behind the endpoint: every kind, every form of credentials, and what is refused before it.

use std::sync::Arc;

use hangar_browser::egress::{Egress, EgressSetup, Trust, Upstream};
use hangar_testkit::site::{Canary, Site};
use hangar_testkit::upstream_proxy::{Asked, UpstreamProxy};
use tokio::io::AsyncWriteExt as _;

use super::rig::{Names, connect, get, policy, read_answer, unassigned};

const USER: &str = "user";
const PASSWORD: &str = "p@ss:w%rd";
const ENCODED: &str = "user:p%40ss%3Aw%25rd";
const RAW: &str = "user:p@ss:w%rd";

async fn proxies() -> Vec<(&'static str, UpstreamProxy)> {
    vec![
        ("http", UpstreamProxy::http(USER, PASSWORD).await.unwrap()),
        ("https", UpstreamProxy::https(USER, PASSWORD).await.unwrap()),
        ("socks5", UpstreamProxy::socks5(USER, PASSWORD).await.unwrap()),
        ("socks5h", UpstreamProxy::socks5(USER, PASSWORD).await.unwrap()),
    ]
}

/// An endpoint behind which stands `proxy`. It resolves no name: a lookup would fail the request.
fn endpoint(scheme: &str, credentials: &str, proxy: &UpstreamProxy) -> (Egress, std::net::SocketAddr) {
    let mut policy = policy(&["127.0.0.1/32"]);
    if let Some(pem) = proxy.pem() {
        Arc::make_mut(&mut policy).trust = Trust::with_pem(pem.as_bytes()).unwrap();
    }
    let (egress, address) = unassigned(EgressSetup::new(policy, Arc::new(Names::default())));
    let text = format!("{scheme}://{credentials}@{}", proxy.address());
    egress.assign(text.parse::<Upstream>().unwrap());
    (egress, address)
}

#[tokio::test]
async fn every_kind_with_every_form_of_credentials() {
    let site = Site::start().await.unwrap();
    let authority = format!("site.example:{}", site.address().port());
    for (scheme, upstream) in proxies().await {
        for credentials in [ENCODED, RAW] {
            let (_egress, proxy) = endpoint(scheme, credentials, &upstream);
            let (answer, mut tunnel) = connect(proxy, &authority).await;
            assert_eq!(answer.status, 200, "{scheme} {}", answer.text());
            tunnel.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
            assert!(read_answer(&mut tunnel).await.text().contains("hello"), "{scheme}");

            let plain = get(proxy, &format!("http://{authority}/echo")).await;
            assert_eq!(plain.status, 200, "{scheme} {}", plain.text());
            assert!(plain.text().contains(&format!("host: {authority}\n")), "{scheme} {}", plain.text());
            assert!(!plain.text().contains("proxy-"), "{scheme}: the site sees {}", plain.text());
        }
        let http = scheme.starts_with("http");
        let asked = |how: &str, what: String| Asked { how: how.to_owned(), what, authorized: true };
        let tunnel = asked(if http { "CONNECT" } else { "SOCKS5" }, authority.clone());
        let plain = if http { asked("GET", format!("http://{authority}/echo")) } else { tunnel.clone() };
        assert_eq!(upstream.asked(), [tunnel.clone(), plain.clone(), tunnel, plain], "{scheme}");
    }
}

#[tokio::test]
async fn wrong_credentials_are_said_and_not_shown() {
    for (scheme, upstream) in proxies().await {
        let (_egress, proxy) = endpoint(scheme, "someone:s3cret", &upstream);
        let (tunnel, _) = connect(proxy, "site.example:443").await;
        let plain = get(proxy, "http://site.example/").await;
        for answer in [tunnel, plain] {
            assert_eq!(answer.status, 502, "{scheme}");
            assert_eq!(answer.text(), "the upstream proxy refused the credentials\n");
            assert!(!answer.head.contains("s3cret") && !answer.head.to_lowercase().contains("proxy-authenticate"));
        }
        assert!(upstream.asked().iter().all(|asked| !asked.authorized));
    }
}

#[tokio::test]
async fn refused_destinations_never_get_to_the_proxy() {
    for (scheme, upstream) in proxies().await {
        let (_egress, proxy) = endpoint(scheme, ENCODED, &upstream);
        for host in [
            "10.0.0.1",
            "169.254.169.254",
            "0xa9fea9fe",
            "[fd00:ec2::254]",
            "[::1]",
            "db.internal",
            "metadata.google.internal",
            "printer.local",
            "intranet",
            "127.0.0.2",
            "168.63.129.16",
        ] {
            let (tunnel, _) = connect(proxy, &format!("{host}:80")).await;
            let plain = get(proxy, &format!("http://{host}/")).await;
            assert_eq!((tunnel.status, plain.status), (403, 403), "{scheme} {host}");
        }
        assert_eq!(upstream.asked(), [], "{scheme}");
    }
}

#[tokio::test]
async fn the_proxy_itself_must_be_a_fit_destination() {
    let canary = Canary::start("127.0.0.1".parse().unwrap()).await.unwrap();
    let port = canary.address().port();
    let names = Names::default().with("proxy.example", &[&["127.0.0.1"]]);
    let (egress, proxy) = unassigned(EgressSetup::new(policy(&[]), Arc::new(names)));
    for host in ["127.0.0.1", "0x7f.1", "localhost", "[::ffff:127.0.0.1]", "proxy.example"] {
        for scheme in ["http", "https", "socks5"] {
            egress.assign(format!("{scheme}://u:p@{host}:{port}").parse().unwrap());
            let (tunnel, _) = connect(proxy, "site.example:443").await;
            let plain = get(proxy, "http://site.example/").await;
            for answer in [tunnel, plain] {
                assert_eq!(answer.status, 403, "{scheme} {host}");
                assert_eq!(answer.header("x-hangar-egress"), Some("refused; upstream=loopback"));
            }
        }
    }
    assert_eq!(canary.hits().await.unwrap(), []);
}

#[tokio::test]
async fn an_untrusted_certificate_is_no_proxy() {
    let upstream = UpstreamProxy::https(USER, PASSWORD).await.unwrap();
    let (egress, proxy) = unassigned(EgressSetup::new(policy(&["127.0.0.1/32"]), Arc::new(Names::default())));
    egress.assign(format!("https://{ENCODED}@{}", upstream.address()).parse().unwrap());
    assert_eq!(connect(proxy, "site.example:443").await.0.status, 502);
    assert_eq!(upstream.asked(), []);
}

#[tokio::test]
async fn a_dead_proxy_is_told_apart_from_a_dead_site() {
    let upstream = UpstreamProxy::http(USER, PASSWORD).await.unwrap();
    let (egress, proxy) = endpoint("http", ENCODED, &upstream);
    let (answer, _) = connect(proxy, "site.example:1").await;
    assert_eq!(answer.status, 502);
    egress.assign("http://u:p@127.0.0.1:1".parse().unwrap());
    let (answer, _) = connect(proxy, "site.example:443").await;
    assert_eq!(answer.text(), "the upstream proxy could not be reached\n");
}
