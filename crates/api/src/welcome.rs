//! A page that Hangar itself serves: the first thing that a new user's first session sees.

use axum::response::{Html, IntoResponse as _, Response};
use http::{HeaderValue, header};

const PAGE: &str = include_str!("welcome.html");

/// `GET /` and `GET /welcome`.
pub async fn page() -> Response {
    let mut response = Html(PAGE).into_response();
    let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'");
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}
