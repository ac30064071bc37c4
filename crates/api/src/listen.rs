//! The door: accepts connections and speaks HTTP/1 on them, within limits that hold before anyone has shown a key.
//!
//! Why not `axum::serve`: a server for strangers needs bounds on heads, time, connections and descriptors
//! (reference/security.md §6 and §8 cases 23-26, 42, 45), and the gateway needs the bare socket back after an upgrade.
//! It must never know a route, a key or an account.

mod accept;
mod admission;
mod connection;
mod forwarded;
mod framing;
mod front;
pub mod tls;
mod watched;

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::Router;
use bytes::Bytes;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use ipnet::IpNet;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_rustls::server::TlsStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use self::admission::network_of;
use self::{accept::Accepted, admission::PerAddress, watched::Watched};
pub use self::{forwarded::Peer, tls::TlsReload};

/// What the door allows.
#[derive(Clone, Debug)]
pub struct ListenOptions {
    /// From the first byte of a head (or the start of the connection) to its last.
    pub header_read: Duration,
    /// How long a body may pause; the handler that reads it then sees an error.
    pub body_idle: Duration,
    /// How long a connection may stay open between two requests.
    pub idle: Duration,
    /// How long a TLS handshake may take.
    pub tls_handshake: Duration,
    /// Header lines of a request; more is answered with 431.
    pub max_headers: usize,
    /// Bytes of a request's head; more is answered with 431. At least 8,192.
    pub max_head_bytes: usize,
    /// Bytes of a request line's target; more is answered with 414.
    pub max_target_bytes: usize,
    /// Connections that speak HTTP at once; further ones wait in the kernel's queue. Upgraded ones do not count.
    pub max_connections: usize,
    /// The same per address (IPv6: per /64); further ones are closed. Proxies in `trust_forwarded` are exempt.
    pub max_per_address: usize,
    /// Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    pub trust_forwarded: Arc<[IpNet]>,
    /// Serve TLS with this certificate instead of plain text.
    pub tls: Option<TlsReload>,
}

impl Default for ListenOptions {
    fn default() -> Self {
        Self {
            header_read: Duration::from_secs(10),
            body_idle: Duration::from_secs(30),
            idle: Duration::from_secs(75),
            tls_handshake: Duration::from_secs(10),
            max_headers: 64,
            max_head_bytes: 16 * 1024,
            max_target_bytes: 8 * 1024,
            max_connections: 20_000,
            max_per_address: 4_096,
            trust_forwarded: Arc::from([]),
            tls: None,
        }
    }
}

/// Serves `router` on `listener` until `shutdown`, then lets open requests finish and returns.
///
/// Requests carry a [`Peer`] extension. Upgraded connections belong to whoever upgraded them: they are not waited for.
pub async fn serve(listener: TcpListener, router: Router, options: ListenOptions, shutdown: CancellationToken) {
    let connections = TaskTracker::new();
    let slots = Arc::new(Semaphore::new(options.max_connections));
    let addresses = PerAddress::new(options.max_per_address);
    let router = front::hardened(router, options.body_idle);
    let door = Arc::new(connection::Door { router, options, shutdown });
    let mut backoff = accept::Backoff::default();
    loop {
        let next = accept::next(&listener, &slots, &mut backoff);
        let accepted = tokio::select! {
            biased;
            () = door.shutdown.cancelled() => break,
            accepted = next => accepted,
        };
        let Accepted { stream, peer, slot } = accepted;
        let exempt = forwarded::is_trusted(&door.options.trust_forwarded, peer.ip());
        let Some(place) = addresses.admit(peer.ip(), exempt) else {
            tracing::debug!(peer.addr = %peer.ip(), "connection refused: too many from this address");
            continue;
        };
        let door = Arc::clone(&door);
        connections.spawn(async move {
            connection::run(&door, stream, peer.ip()).await;
            drop((slot, place));
        });
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// The bare socket under an upgraded plain connection, and the bytes that were read beyond the request.
///
/// # Errors
/// Gives the connection back where it is not a plain one of [`serve`] (TLS, or another server).
pub fn into_tcp(upgraded: Upgraded) -> Result<(TcpStream, Bytes), Upgraded> {
    let parts = upgraded.downcast::<TokioIo<Watched<TcpStream>>>()?;
    Ok((parts.io.into_inner().into_inner(), parts.read_buf))
}

/// The same for a TLS connection.
///
/// # Errors
/// Gives the connection back where it is not a TLS one of [`serve`].
pub fn into_tls(upgraded: Upgraded) -> Result<(Box<TlsStream<TcpStream>>, Bytes), Upgraded> {
    let parts = upgraded.downcast::<TokioIo<Watched<Box<TlsStream<TcpStream>>>>>()?;
    Ok((parts.io.into_inner().into_inner(), parts.read_buf))
}

/// IPv4 as IPv4 even where a dual-stack socket shows it as `::ffff:a.b.c.d`.
fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}
