//! One connection from the browser: HTTP/1.1, request by request, until it becomes a tunnel or ends.

use std::convert::Infallible;
use std::sync::Arc;

use http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, OwnedSemaphorePermit};

use super::Shared;
use super::answer::{self, Body};
use super::error::Error;
use super::forward::Kept;
use super::port::Port;

/// What the requests of one connection share. It lives as long as the connection or the tunnel that it became, and
/// holds the connection's place until then.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) shared: Arc<Shared>,
    pub(super) port: Arc<Port>,
    /// The connection to the last site, for the next plain request to it. HTTP/1.1 answers in order, so that nobody
    /// ever waits for this lock.
    pub(super) kept: Mutex<Option<Kept>>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Connection {
    pub(super) fn new(shared: Arc<Shared>, port: Arc<Port>, place: Option<OwnedSemaphorePermit>) -> Arc<Self> {
        Arc::new(Self { shared, port, kept: Mutex::new(None), _place: place })
    }

    pub(super) async fn serve(self: Arc<Self>, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let limits = self.shared.dialer.limits;
        let closing = self.port.closing.clone();
        let service = service_fn(move |request| {
            let connection = Arc::clone(&self);
            async move { Ok::<_, Infallible>(connection.answer(request).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_time)
            .max_header_size(limits.head_bytes)
            .max_headers(limits.head_lines)
            .preserve_header_case(true)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        tokio::select! {
            () = closing.cancelled() => {}
            ended = connection => if let Err(error) = ended {
                tracing::debug!(%error, "egress connection broke");
            }
        }
    }

    async fn answer(self: &Arc<Self>, request: Request<Incoming>) -> Response<Body> {
        let tunnel = request.method() == Method::CONNECT;
        let outcome = if tunnel { self.tunnel(request).await } else { self.forward(request).await };
        outcome.unwrap_or_else(|error| {
            log(tunnel, &error);
            answer::failed(&error)
        })
    }
}

/// The destination is left out on purpose: a path or a host can hold a secret of the tenant.
fn log(tunnel: bool, error: &Error) {
    match error {
        Error::Refused(refusal) | Error::RefusedUpstream(refusal) => {
            tracing::info!(tunnel, class = refusal.class(), code = error.code(), "egress refused");
        }
        _ => tracing::debug!(tunnel, code = error.code(), "egress failed"),
    }
}
