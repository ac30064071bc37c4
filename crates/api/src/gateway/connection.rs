//! One client's WebSocket, from the upgrade to the close frame.
//!
//! It ends when the client leaves or when the session ends, and in the second case it says why in a close frame (code
//! and reason text), so that no end looks like a crash.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use hangar_cdp::{
    Client,
    relay::{Extras, Relay},
    ws,
};
use hangar_control::{
    Live,
    sessions::{
        Departure,
        extra::{self, Caller, SpellLink},
    },
};
use hangar_domain::{EndDetail, session::End};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
    task::JoinSet,
};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    faces::Faces,
    upgraded::{self, Guest},
};

/// A client that was promised this session.
pub(super) struct Connection {
    pub(super) faces: Arc<Faces>,
    pub(super) live: Arc<Live>,
    /// How its links are spelled.
    pub(super) spell: Box<SpellLink>,
}

impl Guest for Connection {
    async fn serve(
        self,
        mut reader: impl AsyncRead + Unpin + Send + 'static,
        writer: impl AsyncWrite + Send + 'static,
        early: Bytes,
    ) {
        let Self { faces, live, spell } = self;
        let (outbox, flusher) = upgraded::outbox(writer);
        let farewell = match Box::pin(live.join(outbox.clone())).await {
            Ok(client) => {
                let relay = Relay {
                    client: client.clone(),
                    limits: ws::Limits::default(),
                    activity: live.activity().clone(),
                    extras: extras(faces, &live, &client, spell),
                };
                let early = early.try_into_mut().unwrap_or_else(|early| BytesMut::from(&early[..]));
                tokio::select! {
                    end = relay.run(&mut reader, early) => {
                        live.leave(&client, Departure::from_relay(&end)).await;
                        upgraded::parting(&end)
                    }
                    end = live.ending() => Some(announce(end)),
                }
            }
            Err(error) => {
                tracing::debug!(%error, session.id = %live.id(), "a client came too late");
                live.abandon().await;
                // One that ended while the client was on its way in has its own reason.
                Some(match live.why_ending() {
                    Some(end) => announce(end),
                    None => ws::close(ws::close_code::INTERNAL_ERROR, error.code()),
                })
            }
        };
        Box::pin(upgraded::part((outbox, flusher), reader, farewell)).await;
    }

    async fn absent(self) {
        self.live.abandon().await;
    }
}

/// Answers the client's calls from the first one on, until the client is gone.
fn extras(faces: Arc<Faces>, live: &Arc<Live>, client: &Arc<Client>, spell: Box<SpellLink>) -> Extras {
    let (live, client) = (live.clone(), client.clone());
    Extras::lazily(move || {
        let (queue, calls) = mpsc::channel(extra::QUEUE);
        let caller = Caller { live, client, spell, watches: JoinSet::new() };
        let answering = tokio::spawn(faces.control.clone().answer_extras(caller, calls));
        (queue, AbortOnDropHandle::new(answering))
    })
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
