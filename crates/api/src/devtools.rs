//! `/devtools/<token>/`: the browser's own DevTools on one page of a session, for whoever has the link
//! (contracts/botcloud.md §5).
//!
//! The page is the frontend that the browser brings along, served under the link; its WebSocket is one more client of the
//! session, which sees that page only. The link is used up by the WebSocket, not by the page, since mail scanners and
//! chat previews fetch pages. Nothing here may ask for a key, and nothing may answer without a link.

mod files;
mod viewer;

use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use hangar_control::links::{LinkRefusal, LinkState, Scope, TOKEN_LENGTH};
use hangar_control::sessions::extra::SpellLink;
use http::{HeaderValue, Method, StatusCode, header, request::Parts};

use crate::{
    faces::{self, Faces, Shared},
    live,
};

/// Where the links lie.
const ROOT: &str = "/devtools/";

/// The page of the frontend.
const PAGE: &str = "inspector.html";

/// Scripts from this server only, the frontend's own inline styles, its pictures; connections to this server only.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data:; worker-src 'self' blob:; \
    manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A path below a link.
pub struct LinkPath {
    token: String,
    rest: String,
}

impl LinkPath {
    /// Reads `/devtools/<token>/<rest>`. Any other path belongs to the gateway, whose clients append
    /// `/devtools/browser/<any>`.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let (token, rest) = path.strip_prefix(ROOT)?.split_once('/')?;
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let is_link = token.len() == TOKEN_LENGTH && token.bytes().all(is_token);
        is_link.then(|| Self { token: token.to_owned(), rest: rest.to_owned() })
    }
}

/// Spells links as the client that asks for them reaches this server.
pub(crate) fn spelling(faces: &Faces, parts: &Parts) -> Box<SpellLink> {
    let (origin, has_devtools) = (faces::origin(parts), faces.described.is_possible());
    Box::new(move |scope, token| match scope {
        Scope::Devtools => has_devtools.then(|| format!("{origin}{ROOT}{token}/")),
        Scope::Live => Some(live::address(&origin, token)),
    })
}

/// Everything below a link.
pub async fn handle(state: Shared, request: Request<Body>, path: LinkPath) -> Response {
    let mut response = answer(state, request, path).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn answer(State(faces): Shared, request: Request<Body>, LinkPath { token, rest }: LinkPath) -> Response {
    if rest == "ws" {
        return viewer::connect(faces, request, &token).await;
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return faces::error(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed");
    }
    let state = faces.control.links().state(Scope::Devtools, &token, faces.control.clock().monotonic());
    let is_page = rest.is_empty() || rest == PAGE;
    match state {
        // Whoever views already loads more of the frontend; another visitor finds the link used.
        Ok(LinkState::Viewed) if is_page => refused(LinkRefusal::Over),
        Ok(_) if rest.is_empty() => to_page(&request.into_parts().0, &token),
        Ok(_) => file(&faces, &rest).await,
        Err(refusal) => refused(refusal),
    }
}

/// The frontend reads from its address where to connect.
fn to_page(parts: &Parts, token: &str) -> Response {
    let name = if faces::is_tls(parts) { "wss" } else { "ws" };
    let socket = format!("{}{ROOT}{token}/ws", faces::host(parts));
    let location = format!("{PAGE}?{name}={socket}");
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}

async fn file(faces: &Faces, path: &str) -> Response {
    match faces.described.answers().await {
        Ok(answers) => match &answers.frontend {
            Some(folder) => files::serve(folder, path).await,
            None => faces::error(StatusCode::NOT_IMPLEMENTED, "The browser of this server has no DevTools"),
        },
        Err(error) => {
            tracing::warn!(%error, "no browser could be asked for its DevTools");
            faces::error(StatusCode::SERVICE_UNAVAILABLE, "DevTools could not be had")
        }
    }
}

fn refused(refusal: LinkRefusal) -> Response {
    match refusal {
        LinkRefusal::Unknown => faces::error(StatusCode::NOT_FOUND, "No such link"),
        LinkRefusal::Over => faces::error(StatusCode::GONE, "This link was used or has expired"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_are_taken_from_the_gateway() {
        let token = "a".repeat(TOKEN_LENGTH);
        let path = LinkPath::parse(&format!("/devtools/{token}/core/sdk/sdk.js")).unwrap();
        assert_eq!((path.token, path.rest.as_str()), (token.clone(), "core/sdk/sdk.js"));
        for path in ["/devtools/browser/hangar", "/devtools/page/x", "/", &format!("/devtools/{token}")] {
            assert!(LinkPath::parse(path).is_none(), "{path}");
        }
    }
}
