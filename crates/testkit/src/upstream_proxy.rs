//! Proxies as a client of Hangar would bring them: HTTP, HTTPS and SOCKS5, each with a password.
//!
//! They take every name for 127.0.0.1, so that a test can use names that no DNS knows, and they record what they were
//! asked for.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::certificate::Certificate;

/// What a proxy was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// `CONNECT`, the method of a plain request, or `SOCKS5`.
    pub how: String,
    /// The destination as it was written: `host:port`, or a whole URI.
    pub what: String,
    /// Whether the credentials were right.
    pub authorized: bool,
}

/// A proxy on a free port of 127.0.0.1 that demands this user and password.
#[derive(Debug)]
pub struct UpstreamProxy {
    address: SocketAddr,
    pem: Option<String>,
    asked: Arc<Mutex<Vec<Asked>>>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Door {
    user: String,
    password: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl UpstreamProxy {
    /// An HTTP proxy.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn http(user: &str, password: &str) -> io::Result<Self> {
        Self::start(user, password, Kind::Http).await
    }

    /// An HTTP proxy inside TLS, with a certificate of its own; see [`UpstreamProxy::pem`].
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn https(user: &str, password: &str) -> io::Result<Self> {
        let certificate = Certificate::of_this_machine()?;
        let mut proxy = Self::start(user, password, Kind::Https(certificate.acceptor())).await?;
        proxy.pem = Some(certificate.pem().to_owned());
        Ok(proxy)
    }

    /// A SOCKS 5 proxy.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn socks5(user: &str, password: &str) -> io::Result<Self> {
        Self::start(user, password, Kind::Socks5).await
    }

    async fn start(user: &str, password: &str, kind: Kind) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let asked = Arc::<Mutex<Vec<_>>>::default();
        let door = Door { user: user.to_owned(), password: password.to_owned(), asked: Arc::clone(&asked) };
        let server = tokio::spawn(serve(listener, kind, Arc::new(door)));
        Ok(Self { address, pem: None, asked, server })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate to trust, for an HTTPS proxy.
    #[must_use]
    pub fn pem(&self) -> Option<&str> {
        self.pem.as_deref()
    }

    /// What it was asked for so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for UpstreamProxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[derive(Clone)]
enum Kind {
    Http,
    Https(TlsAcceptor),
    Socks5,
}

async fn serve(listener: TcpListener, kind: Kind, door: Arc<Door>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let (kind, door) = (kind.clone(), Arc::clone(&door));
        connections.spawn(async move {
            match kind {
                Kind::Http => http(stream, &door).await,
                Kind::Https(acceptor) => http(acceptor.accept(stream).await?, &door).await,
                Kind::Socks5 => socks5(stream, &door).await,
            }
        });
    }
}

impl Door {
    fn note(&self, how: &str, what: &str, authorized: bool) {
        let asked = Asked { how: how.to_owned(), what: what.to_owned(), authorized };
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    }

    fn accepts(&self, field: Option<&str>) -> bool {
        let expected = format!("Basic {}", STANDARD.encode(format!("{}:{}", self.user, self.password)));
        field == Some(expected.as_str())
    }
}

/// Opens a connection to the port of `authority` on 127.0.0.1, whatever its host is.
async fn dial(authority: &str) -> io::Result<TcpStream> {
    let port = authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(80_u16);
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await
}

async fn http(stream: impl AsyncRead + AsyncWrite + Unpin, door: &Door) -> io::Result<()> {
    let mut client = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if client.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut words = lines.first().map(String::as_str).unwrap_or_default().split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let authorized = door.accepts(lines.iter().find_map(|line| field(line, "proxy-authorization")));
    door.note(method, target, authorized);
    if !authorized {
        let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"p\"\r\n";
        client.write_all(format!("{refusal}content-length: 0\r\nconnection: close\r\n\r\n").as_bytes()).await?;
        return client.shutdown().await;
    }
    let mut site = if method == "CONNECT" {
        let site = dial(target).await?;
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
        site
    } else {
        let (authority, path) = target.trim_start_matches("http://").split_once('/').unwrap_or((target, ""));
        let mut site = dial(authority).await?;
        let mut head = format!("{method} /{path} HTTP/1.1\r\nconnection: close\r\n");
        for line in lines.iter().skip(1).filter(|line| field(line, "proxy-authorization").is_none()) {
            head.push_str(&format!("{line}\r\n"));
        }
        site.write_all(format!("{head}\r\n").as_bytes()).await?;
        site
    };
    tokio::io::copy_bidirectional(&mut client, &mut site).await.map(drop)
}

/// The value of a header line, if it is the field `name`.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (key, value) = line.split_once(':')?;
    key.eq_ignore_ascii_case(name).then(|| value.trim())
}

async fn socks5(mut client: TcpStream, door: &Door) -> io::Result<()> {
    let _version = client.read_u8().await?;
    let methods = bytes(&mut client).await?;
    if !methods.contains(&2) {
        door.note("SOCKS5", "", false);
        return client.write_all(&[5, 0xff]).await;
    }
    client.write_all(&[5, 2]).await?;
    let _version = client.read_u8().await?;
    let (user, password) = (bytes(&mut client).await?, bytes(&mut client).await?);
    if user != door.user.as_bytes() || password != door.password.as_bytes() {
        door.note("SOCKS5", "", false);
        return client.write_all(&[1, 1]).await;
    }
    client.write_all(&[1, 0]).await?;
    let mut request = [0; 4];
    client.read_exact(&mut request).await?;
    let host = match request[3] {
        1 => Ipv4Addr::from_bits(client.read_u32().await?).to_string(),
        4 => format!("[{}]", std::net::Ipv6Addr::from_bits(client.read_u128().await?)),
        _ => String::from_utf8_lossy(&bytes(&mut client).await?).into_owned(),
    };
    let authority = format!("{host}:{}", client.read_u16().await?);
    door.note("SOCKS5", &authority, true);
    match dial(&authority).await {
        Ok(mut site) => {
            client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
            tokio::io::copy_bidirectional(&mut client, &mut site).await.map(drop)
        }
        Err(_) => client.write_all(&[5, 5, 0, 1, 0, 0, 0, 0, 0, 0]).await,
    }
}

/// Bytes behind their one-byte length.
async fn bytes(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::from(client.read_u8().await?)];
    client.read_exact(&mut bytes).await?;
    Ok(bytes)
}
