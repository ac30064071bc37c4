//! `CONNECT`: dial first, answer 200, then move bytes both ways without looking at them.

use std::io;
use std::sync::Arc;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, copy_bidirectional_with_sizes};
use tokio::net::TcpStream;

use super::answer::{self, Body};
use super::connection::Connection;
use super::error::Error;
use super::meter::{Metered, Pulse};
use super::target::Target;

/// The size of each of the two buffers of a tunnel, in bytes.
const BUFFER: usize = 32 * 1024;

impl Connection {
    pub(super) async fn tunnel(self: &Arc<Self>, request: Request<Incoming>) -> Result<Response<Body>, Error> {
        let upstream = self.port.upstream()?;
        let authority = request.uri().authority().ok_or(Error::BadRequest("the request names no destination"))?;
        let target = Target::of(authority, None)?;
        let link = self.shared.dialer.tunnel(&upstream, &target).await?;
        let world = Metered::new(link, Arc::clone(&self.shared.totals));
        let pulse = world.pulse();
        let browser = hyper::upgrade::on(request);
        self.spawn_until_idle(pulse, async move {
            let (browser, early) = stream_of(browser).await?;
            join(browser, &early, world).await
        });
        Ok(answer::empty(StatusCode::OK))
    }

    /// Runs `work` until it ends, the endpoint closes, or nothing has moved for too long. Keeps the connection's place.
    pub(super) fn spawn_until_idle(
        self: &Arc<Self>,
        pulse: Pulse,
        work: impl Future<Output = io::Result<()>> + Send + 'static,
    ) {
        let connection = Arc::clone(self);
        self.shared.tasks.spawn(async move {
            tokio::select! {
                () = connection.port.closing.cancelled() => {}
                () = pulse.stopped(connection.shared.dialer.limits.idle) => tracing::debug!("egress tunnel idle"),
                ended = work => if let Err(error) = ended {
                    tracing::debug!(kind = ?error.kind(), "egress tunnel broke");
                }
            }
        });
    }
}

/// The browser's own TCP stream, free of HTTP, and what it sent ahead.
async fn stream_of(upgrade: OnUpgrade) -> io::Result<(TcpStream, bytes::Bytes)> {
    let upgraded: Upgraded = upgrade.await.map_err(io::Error::other)?;
    match upgraded.downcast::<TokioIo<TcpStream>>() {
        Ok(parts) => Ok((parts.io.into_inner(), parts.read_buf)),
        Err(_) => Err(io::Error::other("the browser's connection is not TCP")),
    }
}

/// Moves bytes both ways until both sides have ended.
pub(super) async fn join<A, B>(mut browser: A, early: &[u8], mut world: B) -> io::Result<()>
where
    A: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin,
{
    if !early.is_empty() {
        world.write_all(early).await?;
    }
    copy_bidirectional_with_sizes(&mut browser, &mut world, BUFFER, BUFFER).await.map(drop)
}
