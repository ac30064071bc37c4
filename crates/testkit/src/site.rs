//! A web site on loopback, and a canary that nobody should ever reach.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::BoxBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sha1::{Digest as _, Sha1};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// What RFC 6455 §1.3 appends to a key.
const WEB_SOCKET_GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The size of one piece of `/big`, in bytes.
const PIECE: usize = 64 * 1024;

type Body = BoxBody<Bytes, Infallible>;

/// A site with these pages: `/`, `/echo` (the request line and header fields), `/upload` (the number of bytes that were
/// sent), `/big?bytes=N`, `/slow` (answers after [`Site::release`]), `/redirect?to=URL`, `/status?code=N`, `/upgrade`
/// (an echo of bytes after a 101 with `Upgrade: echo`), and `/ws` (a WebSocket that says `hello` once).
#[derive(Debug)]
pub struct Site {
    address: SocketAddr,
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
        let listener = TcpListener::bind((ip, 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            released: watch::Sender::new(false),
            connections: watch::Sender::new(0),
            requests: watch::Sender::default(),
            pages,
        });
        let server = tokio::spawn(serve(listener, Arc::clone(&state)));
        Ok(Self { address, state, server })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a page.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
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

async fn serve(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let open = Open::new(&state);
        let service = service_fn(move |request| {
            let state = Arc::clone(&open.0);
            async move { Ok::<_, Infallible>(answer(request, &state).await) }
        });
        let connection =
            http1::Builder::new().preserve_header_case(true).serve_connection(TokioIo::new(stream), service);
        connections.spawn(async move {
            let _ = connection.with_upgrades().await;
        });
    }
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

async fn answer(mut request: Request<Incoming>, state: &State) -> Response<Body> {
    let path = request.uri().path().to_owned();
    state.requests.send_modify(|paths| paths.push(path.clone()));
    if let Some((_, kind, body)) = state.pages.iter().find(|page| page.0 == path) {
        return page(StatusCode::OK, kind, body.clone());
    }
    match path.as_str() {
        "/" => page(StatusCode::OK, "text/html", "<!doctype html><title>site</title><p id=hello>hello".to_owned()),
        "/echo" => page(StatusCode::OK, "text/plain", echo(&request)),
        "/upload" => upload(request.body_mut()).await,
        "/big" => big(number(&request, "bytes")),
        "/slow" => {
            let _ = state.released.subscribe().wait_for(|released| *released).await;
            page(StatusCode::OK, "text/plain", "released".to_owned())
        }
        "/redirect" => redirect(&request),
        "/status" => {
            let code = u16::try_from(number(&request, "code")).unwrap_or(500);
            page(StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), "text/plain", String::new())
        }
        "/upgrade" => upgrade(request),
        "/ws" => web_socket(request),
        _ => page(StatusCode::NOT_FOUND, "text/plain", String::new()),
    }
}

fn page(status: StatusCode, kind: &str, body: String) -> Response<Body> {
    let mut response = Response::new(Full::from(body).boxed());
    *response.status_mut() = status;
    if let Ok(kind) = HeaderValue::from_str(kind) {
        response.headers_mut().insert(CONTENT_TYPE, kind);
    }
    response
}

fn echo(request: &Request<Incoming>) -> String {
    let mut text = format!("{} {}\n", request.method(), request.uri());
    for (name, value) in request.headers() {
        text.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    }
    text
}

async fn upload(body: &mut Incoming) -> Response<Body> {
    let mut bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        bytes += frame.data_ref().map_or(0, Bytes::len);
    }
    page(StatusCode::OK, "text/plain", bytes.to_string())
}

/// `bytes` bytes in pieces that are made as they are sent.
fn big(bytes: usize) -> Response<Body> {
    static ZEROS: [u8; PIECE] = [b'0'; PIECE];
    let pieces = (0..bytes.div_ceil(PIECE)).map(move |at| {
        let length = PIECE.min(bytes - at * PIECE);
        Ok::<_, Infallible>(Frame::data(Bytes::from_static(&ZEROS[..length])))
    });
    let body = StreamBody::new(Iter(pieces));
    let mut response = Response::new(BoxBody::new(body));
    response.headers_mut().insert("content-length", HeaderValue::from(bytes));
    response
}

/// An iterator as a stream.
struct Iter<I>(I);

impl<I: Iterator + Unpin> futures_util::Stream for Iter<I> {
    type Item = I::Item;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.next())
    }
}

fn redirect(request: &Request<Incoming>) -> Response<Body> {
    let to = request.uri().query().and_then(|query| query.strip_prefix("to=")).unwrap_or("/");
    let mut response = page(StatusCode::FOUND, "text/plain", String::new());
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(LOCATION, to);
    }
    response
}

fn number(request: &Request<Incoming>, name: &str) -> usize {
    let query = request.uri().query().unwrap_or_default();
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    value.and_then(|value| value.parse().ok()).unwrap_or(0)
}

fn upgrade(mut request: Request<Incoming>) -> Response<Body> {
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgraded.await else { return };
        let (mut read, mut write) = tokio::io::split(TokioIo::new(upgraded));
        let _ = tokio::io::copy(&mut read, &mut write).await;
        let _ = write.shutdown().await;
    });
    let mut response = page(StatusCode::SWITCHING_PROTOCOLS, "text/plain", String::new());
    response.headers_mut().insert("connection", HeaderValue::from_static("Upgrade"));
    response.headers_mut().insert("upgrade", HeaderValue::from_static("echo"));
    response
}

/// A WebSocket (RFC 6455) that sends one text message and then listens until the other side leaves.
fn web_socket(mut request: Request<Incoming>) -> Response<Body> {
    let Some(key) = request.headers().get("sec-websocket-key").cloned() else {
        return page(StatusCode::BAD_REQUEST, "text/plain", String::new());
    };
    let accept = Sha1::new().chain_update(key.as_bytes()).chain_update(WEB_SOCKET_GUID).finalize();
    let accept = STANDARD.encode(accept);
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgraded.await else { return };
        let mut stream = TokioIo::new(upgraded);
        let _ = stream.write_all(b"\x81\x05hello").await;
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    });
    let mut response = page(StatusCode::SWITCHING_PROTOCOLS, "text/plain", String::new());
    let headers = response.headers_mut();
    headers.remove(CONTENT_TYPE);
    headers.insert("connection", HeaderValue::from_static("Upgrade"));
    headers.insert("upgrade", HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::try_from(accept) {
        headers.insert("sec-websocket-accept", accept);
    }
    response
}

/// A listener that must not be reached. It records whoever tries.
#[derive(Debug)]
pub struct Canary {
    address: SocketAddr,
    hits: Arc<Mutex<Vec<SocketAddr>>>,
    server: JoinHandle<()>,
}

impl Canary {
    /// Listens on a free port of `ip`.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start(ip: IpAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((ip, 0)).await?;
        let address = listener.local_addr()?;
        let hits = Arc::<Mutex<Vec<_>>>::default();
        let record = Arc::clone(&hits);
        let server = tokio::spawn(async move {
            while let Ok((mut stream, from)) = listener.accept().await {
                record.lock().unwrap_or_else(PoisonError::into_inner).push(from);
                let mut byte = [0];
                let _ = stream.try_read(&mut byte);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\ncanary").await;
            }
        });
        Ok(Self { address, hits, server })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Who reached it. A connection that was made before this call is in the list: the canary is first reached itself,
    /// and the kernel hands connections out in order.
    ///
    /// # Errors
    /// When the canary itself cannot be reached.
    pub async fn hits(&self) -> io::Result<Vec<SocketAddr>> {
        let mut probe = tokio::net::TcpStream::connect(self.address).await?;
        let own = probe.local_addr()?;
        probe.read_u8().await?;
        let hits = self.hits.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(hits.iter().copied().filter(|from| *from != own).collect())
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        self.server.abort();
    }
}
