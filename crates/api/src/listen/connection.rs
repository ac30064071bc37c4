//! One connection: handshake, requests, end.

use std::{
    convert::Infallible,
    net::IpAddr,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use axum::{Router, body::Body};
use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;

use super::{ListenOptions, forwarded, forwarded::Peer, front, tls, watched::Watched};

/// Unacknowledged data older than this means that the peer is gone (tcp(7) `TCP_USER_TIMEOUT`).
const USER_TIMEOUT: Duration = Duration::from_secs(60);

/// What all connections share.
pub(super) struct Door {
    pub(super) router: Router,
    pub(super) options: ListenOptions,
    pub(super) shutdown: CancellationToken,
}

/// Serves one accepted socket until it is closed, upgraded or refused.
pub(super) async fn run(door: &Door, stream: TcpStream, addr: IpAddr) {
    tune(&stream);
    let Some(reload) = &door.options.tls else {
        return speak(door, stream, Peer { addr, is_tls: false }).await;
    };
    let handshake = tls::accept(reload, stream, door.options.tls_handshake);
    let accepted = tokio::select! {
        accepted = handshake => accepted,
        () = door.shutdown.cancelled() => return,
    };
    match accepted {
        Ok(stream) => speak(door, Box::new(stream), Peer { addr, is_tls: true }).await,
        Err(error) => tracing::debug!(peer.addr = %addr, %error, "TLS handshake failed"),
    }
}

/// Small messages leave at once, and a peer that has vanished is noticed. A socket that refuses is closed already.
fn tune(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    let _ = SockRef::from(stream).set_tcp_user_timeout(Some(USER_TIMEOUT));
}

async fn speak<S>(door: &Door, stream: S, socket: Peer)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let is_suspect = Arc::new(AtomicBool::new(false));
    let watched = Watched::new(stream, door.options.header_read, Arc::clone(&is_suspect));
    let service = service_fn(|request| answer(door, socket, front::is_set(&is_suspect), request));
    let connection = http1(&door.options).serve_connection(TokioIo::new(watched), service).with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = door.shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(peer.addr = %socket.addr, %error, "connection ended early");
    }
}

/// The head's own time limit is `Watched`'s; hyper's covers the wait for the next request.
fn http1(options: &ListenOptions) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(options.idle)
        .max_headers(options.max_headers)
        .max_header_size(options.max_head_bytes)
        .max_buf_size(options.max_head_bytes);
    builder
}

async fn answer(
    door: &Door,
    socket: Peer,
    is_suspect: bool,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    if let Some(refusal) = front::refuse(&request, is_suspect, door.options.max_target_bytes) {
        return Ok(refusal);
    }
    let must_be_last = front::must_be_last(&request);
    let peer = forwarded::peer(&door.options.trust_forwarded, socket, request.headers());
    request.extensions_mut().insert(peer);
    let router = TowerToHyperService::new(door.router.clone());
    let response = hyper::service::Service::call(&router, request).await?;
    Ok(if must_be_last { front::last(response) } else { response })
}
