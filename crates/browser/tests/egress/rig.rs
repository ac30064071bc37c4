//! An endpoint on loopback, and a client that writes requests byte by byte.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hangar_browser::egress::{Egress, EgressPolicy, EgressSetup, Resolve, Upstream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A port of loopback that is bound already, as a browser's is.
pub(crate) fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

pub(crate) fn policy(allow: &[&str]) -> Arc<EgressPolicy> {
    Arc::new(EgressPolicy::allowing(allow.iter().map(|net| net.parse().unwrap()).collect()))
}

/// An endpoint that goes straight out and resolves the given names only.
pub(crate) fn direct(allow: &[&str], names: Names) -> (Egress, SocketAddr) {
    let (egress, address) = unassigned(EgressSetup::new(policy(allow), Arc::new(names)));
    egress.assign(Upstream::Direct);
    (egress, address)
}

pub(crate) fn unassigned(setup: EgressSetup) -> (Egress, SocketAddr) {
    let (listener, address) = listener();
    (Egress::serve_with(listener, setup).unwrap(), address)
}

/// A resolver that knows some names. Each lookup takes the next answer of the name, and the first again after the last.
#[derive(Debug, Default)]
pub(crate) struct Names {
    answers: HashMap<String, Vec<Vec<IpAddr>>>,
    pub(crate) lookups: Arc<AtomicUsize>,
}

impl Names {
    pub(crate) fn with(mut self, name: &str, answers: &[&[&str]]) -> Self {
        let answers = answers.iter().map(|ips| ips.iter().map(|ip| ip.parse().unwrap()).collect()).collect();
        self.answers.insert(name.to_owned(), answers);
        self
    }
}

impl Resolve for Names {
    fn lookup<'a>(&'a self, host: &'a str, _port: u16) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        let at = self.lookups.fetch_add(1, Ordering::SeqCst);
        let found = self.answers.get(host).map(|answers| answers[at % answers.len()].clone());
        async move { found.ok_or_else(|| io::ErrorKind::NotFound.into()) }.boxed()
    }
}

/// An answer as it came over the wire.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Reads a head, and with it nothing of what follows.
pub(crate) async fn read_head(stream: &mut TcpStream) -> Answer {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("an answer"));
    }
    let head = String::from_utf8(head).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: Vec::new() }
}

/// Reads an answer whose length is given in its head.
pub(crate) async fn read_answer(stream: &mut TcpStream) -> Answer {
    let mut answer = read_head(stream).await;
    let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
    answer.body = vec![0; length];
    stream.read_exact(&mut answer.body).await.unwrap();
    answer
}

/// Sends raw bytes and reads one answer.
pub(crate) async fn raw(proxy: SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(proxy).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    read_answer(&mut stream).await
}

pub(crate) async fn get(proxy: SocketAddr, url: &str) -> Answer {
    raw(proxy, &format!("GET {url} HTTP/1.1\r\nHost: ignored.example\r\n\r\n")).await
}

/// Asks for a tunnel. On 200 the stream is the tunnel.
pub(crate) async fn connect(proxy: SocketAddr, authority: &str) -> (Answer, TcpStream) {
    let mut stream = TcpStream::connect(proxy).await.unwrap();
    stream.write_all(format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = read_head(&mut stream).await;
    if answer.status != 200 {
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        answer.body = vec![0; length];
        stream.read_exact(&mut answer.body).await.unwrap();
    }
    (answer, stream)
}
