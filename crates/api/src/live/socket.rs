//! A viewer's WebSocket, from the upgrade to the close frame: reads what they ask for, tells them what is.

use std::{sync::Arc, time::Duration};

use axum::{body::Body, extract::Request, response::Response};
use bytes::{Bytes, BytesMut};
use hangar_cdp::{Outbox, ws};
use hangar_control::{
    Metrics, screencast,
    sessions::stage::{Entrance, Notice, Tabs, Token, Viewer, ViewerId},
};
use http::StatusCode;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite},
    runtime::Handle,
    sync::{Semaphore, mpsc, watch},
};

use super::{
    frames::{self, Aim, ON_THEIR_WAY},
    protocol::{self, Said, Says, Shown},
};
use crate::{
    faces::{self, Faces},
    upgrade::Upgrade,
    upgraded::{self, Guest},
};

/// A message holds at most a piece of a file.
const LIMITS: ws::Limits = ws::Limits { frame: 1 << 20, message: 1 << 20 };

/// Pixels that pictures are made for.
const SIDE: std::ops::RangeInclusive<u32> = 160..=1920;

/// Words that wait for the socket; a page that reads none of them is not there.
const MOST_WORDS: usize = 4 << 20;

/// Why a viewer is parted with.
#[derive(Clone, Copy)]
enum Over {
    Session,
    Link,
    Protocol(u16, &'static str),
    Gone,
}

struct Spectator {
    entrance: Entrance,
    id: ViewerId,
    /// Until the link's end.
    life: Duration,
    metrics: Arc<Metrics>,
}

pub(super) fn connect(faces: &Faces, request: Request<Body>, entrance: Entrance) -> Response {
    let (upgrade, parts) = match Upgrade::of_own_page(request) {
        Ok(asked) => asked,
        Err(refusal) => return refusal.response(),
    };
    let Some(id) = protocol::viewer(parts.uri.query().unwrap_or_default()) else {
        return faces::error(StatusCode::BAD_REQUEST, "Invalid 'viewer' parameter: 32 hex digits");
    };
    let life = entrance.expires_at.duration_since(faces.control.clock().now());
    let life = Duration::try_from(life).unwrap_or_default();
    // Pictures are large: they stay away from the lane of the session's messages.
    let spectator = Spectator { entrance, id, life, metrics: faces.control.metrics().clone() };
    upgrade.hand_over(Handle::current(), spectator)
}

impl Guest for Spectator {
    async fn serve(
        self,
        mut reader: impl AsyncRead + Unpin + Send + 'static,
        writer: impl AsyncWrite + Send + 'static,
        early: Bytes,
    ) {
        let (outbox, flusher) = upgraded::outbox(writer);
        let live = self.entrance.live.clone();
        let over = Box::pin(self.view(&mut reader, &outbox, early)).await;
        // All that a viewer sees ends with the session, whichever of it first.
        let over = if live.is_ending() { Over::Session } else { over };
        let farewell = match over {
            Over::Session => Some(ws::close(ws::close_code::NORMAL, "session_over")),
            Over::Link => Some(ws::close(ws::close_code::NORMAL, "link_over")),
            Over::Protocol(code, text) => Some(ws::close(code, text)),
            Over::Gone => None,
        };
        upgraded::part((outbox, flusher), reader, farewell).await;
    }

    async fn absent(self) {}
}

impl Spectator {
    async fn view(self, reader: &mut (impl AsyncRead + Unpin), outbox: &Outbox, early: Bytes) -> Over {
        let Self { entrance, id, life, metrics } = self;
        let (viewer, notices) = match entrance.live.stage().enter(id, &entrance).await {
            Ok(entered) => entered,
            Err(error) => {
                tracing::debug!(%error, session.id = %entrance.live.id(), "nobody more can view this session");
                return Over::Protocol(ws::close_code::TRY_AGAIN_LATER, "unavailable");
            }
        };
        let (aim, aimed) = watch::channel(Aim::default());
        let credit = Semaphore::new(ON_THEIR_WAY);
        let ended = entrance.ended.clone().unwrap_or_default();
        say(
            outbox,
            &Says::Hello {
                may_control: entrance.may_control,
                touch: entrance.live.has_touch(),
                expires_at: entrance.expires_at.to_string(),
            },
        );
        let ears = Ears { viewer: &viewer, outbox, credit: &credit, aim: &aim, metrics: &metrics };
        let over = tokio::select! {
            over = ears.listen(reader, early) => over,
            () = frames::send(&viewer, outbox, &credit, aimed) => Over::Gone,
            () = tell(&viewer, outbox, &aim, notices) => Over::Gone,
            () = tokio::time::sleep(life) => Over::Link,
            () = ended.cancelled() => Over::Link,
            _ = entrance.live.ending() => Over::Session,
        };
        if matches!(over, Over::Link) {
            // Nobody can come back by it.
            viewer.hand_back();
        }
        over
    }
}

/// What hears a viewer.
struct Ears<'a> {
    viewer: &'a Viewer,
    outbox: &'a Outbox,
    credit: &'a Semaphore,
    aim: &'a watch::Sender<Aim>,
    metrics: &'a Metrics,
}

impl Ears<'_> {
    async fn listen(&self, reader: &mut (impl AsyncRead + Unpin), early: Bytes) -> Over {
        let mut buffer = BytesMut::from(&early[..]);
        let mut decoder = ws::Decoder::new(LIMITS);
        loop {
            match decoder.next(&mut buffer) {
                Ok(Some(ws::Message::Text(text))) => self.hear(&text).await,
                Ok(Some(ws::Message::Ping(payload))) => {
                    self.outbox.push(&[&ws::pong(&payload)]);
                    self.outbox.kick();
                }
                Ok(Some(ws::Message::Pong)) => {}
                Ok(Some(ws::Message::Binary(_))) => {
                    return Over::Protocol(ws::close_code::UNSUPPORTED, "only text messages are taken");
                }
                Ok(Some(ws::Message::Close { .. })) => return Over::Protocol(ws::close_code::NORMAL, ""),
                Err(error) => return Over::Protocol(error.close_code(), "protocol error"),
                Ok(None) => {
                    buffer.reserve(decoder.needed().max(1024));
                    if !matches!(reader.read_buf(&mut buffer).await, Ok(read) if read > 0) {
                        return Over::Gone;
                    }
                }
            }
            if self.outbox.queued() > MOST_WORDS {
                return Over::Gone;
            }
        }
    }

    async fn hear(&self, text: &[u8]) {
        let refused = match Said::read(text) {
            Some(Said::Drawn) => {
                // Never more than were sent, whatever the page says.
                if self.credit.available_permits() < ON_THEIR_WAY {
                    self.credit.add_permits(1);
                }
                return;
            }
            Some(Said::Size { width, height }) => {
                let side = |pixels: u32| pixels.clamp(*SIDE.start(), *SIDE.end());
                self.aim.send_if_modified(|aim| {
                    let picture = screencast::Wish { width: side(width), height: side(height), ..aim.picture };
                    let is_news = picture != aim.picture;
                    aim.picture = picture;
                    is_news
                });
                return;
            }
            Some(Said::Wish(wish)) => self.viewer.wish(wish).await.err(),
            None => Some(hangar_control::sessions::stage::Refused::Invalid),
        };
        if let Some(refused) = refused {
            self.metrics.view_refused(refused.code());
            say(self.outbox, &Says::Error { code: refused.code(), message: &refused.to_string() });
        }
    }
}

/// Tells a viewer what is, whenever it changes.
async fn tell(viewer: &Viewer, outbox: &Outbox, aim: &watch::Sender<Aim>, mut notices: mpsc::Receiver<Notice>) {
    let (mut tabs, mut token) = (viewer.tabs(), viewer.token());
    loop {
        state(viewer, outbox, aim, &tabs.borrow_and_update().clone(), *token.borrow_and_update());
        tokio::select! {
            changed = tabs.changed() => if changed.is_err() { return },
            changed = token.changed() => if changed.is_err() { return },
            Some(notice) = notices.recv() => match notice {
                Notice::Copied(text) => say(outbox, &Says::Copied { text: &text }),
                Notice::Failed(text) => say(outbox, &Says::Error { code: "FAILED", message: &text }),
            },
        }
    }
}

fn state(viewer: &Viewer, outbox: &Outbox, aim: &watch::Sender<Aim>, tabs: &Tabs, token: Token) {
    let shown = viewer.looks_at(tabs);
    say(outbox, &Says::State(Shown::new(tabs, shown.as_deref(), token, viewer.is_in_control())));
    aim.send_if_modified(|aim| {
        let is_news = aim.tab != shown;
        aim.tab = shown;
        is_news
    });
}

fn say(outbox: &Outbox, words: &Says<'_>) {
    let Ok(text) = serde_json::to_vec(words) else { return };
    let (header, size) = ws::text_header(text.len());
    outbox.push(&[&header[..size], &text]);
    outbox.kick();
}
