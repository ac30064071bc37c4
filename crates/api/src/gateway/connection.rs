//! One client's WebSocket, from the upgrade to the close frame.
//!
//! It ends when the client leaves or when the session ends, and in the second case it says why in a close frame (code
//! and reason text), so that no end looks like a crash.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use hangar_cdp::{
    Outbox,
    relay::{Relay, RelayEnd},
    ws,
};
use hangar_control::{
    Live,
    sessions::{Departure, extra},
};
use hangar_domain::{EndDetail, session::End};
use hyper::upgrade::OnUpgrade;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite},
    net::TcpStream,
    runtime::Handle,
    sync::mpsc,
};

use crate::{faces::Faces, listen};

/// After the last frame the client has this long to take it and hang up.
const LINGER: Duration = Duration::from_secs(3);

/// A peer that has silently gone is noticed after 30 s and three probes.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(8);
const KEEPALIVE_PROBES: u32 = 3;

pub(super) async fn run(faces: Arc<Faces>, live: Arc<Live>, upgrade: OnUpgrade) {
    let Ok(upgraded) = upgrade.await else {
        // The client went away before it had the reply that was on its way.
        return live.abandon().await;
    };
    let lane = live.lane().clone();
    match listen::into_tcp(upgraded) {
        Ok((stream, early)) => {
            watch_peer(&stream);
            match move_to(&lane, stream) {
                Ok(stream) => {
                    let (reader, writer) = stream.into_split();
                    lane.spawn(serve(faces, live, reader, writer, early));
                }
                Err(error) => {
                    tracing::warn!(%error, session.id = %live.id(), "a client's connection could not be moved to its lane");
                    live.abandon().await;
                }
            }
        }
        Err(upgraded) => match listen::into_tls(upgraded) {
            // The socket stays registered where its handshake was: TLS gives it up only together with its state.
            Ok((stream, early)) => {
                watch_peer(stream.get_ref().0);
                let (reader, writer) = tokio::io::split(*stream);
                lane.spawn(serve(faces, live, reader, writer, early));
            }
            Err(_) => live.abandon().await,
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

async fn serve(
    faces: Arc<Faces>,
    live: Arc<Live>,
    mut reader: impl AsyncRead + Unpin + Send,
    writer: impl AsyncWrite + Send + 'static,
    early: Bytes,
) {
    let outbox = Arc::new(Outbox::new(writer));
    let flusher = tokio::spawn({
        let outbox = outbox.clone();
        async move { outbox.run().await }
    });
    match live.join(outbox.clone()).await {
        Ok(client) => {
            let (extras, calls) = mpsc::channel(extra::QUEUE);
            let answering = tokio::spawn(faces.control.clone().answer_extras(live.clone(), client.clone(), calls));
            let relay = Relay {
                client: client.clone(),
                limits: ws::Limits::default(),
                activity: live.activity().clone(),
                extras,
            };
            let early = early.try_into_mut().unwrap_or_else(|early| BytesMut::from(&early[..]));
            let farewell = tokio::select! {
                end = relay.run(&mut reader, early) => {
                    live.leave(&client, Departure::from_relay(&end)).await;
                    parting(&end)
                }
                end = live.ending() => Some(announce(end)),
            };
            answering.abort();
            say_goodbye(&outbox, farewell);
        }
        Err(error) => {
            tracing::debug!(%error, session.id = %live.id(), "a client came too late");
            live.abandon().await;
            say_goodbye(&outbox, Some(ws::close(ws::close_code::INTERNAL_ERROR, error.code())));
        }
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

fn say_goodbye(outbox: &Outbox, frame: Option<ws::ControlFrame>) {
    if let Some(frame) = frame {
        outbox.push(&[&frame]);
        outbox.kick();
    }
}

/// The close frame that answers the way a client left.
fn parting(end: &RelayEnd) -> Option<ws::ControlFrame> {
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

/// The close frame that tells why the session ended: the reason's code, and the detail where there is one.
fn announce(end: End) -> ws::ControlFrame {
    let text = match end.detail {
        Some(detail) => format!("{} ({})", end.reason.code(), detail.code()),
        None => end.reason.code().to_owned(),
    };
    let code = match end.detail {
        Some(EndDetail::SlowReader) => ws::close_code::TRY_AGAIN_LATER,
        _ => end.reason.close_code(),
    };
    ws::close(code, &text)
}
