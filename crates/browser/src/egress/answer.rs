//! The proxy's own answers. They name a class or a code, and nothing else about what lies behind the proxy.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::{Either, Full};
use hyper::body::Incoming;

use super::error::Error;

/// Stands in every answer that the proxy gives itself: `refused; class=…` or `failed; code=…`. A site cannot set it.
pub const EGRESS_HEADER: HeaderName = HeaderName::from_static("x-hangar-egress");

/// The body of an answer: a site's, streamed, or the proxy's own.
pub(super) type Body = Either<Incoming, Full<Bytes>>;

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Either::Right(Full::default()));
    *response.status_mut() = status;
    response
}

/// A small page that says what went wrong.
pub(super) fn failed(error: &Error) -> Response<Body> {
    let mut response = Response::new(Either::Right(Full::from(format!("{error}\n"))));
    *response.status_mut() = error.status();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    let note = match error {
        Error::Refused(refusal) => format!("refused; class={}", refusal.class()),
        Error::RefusedUpstream(refusal) => format!("refused; upstream={}", refusal.class()),
        other => format!("failed; code={}", other.code()),
    };
    if let Ok(note) = HeaderValue::try_from(note) {
        headers.insert(EGRESS_HEADER, note);
    }
    response
}
