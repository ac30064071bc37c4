//! What all faces share: the state that their handlers reach, how they answer, who asks. It must know none of them.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use hangar_control::{Control, described::Described};
use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    listen::Peer,
    throttle::{Connects, FailedKeys},
};

/// What every handler can reach.
pub struct Faces {
    /// The use cases.
    pub control: Arc<Control>,
    /// Addresses that showed bad keys.
    pub failed_keys: FailedKeys,
    /// Connects per account.
    pub connects: Connects,
    /// What the browser tells of itself.
    pub described: Arc<Described>,
    /// What this node is, for `/healthz` and the operator.
    pub facts: Facts,
}

/// Things about this node that do not change while it runs.
#[derive(Clone, Debug)]
pub struct Facts {
    /// How browsers are kept apart here, such as `L3`.
    pub isolation: String,
    /// The browser's product and version, such as `HeadlessChrome/156.0.8078.79`.
    pub browser: BrowserFacts,
    /// The database's kind.
    pub database: &'static str,
}

/// What the browser says of itself (`Browser.getVersion`).
#[derive(Clone, Debug)]
pub struct BrowserFacts {
    /// Such as `HeadlessChrome/156.0.8078.79`.
    pub product: String,
    /// Version of the protocol.
    pub protocol: String,
    /// The host's own user agent.
    pub user_agent: String,
    /// Version of V8.
    pub js: String,
    /// Source revision.
    pub revision: String,
}

/// A handler's state.
pub type Shared = State<Arc<Faces>>;

/// `{"error": "<text>"}` (contracts/botcloud.md §1).
pub(crate) fn error(status: StatusCode, text: &str) -> Response {
    json_response(status, &json!({ "error": text }))
}

/// A JSON body with its length, which some clients need to show it.
pub(crate) fn json_response(status: StatusCode, value: &Value) -> Response {
    (status, [(http::header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

/// The name and port under which the caller reaches this server.
pub(crate) fn host(parts: &http::request::Parts) -> &str {
    parts.headers.get(http::header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost")
}

/// Whether the caller's connection is encrypted.
pub(crate) fn is_tls(parts: &http::request::Parts) -> bool {
    parts.extensions.get::<Peer>().is_some_and(|peer| peer.is_tls)
}

/// Where the caller reaches this server.
pub(crate) fn origin(parts: &http::request::Parts) -> String {
    let scheme = if is_tls(parts) { "https" } else { "http" };
    format!("{scheme}://{}", host(parts))
}

/// The address that a request came from; the unspecified one where the listener did not say.
pub(crate) fn address(request_extensions: &http::Extensions) -> IpAddr {
    request_extensions.get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.addr)
}
