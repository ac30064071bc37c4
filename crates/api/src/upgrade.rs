//! A request that becomes a WebSocket (RFC 6455 §4.2), the same for every face that has one: taken apart, then answered with
//! 101 once the face has let it in. A face that refuses drops it and answers as it does otherwise.

use axum::{body::Body, extract::Request, response::Response};
use hangar_cdp::ws;
use http::{HeaderMap, HeaderValue, StatusCode, Version, header, request::Parts};
use hyper::upgrade::OnUpgrade;
use tokio::runtime::Handle;

use crate::{
    faces,
    upgraded::{self, Guest},
};

/// An upgrade that was asked for as it should be.
pub(crate) struct Upgrade {
    accept: String,
    connection: OnUpgrade,
}

/// Why a request does not become a WebSocket.
pub(crate) enum Refusal {
    /// It is no proper handshake.
    Handshake(ws::Refusal),
    /// It comes from a page of somebody else's.
    Foreign,
}

/// Whether a request wants a WebSocket.
pub(crate) fn is_wanted(request: &Request<Body>) -> bool {
    !matches!(check(request), Err(ws::Refusal::NotUpgrade))
}

impl Upgrade {
    /// Takes a request apart; its body is the connection itself, so only the head is left.
    ///
    /// # Errors
    /// [`Refusal::Handshake`].
    pub(crate) fn of(mut request: Request<Body>) -> Result<(Self, Parts), Refusal> {
        let accept = check(&request).map_err(Refusal::Handshake)?;
        let connection = hyper::upgrade::on(&mut request);
        Ok((Self { accept, connection }, request.into_parts().0))
    }

    /// The same for a link that only this server's own page may open: one elsewhere that got hold of it must not be able to
    /// use it (RFC 6455 §10.2).
    ///
    /// # Errors
    /// Both of [`Refusal`].
    pub(crate) fn of_own_page(request: Request<Body>) -> Result<(Self, Parts), Refusal> {
        let (upgrade, parts) = Self::of(request)?;
        let origin = parts.headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
        let is_foreign = |origin: &str| origin.split_once("://").is_none_or(|(_, host)| host != faces::host(&parts));
        match origin.is_some_and(is_foreign) {
            true => Err(Refusal::Foreign),
            false => Ok((upgrade, parts)),
        }
    }

    /// Answers 101, without extensions or subprotocols (contracts/botcloud.md §6), and hands the connection to `guest` on
    /// this runtime.
    pub(crate) fn hand_over(self, runtime: Handle, guest: impl Guest) -> Response {
        tokio::spawn(upgraded::receive(self.connection, runtime, guest));
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        if let Ok(accept) = HeaderValue::from_str(&self.accept) {
            headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        }
        response
    }
}

fn check(request: &Request<Body>) -> Result<String, ws::Refusal> {
    let headers: &HeaderMap = request.headers();
    ws::check_upgrade(request.method().as_str(), request.version() == Version::HTTP_11, |name| {
        headers.get_all(name).iter().map(HeaderValue::as_bytes)
    })
}

impl Refusal {
    /// What is answered instead.
    pub(crate) fn response(&self) -> Response {
        match self {
            Self::Foreign => faces::error(StatusCode::FORBIDDEN, "This link is opened on its own page only"),
            Self::Handshake(refusal) => {
                let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
                let mut response = faces::error(status, &refusal.to_string());
                if matches!(refusal, ws::Refusal::Version) {
                    response.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
                }
                response
            }
        }
    }
}
