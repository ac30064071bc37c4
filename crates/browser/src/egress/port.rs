//! A listening port of an endpoint and the upstream behind it. It must never accept more than it has places for.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::connection::Connection;
use super::error::Error;
use super::upstream::Upstream;

/// How long to wait when the process has no descriptor left for one more connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(super) struct Port {
    upstream: watch::Sender<Option<Arc<Upstream>>>,
    pub(super) closing: CancellationToken,
}

impl Port {
    pub(super) fn open(
        listener: TcpListener,
        shared: &Arc<Shared>,
        upstream: Option<Upstream>,
        closing: CancellationToken,
    ) -> Result<Arc<Self>, Error> {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let port = Arc::new(Self { upstream: watch::Sender::new(upstream.map(Arc::new)), closing });
        shared.tasks.spawn(Arc::clone(&port).accept(listener, Arc::clone(shared)));
        Ok(port)
    }

    pub(super) fn assign(&self, upstream: Upstream) {
        self.upstream.send_replace(Some(Arc::new(upstream)));
    }

    /// The upstream for a request that comes now.
    pub(super) fn upstream(&self) -> Result<Arc<Upstream>, Error> {
        self.upstream.borrow().clone().ok_or(Error::Unassigned)
    }

    async fn accept(self: Arc<Self>, listener: tokio::net::TcpListener, shared: Arc<Shared>) {
        loop {
            tokio::select! {
                () = self.closing.cancelled() => return,
                (stream, place) = next(&listener, &shared) => {
                    let connection = Connection::new(Arc::clone(&shared), Arc::clone(&self), place);
                    shared.tasks.spawn(connection.serve(stream));
                }
            }
        }
    }
}

/// The next connection, once there is a place for it.
async fn next(listener: &tokio::net::TcpListener, shared: &Shared) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed, so that there is always a permit to wait for.
    let place = Arc::clone(&shared.places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, place),
            Err(error) => {
                tracing::debug!(%error, "egress cannot accept");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
