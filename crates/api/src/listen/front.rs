//! What stands before every route: refusals that need no route, and a last net for panics.

use std::{any::Any, sync::atomic::Ordering, time::Duration};

use axum::{Router, body::Body, response::IntoResponse};
use http::{HeaderValue, Request, Response, StatusCode, header};
use tower_http::{catch_panic::CatchPanicLayer, timeout::RequestBodyTimeoutLayer};

use super::framing::is_websocket;

/// `router` with a panic in a handler answered by 500 instead of a dropped connection, and with bodies that fail once
/// nothing of them comes for `body_idle`.
pub(super) fn hardened(router: Router, body_idle: Duration) -> Router {
    router.layer(RequestBodyTimeoutLayer::new(body_idle)).layer(CatchPanicLayer::custom(after_panic))
}

/// The panic hook has logged what happened and where; the caller learns only that it was us.
fn after_panic(_: Box<dyn Any + Send + 'static>) -> Response<Body> {
    refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal error")
}

/// The reply to a request that must not reach a route, if it must not.
pub(super) fn refuse<B>(request: &Request<B>, is_suspect: bool, max_target: usize) -> Option<Response<Body>> {
    if is_suspect {
        return Some(last(refusal(StatusCode::BAD_REQUEST, "Ambiguous message length")));
    }
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    (target > max_target).then(|| last(refusal(StatusCode::URI_TOO_LONG, "Request target too long")))
}

/// Whether the bytes after this request are not followed (see `framing`), so that it must be the last of its connection.
pub(super) fn must_be_last<B>(request: &Request<B>) -> bool {
    let headers = request.headers();
    headers.contains_key(header::TRANSFER_ENCODING)
        || headers.get_all(header::UPGRADE).iter().any(|value| is_websocket(value.as_bytes()))
}

/// `response`, after which the connection closes unless it became something else.
pub(super) fn last(mut response: Response<Body>) -> Response<Body> {
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

fn refusal(status: StatusCode, text: &str) -> Response<Body> {
    (status, axum::Json(serde_json::json!({ "error": text }))).into_response()
}

/// Reads the flag that the connection's reader sets.
pub(super) fn is_set(flag: &std::sync::atomic::AtomicBool) -> bool {
    flag.load(Ordering::Acquire)
}
