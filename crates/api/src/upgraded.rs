//! A connection after its upgrade: whose it is from then on, and how it is parted with.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use hangar_cdp::{Outbox, relay::RelayEnd, ws};
use hyper::upgrade::OnUpgrade;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite},
    net::TcpStream,
    runtime::Handle,
    task::JoinHandle,
};

use crate::listen;

/// After the last frame the client has this long to take it and hang up.
const LINGER: Duration = Duration::from_secs(3);

/// A peer that has silently gone is noticed after 30 s and three probes.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(8);
const KEEPALIVE_PROBES: u32 = 3;

/// Who takes over an upgraded connection.
pub(crate) trait Guest: Send + 'static {
    /// Speaks on it until its end; `early` is what was read behind the request.
    fn serve(
        self,
        reader: impl AsyncRead + Unpin + Send + 'static,
        writer: impl AsyncWrite + Send + 'static,
        early: Bytes,
    ) -> impl Future<Output = ()> + Send;

    /// The client went away before it had the reply that was on its way.
    fn absent(self) -> impl Future<Output = ()> + Send;
}

/// Waits for the upgrade and hands the bare connection over, on the runtime of its browser's messages.
pub(crate) async fn receive(upgrade: OnUpgrade, lane: Handle, guest: impl Guest) {
    let Ok(upgraded) = upgrade.await else { return guest.absent().await };
    match listen::into_tcp(upgraded) {
        Ok((stream, early)) => {
            watch_peer(&stream);
            match move_to(&lane, stream) {
                Ok(stream) => {
                    let (reader, writer) = stream.into_split();
                    lane.spawn(guest.serve(reader, writer, early));
                }
                Err(error) => {
                    tracing::warn!(%error, "a client's connection could not be moved to its lane");
                    guest.absent().await;
                }
            }
        }
        Err(upgraded) => match listen::into_tls(upgraded) {
            // The socket stays registered where its handshake was: TLS gives it up only together with its state.
            Ok((stream, early)) => {
                watch_peer(stream.get_ref().0);
                let (reader, writer) = tokio::io::split(*stream);
                lane.spawn(guest.serve(reader, writer, early));
            }
            Err(_) => guest.absent().await,
        },
    }
}

/// A socket belongs to the runtime in whose context it is registered.
fn move_to(lane: &Handle, stream: TcpStream) -> std::io::Result<TcpStream> {
    let stream = stream.into_std()?;
    let _entered = lane.enter();
    TcpStream::from_std(stream)
}

fn watch_peer(stream: &TcpStream) {
    let keepalive =
        TcpKeepalive::new().with_time(KEEPALIVE_IDLE).with_interval(KEEPALIVE_INTERVAL).with_retries(KEEPALIVE_PROBES);
    if let Err(error) = SockRef::from(stream).set_tcp_keepalive(&keepalive) {
        tracing::debug!(%error, "a client's connection has no keep-alive");
    }
}

/// The way to a client, and the task that writes to it.
pub(crate) fn outbox(writer: impl AsyncWrite + Send + 'static) -> (Arc<Outbox>, JoinHandle<()>) {
    let outbox = Arc::new(Outbox::new(writer));
    let flusher = tokio::spawn({
        let outbox = outbox.clone();
        async move { outbox.run().await }
    });
    (outbox, flusher)
}

/// Sends the last frame and waits, within limits, until the client has it and hangs up.
pub(crate) async fn part(
    (outbox, flusher): (Arc<Outbox>, JoinHandle<()>),
    mut reader: impl AsyncRead + Unpin + Send,
    farewell: Option<ws::ControlFrame>,
) {
    if let Some(frame) = farewell {
        outbox.push(&[&frame]);
        outbox.kick();
    }
    outbox.finish();
    let hang_up = async {
        // A connection closed with unread bytes is reset, and the close frame with it: so they are read.
        let mut waste = [0; 1024];
        while matches!(reader.read(&mut waste).await, Ok(count) if count > 0) {}
    };
    let parted = async { tokio::join!(hang_up, outbox.run()) };
    if tokio::time::timeout(LINGER, parted).await.is_err() {
        outbox.abort();
    }
    flusher.abort();
}

/// The close frame that answers the way a client left.
pub(crate) fn parting(end: &RelayEnd) -> Option<ws::ControlFrame> {
    match end {
        RelayEnd::Closed(Some(code)) => Some(ws::close(*code, "")),
        RelayEnd::Closed(None) => Some(ws::close_empty()),
        RelayEnd::Protocol(error) => Some(ws::close(error.close_code(), &error.to_string())),
        RelayEnd::Binary => Some(ws::close(ws::close_code::UNSUPPORTED, "only text messages are taken")),
        RelayEnd::BrowserClose => Some(ws::close(ws::close_code::NORMAL, "")),
        RelayEnd::Evicted => Some(ws::close(ws::close_code::TRY_AGAIN_LATER, "slow_reader")),
        RelayEnd::HungUp | RelayEnd::Broken => None,
    }
}
