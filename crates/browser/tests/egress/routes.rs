//! The operator's ways out by domain.

use std::sync::Arc;

use hangar_browser::egress::{Egress, EgressPolicy, EgressSetup, Upstream};
use hangar_testkit::site::Site;
use hangar_testkit::upstream_proxy::{Asked, UpstreamProxy};
use tokio::io::AsyncWriteExt as _;

use super::rig::{Names, connect, get, policy, read_answer, unassigned};

/// An endpoint with routes, whose session goes by `own`.
fn endpoint(routes: &str, own: &str, names: Names) -> (Egress, std::net::SocketAddr) {
    let policy = EgressPolicy { routes: routes.parse().unwrap(), ..EgressPolicy::clone(&policy(&["127.0.0.1/32"])) };
    let (egress, address) = unassigned(EgressSetup::new(Arc::new(policy), Arc::new(names)));
    egress.assign(own.parse::<Upstream>().unwrap());
    (egress, address)
}

#[tokio::test]
async fn a_domain_has_its_own_upstream_for_tunnels_and_for_requests() {
    let site = Site::start().await.unwrap();
    let port = site.address().port();
    let (own, other) =
        (UpstreamProxy::http("a", "own").await.unwrap(), UpstreamProxy::socks5("b", "other").await.unwrap());
    let routes = format!("routed.example=socks5://b:other@{}", other.address());
    let (_egress, proxy) = endpoint(&routes, &format!("http://a:own@{}", own.address()), Names::default());

    for name in ["routed.example", "www.routed.example", "elsewhere.example"] {
        let authority = format!("{name}:{port}");
        let (answer, mut tunnel) = connect(proxy, &authority).await;
        assert_eq!(answer.status, 200, "{name} {}", answer.text());
        tunnel.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        assert!(read_answer(&mut tunnel).await.text().contains("hello"), "{name}");
        assert_eq!(get(proxy, &format!("http://{authority}/")).await.status, 200, "{name}");
    }

    let asked = |how: &str, what: String| Asked { how: how.to_owned(), what, authorized: true };
    let socks = |name: &str| asked("SOCKS5", format!("{name}:{port}"));
    let (routed, below) = (socks("routed.example"), socks("www.routed.example"));
    assert_eq!(other.asked(), [routed.clone(), routed, below.clone(), below]);
    let elsewhere = format!("elsewhere.example:{port}");
    assert_eq!(own.asked(), [asked("CONNECT", elsewhere.clone()), asked("GET", format!("http://{elsewhere}/"))]);
}

#[tokio::test]
async fn a_direct_route_leaves_the_sessions_proxy_out_and_the_policy_in() {
    let site = Site::start().await.unwrap();
    let own = UpstreamProxy::http("a", "own").await.unwrap();
    let names = Names::default().with("open.example", &[&["127.0.0.1"]]).with("shut.example", &[&["10.0.0.1"]]);
    let routes = "open.example=direct://,shut.example=direct://";
    let (_egress, proxy) = endpoint(routes, &format!("http://a:own@{}", own.address()), names);
    assert_eq!(get(proxy, &format!("http://open.example:{}/", site.address().port())).await.status, 200);
    let refused = get(proxy, "http://shut.example/").await;
    assert_eq!((refused.status, refused.header("x-hangar-egress")), (403, Some("refused; class=private")));
    assert!(own.asked().is_empty());
}

#[tokio::test]
async fn a_route_opens_nothing_before_a_session_has_the_browser() {
    let policy = EgressPolicy { routes: "a.example=direct://".parse().unwrap(), ..EgressPolicy::default() };
    let (_egress, proxy) = unassigned(EgressSetup::new(Arc::new(policy), Arc::new(Names::default())));
    assert_eq!(get(proxy, "http://a.example/").await.status, 503);
}
