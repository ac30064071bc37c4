//! Plain requests: what passes, what is taken out, and that nothing is buffered.

use hangar_testkit::site::Site;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::rig::{Names, connect, direct, get, raw, read_answer, read_head};

#[tokio::test]
async fn hop_by_hop_fields_stay_behind_and_the_rest_keeps_its_form() {
    let site = Site::start().await.unwrap();
    let (_egress, proxy) = direct(&["127.0.0.1/32"], Names::default());
    let fields = "Host: wrong.example\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic x\r\n\
                  Connection: keep-alive, x-drop\r\nX-Drop: 1\r\nTE: trailers\r\nUser-Agent: t\r\nCookie: a=1\r\n";
    let answer = raw(proxy, &format!("GET {} HTTP/1.1\r\n{fields}\r\n", site.url("/echo?a=%20b"))).await;
    let expected = format!("GET /echo?a=%20b\nhost: {}\nuser-agent: t\ncookie: a=1\n", site.address());
    assert_eq!(answer.text(), expected);
    assert_eq!(answer.header("x-hangar-egress"), None);
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let site = Site::start().await.unwrap();
    let mut open = site.open_connections();
    let (_egress, proxy) = direct(&["127.0.0.1/32"], Names::default());
    let mut stream = TcpStream::connect(proxy).await.unwrap();
    for _ in 0..10 {
        let request = format!("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", site.url("/"));
        stream.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(read_answer(&mut stream).await.status, 200);
        assert_eq!(*open.borrow(), 1, "the connection to the site is used again");
    }
    drop(stream);
    open.wait_for(|open| *open == 0).await.unwrap();
}

#[tokio::test]
async fn a_body_goes_up_and_its_length_comes_back() {
    let site = Site::start().await.unwrap();
    let (_egress, proxy) = direct(&["127.0.0.1/32"], Names::default());
    let url = site.url("/upload");
    let sized = format!("POST {url} HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n{}", "x".repeat(100_000));
    assert_eq!(raw(proxy, &sized).await.text(), "100000");
    let chunked = format!("POST {url} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    assert_eq!(raw(proxy, &chunked).await.text(), "3");
}

#[tokio::test]
async fn a_late_answer_is_waited_for() {
    let site = Site::start().await.unwrap();
    let (_egress, proxy) = direct(&["127.0.0.1/32"], Names::default());
    let mut open = site.open_connections();
    let url = site.url("/slow");
    let answer = tokio::spawn(async move { get(proxy, &url).await });
    open.wait_for(|open| *open == 1).await.unwrap();
    assert!(!answer.is_finished());
    site.release();
    assert_eq!(answer.await.unwrap().text(), "released");
}

#[tokio::test]
async fn a_browser_that_leaves_ends_the_request() {
    let site = Site::start().await.unwrap();
    let (_egress, proxy) = direct(&["127.0.0.1/32"], Names::default());
    let mut open = site.open_connections();
    let mut stream = TcpStream::connect(proxy).await.unwrap();
    let request = format!("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", site.url("/big?bytes=1000000000"));
    stream.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(read_head(&mut stream).await.status, 200);
    drop(stream);
    open.wait_for(|open| *open == 0).await.unwrap();
}

#[tokio::test]
async fn big_bodies_and_exact_counts() {
    let site = Site::start().await.unwrap();
    let (egress, proxy) = direct(&["127.0.0.1/32"], Names::default());
    for megabytes in [1, 50] {
        let bytes = megabytes * 1024 * 1024;
        let before = egress.bytes();
        let answer = get(proxy, &site.url(&format!("/big?bytes={bytes}"))).await;
        assert_eq!(answer.body.len(), bytes);
        assert!(answer.body.iter().all(|byte| *byte == b'0'));
        let down = egress.bytes().down - before.down;
        let body = u64::try_from(bytes).unwrap();
        assert!(down > body && down < body + 1024, "{down} bytes for a body of {body} and its head");
    }
}

#[tokio::test]
async fn a_tunnel_counts_what_it_moves() {
    let site = Site::start().await.unwrap();
    let (egress, proxy) = direct(&["127.0.0.1/32"], Names::default());
    let (answer, mut tunnel) = connect(proxy, &site.address().to_string()).await;
    assert_eq!(answer.status, 200);
    let request = "GET /big?bytes=1048576 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    tunnel.write_all(request.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    tunnel.read_to_end(&mut received).await.unwrap();
    let bytes = egress.bytes();
    assert_eq!(bytes.up, u64::try_from(request.len()).unwrap());
    assert_eq!(bytes.down, u64::try_from(received.len()).unwrap());
}

#[tokio::test]
async fn bytes_sent_ahead_of_the_tunnel_are_not_lost() {
    let site = Site::start().await.unwrap();
    let (_egress, proxy) = direct(&["127.0.0.1/32"], Names::default());
    let mut stream = TcpStream::connect(proxy).await.unwrap();
    let address = site.address();
    let both = format!("CONNECT {address} HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    stream.write_all(both.as_bytes()).await.unwrap();
    assert_eq!(read_head(&mut stream).await.status, 200);
    assert!(read_answer(&mut stream).await.text().contains("hello"));
}

#[tokio::test]
async fn an_upgrade_becomes_a_tunnel() {
    let site = Site::start().await.unwrap();
    let (egress, proxy) = direct(&["127.0.0.1/32"], Names::default());
    let mut stream = TcpStream::connect(proxy).await.unwrap();
    let url = site.url("/upgrade");
    let request = format!("GET {url} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = read_head(&mut stream).await;
    assert_eq!((answer.status, answer.header("upgrade")), (101, Some("echo")));
    stream.write_all(b"over the tunnel").await.unwrap();
    let mut echo = [0; 15];
    stream.read_exact(&mut echo).await.unwrap();
    assert_eq!(&echo, b"over the tunnel");
    drop(stream);
    let mut open = site.open_connections();
    open.wait_for(|open| *open == 0).await.unwrap();
    assert!(egress.bytes().up > 15);
}

#[tokio::test]
async fn a_site_cannot_ask_for_proxy_credentials() {
    let site = Site::start().await.unwrap();
    let (_egress, proxy) = direct(&["127.0.0.1/32"], Names::default());
    assert_eq!(get(proxy, &site.url("/status?code=407")).await.status, 502);
    assert_eq!(get(proxy, &site.url("/status?code=404")).await.status, 404);
}

#[tokio::test]
async fn two_lengths_become_one() {
    let site = Site::start().await.unwrap();
    let (_egress, proxy) = direct(&["127.0.0.1/32"], Names::default());
    let fields = "Host: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n";
    let answer = raw(proxy, &format!("POST {} HTTP/1.1\r\n{fields}\r\n0\r\n\r\n", site.url("/echo"))).await;
    let seen = answer.text();
    assert!(!(seen.contains("content-length") && seen.contains("transfer-encoding")), "smuggling: {seen}");
    assert!(!seen.contains("content-length: 3"), "{seen}");
}
