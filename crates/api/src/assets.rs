//! The viewer's pages and what they load, built by `web/` and embedded in the binary.
//!
//! A binary that was built without them still serves a page, which says how to build them. Whatever a page shows comes
//! from sessions of strangers, so its policy knows no inline script or style and no other server.

use std::{borrow::Cow, path::Path as FilePath};

use axum::{
    extract::Path,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::faces;

/// Scripts and styles from this server only; pictures that the page makes itself; connections to this server only.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src blob: data:; \
    media-src blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Files are named by what is in them, so they never change.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// What is served where the viewer is not built.
const NOT_BUILT: &str = include_str!("assets/not-built.html");

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
struct Built;

/// A page that people see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// The live view of a session.
    Live,
    /// The replay of one.
    Replay,
}

impl Page {
    fn file(self) -> &'static str {
        match self {
            Self::Live => "live/index.html",
            Self::Replay => "replay/index.html",
        }
    }
}

/// The page, as it was built.
pub(crate) fn page(page: Page) -> Response {
    match Built::get(page.file()) {
        Some(file) => html(StatusCode::OK, file.data),
        None => html(StatusCode::NOT_IMPLEMENTED, Cow::Borrowed(NOT_BUILT.as_bytes())),
    }
}

/// A page of words alone, for whoever followed a link that leads nowhere. `text` must be this server's own.
pub(crate) fn notice(status: StatusCode, text: &'static str) -> Response {
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>Hangar</title><p>{text}</p>"
    );
    html(status, Cow::Owned(body.into_bytes()))
}

/// `GET /viewer/assets/<name>`.
pub(crate) async fn file(Path(name): Path<String>) -> Response {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    let found = if is_plain { Built::get(&format!("assets/{name}")) } else { None };
    let (Some(EmbeddedFile { data, .. }), Some(kind)) = (found, kind(&name)) else {
        return faces::error(StatusCode::NOT_FOUND, "Not found");
    };
    let headers =
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, FOR_EVER), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (StatusCode::OK, headers, data).into_response()
}

fn html(status: StatusCode, body: Cow<'static, [u8]>) -> Response {
    let mut response = (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], body).into_response();
    guard(response.headers_mut());
    response
}

/// What every page of the viewer is sent with.
fn guard(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn kind(name: &str) -> Option<&'static str> {
    Some(match FilePath::new(name).extension()?.to_str()? {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        _ => return None,
    })
}
