//! The WebSocket upgrade: every refusal before it, a browser behind it (contracts/botcloud.md §2).

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    response::Response,
};
use hangar_control::{Error, Identity, Live, OpenRequest};
use hangar_domain::KeyLevel;
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};

use super::{connection::Connection, query::Query, render};
use crate::{
    devtools,
    faces::{self, Faces, Shared},
    upgrade::Upgrade,
};

/// Names the session on the 101 reply.
pub const SESSION_HEADER: &str = "x-hangar-session-id";

/// Lists options that were accepted and ignored.
pub const WARNINGS_HEADER: &str = "x-hangar-warnings";

/// `GET /?token=…` with an upgrade.
pub async fn connect(State(faces): Shared, request: Request<Body>) -> Response {
    let (upgrade, parts) = match Upgrade::of(request) {
        Ok(asked) => asked,
        Err(refusal) => return refusal.response(),
    };
    match admit(&faces, &parts).await {
        Ok(live) => {
            let spell = devtools::spelling(&faces, &parts);
            let connection = Connection { faces, live: live.clone(), spell };
            named(upgrade.hand_over(live.lane().clone(), connection), &live)
        }
        Err(response) => response,
    }
}

/// Token, account, proxy, options, concurrency: in this order.
async fn admit(faces: &Arc<Faces>, parts: &Parts) -> Result<Arc<Live>, Response> {
    let query = Query::parse(parts.uri.query().unwrap_or_default());
    let address = faces::address(&parts.extensions);
    let identity = faces.identify(query.get("token"), address).await?;
    let refused = |error: Error| {
        faces.control.metrics().session_refused(error.code());
        render::error(&error)
    };
    identity.require(KeyLevel::Write).map_err(refused)?;
    if let Err(wait) = faces.connects.take(identity.account.id) {
        let mut response = faces::error(StatusCode::TOO_MANY_REQUESTS, "Too many connects");
        response.headers_mut().insert(header::RETRY_AFTER, wait.header_value());
        return Err(response);
    }
    let invalid = |text: String| refused(Error::Invalid(text));
    if let Some(id) = query.session_id().map_err(refused)? {
        let keep_alive = query.keep_alive().map_err(invalid)?;
        return faces.control.find_session(&identity, id, keep_alive).map_err(refused);
    }
    faces.control.check_standing(&identity).map_err(refused)?;
    let wishes = query.wishes(faces.control.settings().allow_direct).map_err(invalid)?;
    open(faces, identity, wishes).await.map_err(refused)
}

async fn open(faces: &Arc<Faces>, identity: Identity, wishes: super::query::Wishes) -> Result<Arc<Live>, Error> {
    let super::query::Wishes { switches, upstream, profile, keep_alive, record, takeover } = wishes;
    let request =
        OpenRequest { identity, switches, upstream, profile, keep_alive, record, keeps_actions: false, takeover };
    faces.control.open_session(request).await
}

/// Names the session, and what of the client's wishes was ignored.
fn named(mut response: Response, live: &Live) -> Response {
    let headers = response.headers_mut();
    put(headers, SESSION_HEADER, &live.id().to_string());
    if !live.spec().warnings.is_empty() {
        put(headers, WARNINGS_HEADER, &live.spec().warnings.join(", "));
    }
    response
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
