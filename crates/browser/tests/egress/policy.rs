//! What is refused stays unreached: by tunnel, by plain request, by redirect, by name, by changing answers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::Ordering;

use hangar_testkit::site::{Canary, Site};

use super::rig::{Names, connect, direct, get, raw};

/// Hosts that must not be reached, and the class that the refusal names.
const REFUSED: [(&str, &str); 62] = [
    ("127.0.0.1", "loopback"),
    ("127.1", "loopback"),
    ("127.0.1", "loopback"),
    ("2130706433", "loopback"),
    ("0x7f000001", "loopback"),
    ("0x7f.1", "loopback"),
    ("0X7F.0.0.0x1", "loopback"),
    ("0177.0.0.1", "loopback"),
    ("017700000001", "loopback"),
    ("127.0.0.1.", "loopback"),
    ("127.255.255.254", "loopback"),
    ("localhost", "loopback"),
    ("LOCALHOST", "loopback"),
    ("localhost.", "loopback"),
    ("a.localhost", "loopback"),
    ("localhost.localdomain", "loopback"),
    ("[::1]", "loopback"),
    ("[0:0:0:0:0:0:0:1]", "loopback"),
    ("[::127.0.0.1]", "loopback"),
    ("[::ffff:127.0.0.1]", "loopback"),
    ("[::ffff:7f00:1]", "loopback"),
    ("[::ffff:0:127.0.0.1]", "loopback"),
    ("[64:ff9b::127.0.0.1]", "loopback"),
    ("[64:ff9b:1::127.0.0.1]", "loopback"),
    ("[2002:7f00:1::]", "loopback"),
    ("[2001:0:7f00:1::f7f7:f7f7]", "loopback"),
    ("0.0.0.0", "unspecified"),
    ("0", "unspecified"),
    ("0.1.2.3", "unspecified"),
    ("[::]", "unspecified"),
    ("[::ffff:0.0.0.0]", "unspecified"),
    ("10.0.0.1", "private"),
    ("172.16.0.1", "private"),
    ("172.31.255.254", "private"),
    ("192.168.0.1", "private"),
    ("[::ffff:10.0.0.1]", "private"),
    ("[fec0::1]", "private"),
    ("intranet", "private"),
    ("db.internal", "private"),
    ("router.home.arpa", "private"),
    ("100.64.0.1", "carrier-nat"),
    ("169.254.1.1", "link-local"),
    ("[fe80::1]", "link-local"),
    ("printer.local", "link-local"),
    ("169.254.169.254", "metadata"),
    ("0xa9fea9fe", "metadata"),
    ("2852039166", "metadata"),
    ("[::ffff:169.254.169.254]", "metadata"),
    ("[64:ff9b::a9fe:a9fe]", "metadata"),
    ("[fd00:ec2::254]", "metadata"),
    ("[fd20:ce::254]", "metadata"),
    ("100.100.100.200", "metadata"),
    ("168.63.129.16", "metadata"),
    ("192.0.0.192", "metadata"),
    ("metadata.google.internal", "metadata"),
    ("[fc00::1]", "unique-local"),
    ("224.0.0.1", "multicast"),
    ("[ff02::1]", "multicast"),
    ("255.255.255.255", "broadcast"),
    ("240.0.0.1", "reserved"),
    ("192.0.2.1", "documentation"),
    ("198.18.0.1", "benchmark"),
];

#[tokio::test]
async fn no_spelling_of_a_refused_address_reaches_the_canary() {
    let canaries = [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    for ip in canaries {
        let canary = Canary::start(ip).await.unwrap();
        let names = Names::default();
        let lookups = names.lookups.clone();
        let (_egress, proxy) = direct(&[], names);
        let port = canary.address().port();
        for (host, class) in REFUSED {
            let note = format!("refused; class={class}");
            let (tunnel, _) = connect(proxy, &format!("{host}:{port}")).await;
            let plain = get(proxy, &format!("http://{host}:{port}/")).await;
            for answer in [tunnel, plain] {
                assert_eq!(answer.status, 403, "{host}");
                assert_eq!(answer.header("x-hangar-egress"), Some(note.as_str()), "{host}");
            }
        }
        assert_eq!(lookups.load(Ordering::SeqCst), 0, "nothing of this needs the DNS");
        assert_eq!(canary.hits().await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_public_looking_name_with_a_refused_address_is_refused() {
    let canary = Canary::start(Ipv4Addr::LOCALHOST.into()).await.unwrap();
    let port = canary.address().port();
    for ip in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "169.254.169.254", "fd00:ec2::254", "0.0.0.0"] {
        let (_egress, proxy) = direct(&[], Names::default().with("evil.example", &[&[ip]]));
        let (tunnel, _) = connect(proxy, &format!("evil.example:{port}")).await;
        let plain = get(proxy, &format!("http://evil.example:{port}/")).await;
        assert_eq!((tunnel.status, plain.status), (403, 403), "{ip}");
        assert!(!plain.text().contains(ip), "the answer tells what the name resolved to");
    }
    assert_eq!(canary.hits().await.unwrap(), []);
}

#[tokio::test]
async fn one_refused_address_among_many_refuses_the_name() {
    let site = Site::start_with("127.0.0.2".parse().unwrap(), Vec::new()).await.unwrap();
    let names = Names::default().with("mixed.example", &[&["127.0.0.2", "127.0.0.1"]]);
    let (_egress, proxy) = direct(&["127.0.0.2/32"], names);
    let answer = get(proxy, &format!("http://mixed.example:{}/", site.address().port())).await;
    assert_eq!(answer.status, 403);
    assert_eq!(site.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn a_redirect_is_judged_like_any_request() {
    let site = Site::start_with("127.0.0.2".parse().unwrap(), Vec::new()).await.unwrap();
    let canary = Canary::start(Ipv4Addr::LOCALHOST.into()).await.unwrap();
    let (_egress, proxy) = direct(&["127.0.0.2/32"], Names::default());
    for host in ["127.0.0.1", "0x7f.1", "[::ffff:127.0.0.1]", "localhost"] {
        let to = format!("http://{host}:{}/", canary.address().port());
        let first = get(proxy, &site.url(&format!("/redirect?to={to}"))).await;
        assert_eq!(first.status, 302);
        let second = get(proxy, first.header("location").unwrap()).await;
        assert_eq!(second.status, 403, "{host}");
    }
    assert_eq!(canary.hits().await.unwrap(), []);
}

#[tokio::test]
async fn changing_answers_do_not_help() {
    let site = Site::start_with("127.0.0.2".parse().unwrap(), Vec::new()).await.unwrap();
    let port = site.address().port();
    let names = Names::default().with("rebind.example", &[&["127.0.0.2"], &["127.0.0.1"]]);
    let lookups = names.lookups.clone();
    let (_egress, proxy) = direct(&["127.0.0.2/32"], names);
    for round in 0..4 {
        let (good, _tunnel) = connect(proxy, &format!("rebind.example:{port}")).await;
        assert_eq!(good.status, 200, "what was checked is what is dialled");
        let (bad, _) = connect(proxy, &format!("rebind.example:{port}")).await;
        assert_eq!(bad.status, 403);
        assert_eq!(lookups.load(Ordering::SeqCst), 2 * (round + 1), "one lookup for each connection");
    }
}

#[tokio::test]
async fn the_operators_list_opens_what_it_names() {
    let site = Site::start().await.unwrap();
    let port = site.address().port();
    let names = || Names::default().with("db.internal", &[&["127.0.0.1"]]).with("odd.internal", &[&["8.8.8.8"]]);
    let (_egress, proxy) = direct(&["127.0.0.0/8"], names());
    for host in ["127.0.0.1", "localhost", "a.localhost", "0x7f.1", "[::ffff:127.0.0.1]", "db.internal"] {
        let answer = get(proxy, &format!("http://{host}:{port}/")).await;
        assert_eq!(answer.status, 200, "{host}");
    }
    for host in ["[::1]", "odd.internal", "[::]"] {
        let answer = get(proxy, &format!("http://{host}:{port}/")).await;
        assert_eq!(answer.status, 403, "{host}");
    }
}

#[tokio::test]
async fn requests_that_are_not_for_a_proxy() {
    let (_egress, proxy) = direct(&["127.0.0.0/8"], Names::default());
    let table = [
        ("GET / HTTP/1.1\r\nHost: 127.0.0.1:3128\r\n\r\n", 400),
        ("GET /json/version HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        ("GET https://site.example/ HTTP/1.1\r\nHost: site.example\r\n\r\n", 400),
        ("GET ftp://site.example/ HTTP/1.1\r\nHost: site.example\r\n\r\n", 400),
        ("GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET http://256.1.1.1/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("CONNECT site.example HTTP/1.1\r\nHost: site.example\r\n\r\n", 400),
        ("CONNECT site.example:0 HTTP/1.1\r\nHost: site.example\r\n\r\n", 403),
        ("CONNECT / HTTP/1.1\r\nHost: site.example\r\n\r\n", 400),
        ("POST http://1.2.3.4/ HTTP/1.1\r\nHost: a\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabc", 400),
        ("GARBAGE\r\n\r\n", 400),
    ];
    for (request, status) in table {
        assert_eq!(raw(proxy, request).await.status, status, "{request}");
    }
}

#[tokio::test]
async fn unknown_names_and_closed_ports() {
    let (_egress, proxy) = direct(&["127.0.0.0/8"], Names::default());
    let answer = get(proxy, "http://nowhere.example/").await;
    assert_eq!((answer.status, answer.text().as_str()), (502, "the name could not be resolved\n"));
    // Port 1 of loopback: nothing listens there.
    let (answer, _) = connect(proxy, "127.0.0.1:1").await;
    assert_eq!(answer.status, 502);
    assert_eq!(answer.header("x-hangar-egress"), Some("failed; code=egress-unreachable"));
}

#[tokio::test]
async fn the_next_address_is_tried_when_one_does_not_answer() {
    let site = Site::start_with("127.0.0.2".parse().unwrap(), Vec::new()).await.unwrap();
    let names = Names::default().with("two.example", &[&["127.0.0.3", "127.0.0.2"]]);
    let (_egress, proxy) = direct(&["127.0.0.0/8"], names);
    let answer = get(proxy, &format!("http://two.example:{}/", site.address().port())).await;
    assert_eq!(answer.status, 200);
}
