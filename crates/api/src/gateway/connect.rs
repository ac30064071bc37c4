//! The WebSocket upgrade: every refusal before it, a browser behind it (contracts/botcloud.md §2).

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    response::Response,
};
use hangar_cdp::ws;
use hangar_control::{Error, Identity, Live, OpenRequest};
use hangar_domain::KeyLevel;
use http::{HeaderMap, HeaderValue, StatusCode, Version, header, request::Parts};

use super::{connection::Connection, query::Query, render};
use crate::{
    devtools,
    faces::{self, Faces, Shared},
    upgraded,
};

/// Names the session on the 101 reply.
pub const SESSION_HEADER: &str = "x-hangar-session-id";

/// Lists options that were accepted and ignored.
pub const WARNINGS_HEADER: &str = "x-hangar-warnings";

/// Whether a request wants a WebSocket.
#[must_use]
pub fn is_upgrade(request: &Request<Body>) -> bool {
    !matches!(check(request), Err(ws::Refusal::NotUpgrade))
}

pub(crate) fn check(request: &Request<Body>) -> Result<String, ws::Refusal> {
    let headers: &HeaderMap = request.headers();
    ws::check_upgrade(request.method().as_str(), request.version() == Version::HTTP_11, |name| {
        headers.get_all(name).iter().map(HeaderValue::as_bytes)
    })
}

/// `GET /?token=…` with an upgrade.
pub async fn connect(State(faces): Shared, mut request: Request<Body>) -> Response {
    let accept = match check(&request) {
        Ok(accept) => accept,
        Err(refusal) => return refused_upgrade(refusal),
    };
    let upgrade = hyper::upgrade::on(&mut request);
    // The body of an upgrade is the connection itself; only the head is read.
    let (parts, _) = request.into_parts();
    match admit(&faces, &parts).await {
        Ok(live) => {
            let response = named(switching(&accept), &live);
            let spell = devtools::spelling(&faces, &parts);
            tokio::spawn(upgraded::receive(upgrade, live.lane().clone(), Connection { faces, live, spell }));
            response
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

pub(crate) fn refused_upgrade(refusal: ws::Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = faces::error(status, &refusal.to_string());
    if matches!(refusal, ws::Refusal::Version) {
        response.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    }
    response
}

/// 101, without extensions or subprotocols (contracts/botcloud.md §6).
pub(crate) fn switching(accept: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    put(headers, "sec-websocket-accept", accept);
    response
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
