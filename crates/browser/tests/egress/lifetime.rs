//! From unassigned to gone: nothing gets out before, nothing is left after.

use std::sync::Arc;
use std::time::Duration;

use hangar_browser::egress::{EgressSetup, Limits, Upstream};
use hangar_testkit::site::{Canary, Site};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::rig::{Names, connect, direct, get, listener, policy, raw, unassigned};

fn setup(limits: Limits) -> EgressSetup {
    let mut setup = EgressSetup::new(policy(&["127.0.0.1/32"]), Arc::new(Names::default()));
    setup.limits = limits;
    setup
}

#[tokio::test]
async fn nothing_is_reached_before_an_upstream_is_assigned() {
    let canary = Canary::start("127.0.0.1".parse().unwrap()).await.unwrap();
    let (egress, proxy) = unassigned(setup(Limits::default()));
    let (tunnel, _) = connect(proxy, &canary.address().to_string()).await;
    let plain = get(proxy, &format!("http://{}/", canary.address())).await;
    assert_eq!((tunnel.status, plain.status), (503, 503));
    assert_eq!(canary.hits().await.unwrap(), []);

    egress.assign(Upstream::Direct);
    assert_eq!(get(proxy, &format!("http://{}/", canary.address())).await.text(), "canary");
}

#[tokio::test]
async fn shutdown_ends_live_tunnels_and_requests() {
    let site = Site::start().await.unwrap();
    let (egress, proxy) = direct(&["127.0.0.1/32"], Names::default());
    let mut open = site.open_connections();
    let (_, mut tunnel) = connect(proxy, &site.address().to_string()).await;
    let mut request = TcpStream::connect(proxy).await.unwrap();
    request.write_all(format!("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", site.url("/slow")).as_bytes()).await.unwrap();
    open.wait_for(|open| *open == 2).await.unwrap();

    egress.shutdown().await;
    open.wait_for(|open| *open == 0).await.unwrap();
    for stream in [&mut tunnel, &mut request] {
        assert!(stream.read_u8().await.is_err(), "the connection is closed");
    }
    assert!(TcpStream::connect(proxy).await.is_err(), "the port is closed");
}

#[tokio::test]
async fn dropping_the_endpoint_ends_everything_too() {
    let site = Site::start().await.unwrap();
    let (egress, proxy) = direct(&["127.0.0.1/32"], Names::default());
    let mut open = site.open_connections();
    let (_, mut tunnel) = connect(proxy, &site.address().to_string()).await;
    open.wait_for(|open| *open == 1).await.unwrap();
    drop(egress);
    assert!(tunnel.read_u8().await.is_err());
    open.wait_for(|open| *open == 0).await.unwrap();
}

#[tokio::test]
async fn a_second_port_has_its_own_upstream_and_closes_with_its_guard() {
    let site = Site::start().await.unwrap();
    let (egress, main) = unassigned(setup(Limits::default()));
    let (socket, second) = listener();
    let guard = egress.listen_also(socket, Upstream::Direct).unwrap();
    assert_eq!(get(main, &site.url("/")).await.status, 503, "the main port is still closed");
    assert_eq!(get(second, &site.url("/")).await.status, 200);
    assert!(egress.bytes().down > 0, "the counters are shared");

    let (_, mut tunnel) = connect(second, &site.address().to_string()).await;
    drop(guard);
    assert!(tunnel.read_u8().await.is_err());
    assert_eq!(get(main, &site.url("/")).await.status, 503, "the main port still answers");
}

#[tokio::test]
async fn a_full_endpoint_lets_the_next_wait_for_a_place() {
    let site = Site::start().await.unwrap();
    let (egress, proxy) = unassigned(setup(Limits { connections: 2, ..Limits::default() }));
    egress.assign(Upstream::Direct);
    let mut open = site.open_connections();
    let (_, first) = connect(proxy, &site.address().to_string()).await;
    let (_, _second) = connect(proxy, &site.address().to_string()).await;
    let url = site.url("/");
    let third = tokio::spawn(async move { get(proxy, &url).await.status });
    open.wait_for(|open| *open == 2).await.unwrap();
    assert!(!third.is_finished());
    assert_eq!(site.requests(), Vec::<String>::new());
    drop(first);
    assert_eq!(third.await.unwrap(), 200);
}

#[tokio::test]
async fn an_idle_tunnel_is_closed() {
    let site = Site::start().await.unwrap();
    let (egress, proxy) = unassigned(setup(Limits { idle: Duration::from_millis(50), ..Limits::default() }));
    egress.assign(Upstream::Direct);
    let (answer, mut tunnel) = connect(proxy, &site.address().to_string()).await;
    assert_eq!(answer.status, 200);
    assert!(tunnel.read_u8().await.is_err());
}

#[tokio::test]
async fn a_head_that_is_too_long_or_never_ends() {
    let (egress, proxy) = unassigned(setup(Limits { head_time: Duration::from_millis(50), ..Limits::default() }));
    egress.assign(Upstream::Direct);
    let long = format!("GET http://a.example/ HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(20_000));
    assert_eq!(raw(proxy, &long).await.status, 431);
    let many = format!("GET http://a.example/ HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(100));
    assert_eq!(raw(proxy, &many).await.status, 431);
    let mut slow = TcpStream::connect(proxy).await.unwrap();
    slow.write_all(b"GET http://a.exa").await.unwrap();
    let mut rest = Vec::new();
    slow.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b"", "the connection is closed without an answer");
}
