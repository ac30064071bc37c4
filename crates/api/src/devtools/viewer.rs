//! The WebSocket of a link: one more client of the session, which sees one page.
//!
//! It uses the link up. It ends with the link and with the session; the session does not end with it.

use std::sync::Arc;

use axum::{body::Body, extract::Request, response::Response};
use bytes::{Bytes, BytesMut};
use hangar_cdp::{
    mux::PageClient,
    relay::{Extras, Relay},
    ws,
};
use hangar_control::{
    Live,
    links::{Scope, Use},
};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{
    faces::Faces,
    gateway::render,
    upgrade::Upgrade,
    upgraded::{self, Guest},
};

struct Viewer {
    live: Arc<Live>,
    link: Use,
}

pub(super) async fn connect(faces: Arc<Faces>, request: Request<Body>, token: &str) -> Response {
    let (upgrade, _) = match Upgrade::of_own_page(request) {
        Ok(asked) => asked,
        Err(refusal) => return refusal.response(),
    };
    let link = match faces.control.links().take(Scope::Devtools, token, faces.control.clock().monotonic()) {
        Ok(link) => link,
        Err(refusal) => return super::refused(refusal),
    };
    match faces.control.linked_session(&link) {
        Ok(live) => upgrade.hand_over(live.lane().clone(), Viewer { live, link }),
        Err(error) => render::error(&error),
    }
}

/// Relays until the viewer leaves, or the link or the session is over; the frame to part with.
async fn view(
    live: &Live,
    link: &Use,
    page: &PageClient,
    reader: &mut (impl AsyncRead + Unpin + Send),
    early: Bytes,
) -> Option<ws::ControlFrame> {
    let relay = Relay {
        client: page.client.clone(),
        limits: ws::Limits::default(),
        activity: live.activity().clone(),
        // The policy of one page lets no call of Hangar's own pass.
        extras: Extras::none(),
    };
    let early = early.try_into_mut().unwrap_or_else(|early| BytesMut::from(&early[..]));
    tokio::select! {
        end = relay.run(reader, early) => upgraded::parting(&end),
        () = link.ended() => Some(ws::close(ws::close_code::NORMAL, "the link is over")),
        _ = live.ending() => Some(ws::close(ws::close_code::NORMAL, "the session is over")),
    }
}

impl Guest for Viewer {
    async fn serve(
        self,
        mut reader: impl AsyncRead + Unpin + Send + 'static,
        writer: impl AsyncWrite + Send + 'static,
        early: Bytes,
    ) {
        let Self { live, link } = self;
        let (outbox, flusher) = upgraded::outbox(writer);
        let farewell = match live.view_page(&link.subject.target, outbox.clone()).await {
            Ok(page) => view(&live, &link, &page, &mut reader, early).await,
            Err(error) => {
                tracing::debug!(%error, session.id = %live.id(), "a viewer came too late");
                Some(ws::close(ws::close_code::INTERNAL_ERROR, error.code()))
            }
        };
        drop(link);
        upgraded::part((outbox, flusher), reader, farewell).await;
    }

    /// The link is used up all the same.
    async fn absent(self) {}
}
