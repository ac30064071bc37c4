//! The door under strangers: raw sockets against a served router.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod descriptors;
mod forwarded;
mod heads;
mod lifetime;
mod smuggling;
mod tls;

use std::{net::SocketAddr, time::Duration};

use axum::{Extension, Json, Router, body::Bytes, routing};
use hangar_api::listen::{ListenOptions, Peer, serve};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

/// No test may hang: longer than this is a failure.
const PATIENCE: Duration = Duration::from_secs(20);

struct Door {
    addr: SocketAddr,
    shutdown: CancellationToken,
    served: JoinHandle<()>,
}

impl Door {
    async fn open(options: ListenOptions) -> Self {
        Self::with(router(), options).await
    }

    async fn with(router: Router, options: ListenOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let served = tokio::spawn(serve(listener, router, options, shutdown.clone()));
        Self { addr, shutdown, served }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.addr).await.unwrap()
    }

    /// Sends `request` on a connection of its own and reads until the server closes it.
    async fn ask(&self, request: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request).await.unwrap();
        read_all(&mut stream).await
    }
}

fn router() -> Router {
    Router::new()
        .route("/", routing::any(async |body: Bytes| format!("read {}", body.len())))
        .route("/peer", routing::get(async |Extension(peer): Extension<Peer>| Json((peer.addr, peer.is_tls))))
        .route(
            "/panic",
            routing::get(async || {
                if true {
                    panic!("on purpose")
                }
            }),
        )
}

/// Everything until the end of the stream; a reset counts as an end.
async fn read_all(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes));
    let _ = read.await.expect("the server closes the connection");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// One response with a `Content-Length`, leaving the connection open.
async fn read_response(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    let read = async {
        while !is_complete(&bytes) {
            let byte = stream.read_u8().await.expect("a whole response");
            bytes.push(byte);
        }
    };
    tokio::time::timeout(PATIENCE, read).await.expect("the server answers");
    String::from_utf8(bytes).unwrap()
}

fn is_complete(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map(|text| text.parse().unwrap());
    body.len() >= length.unwrap_or(0)
}

fn status(response: &str) -> &str {
    response.split(' ').nth(1).unwrap_or("none")
}
