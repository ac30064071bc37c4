//! A web site on loopback, and a canary that nobody should ever reach.

mod canary;
mod pages;
mod upgraded;

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

pub use self::canary::Canary;
use crate::certificate::Certificate;

/// A site with these pages: `/`, `/echo` (the request line and header fields), `/upload` (the number of bytes that were
/// sent), `/big?bytes=N`, `/slow` (answers after [`Site::release`]), `/redirect?to=URL` (302, or
/// `?status=N&to=URL`), `/status?code=N`, `/upgrade`
/// (an echo of bytes after a 101 with `Upgrade: echo`), and `/ws` (a WebSocket that
/// says `hello` and then gives back short messages).
#[derive(Debug)]
pub struct Site {
    address: SocketAddr,
    scheme: &'static str,
    state: Arc<State>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct State {
    released: watch::Sender<bool>,
    connections: watch::Sender<usize>,
    requests: watch::Sender<Vec<String>>,
    pages: Vec<(String, String, String)>,
}

impl Site {
    /// Starts a site on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(IpAddr::V4(Ipv4Addr::LOCALHOST), Vec::new()).await
    }

    /// Starts a site on a free port of `ip` with further pages: path, content type, body.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start_with(ip: IpAddr, pages: Vec<(String, String, String)>) -> io::Result<Self> {
        Self::serve(TcpListener::bind((ip, 0)).await?, pages, None)
    }

    /// Starts a site on a free port of 127.0.0.1 that speaks TLS and shows this certificate.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start_tls(certificate: &Certificate) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        Self::serve(listener, Vec::new(), Some(certificate.acceptor()))
    }

    fn serve(
        listener: TcpListener,
        pages: Vec<(String, String, String)>,
        tls: Option<TlsAcceptor>,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let state = Arc::new(State {
            released: watch::Sender::new(false),
            connections: watch::Sender::new(0),
            requests: watch::Sender::default(),
            pages,
        });
        let server = tokio::spawn(accept(listener, tls, Arc::clone(&state)));
        Ok(Self { address, scheme, state, server })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a page.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// Lets `/slow` answer, now and from now on.
    pub fn release(&self) {
        self.state.released.send_replace(true);
    }

    /// How many connections are open, as it changes.
    #[must_use]
    pub fn open_connections(&self) -> watch::Receiver<usize> {
        self.state.connections.subscribe()
    }

    /// The paths that were asked for.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.state.requests.borrow().clone()
    }

    /// Waits until a path that starts with `prefix` has been asked for, and returns it.
    pub async fn asked_for(&self, prefix: &str) -> String {
        let mut requests = self.state.requests.subscribe();
        let matching = |paths: &Vec<String>| paths.iter().find(|path| path.starts_with(prefix)).cloned();
        // The sender lives as long as this site, so that waiting cannot fail.
        let seen = requests.wait_for(|paths| matching(paths).is_some()).await;
        seen.ok().and_then(|paths| matching(&paths)).unwrap_or_default()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, state: Arc<State>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let open = Open::new(&state);
        let tls = tls.clone();
        connections.spawn(async move {
            match tls {
                None => talk(stream, open).await,
                // Who does not trust the certificate leaves during the handshake.
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        talk(stream, open).await;
                    }
                }
            }
        });
    }
}

async fn talk(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, open: Open) {
    let service = service_fn(move |request| {
        let state = Arc::clone(&open.0);
        async move { Ok::<_, Infallible>(pages::answer(request, &state).await) }
    });
    let connection = http1::Builder::new().preserve_header_case(true).serve_connection(TokioIo::new(stream), service);
    // Who goes away in the middle has its reasons.
    let _gone = connection.with_upgrades().await;
}

/// Counts one open connection for as long as it lives.
struct Open(Arc<State>);

impl Open {
    fn new(state: &Arc<State>) -> Self {
        state.connections.send_modify(|count| *count += 1);
        Self(Arc::clone(state))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.connections.send_modify(|count| *count -= 1);
    }
}
