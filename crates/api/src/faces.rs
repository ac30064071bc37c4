//! What all faces share, and the one router that they hang on.

use std::{net::IpAddr, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
    routing::{delete, get, post},
};
use hangar_control::{Control, described::Described};
use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    assets,
    devtools::{self, LinkPath},
    discovery, gateway,
    listen::Peer,
    live, operator, probe, replay, sessions,
    throttle::{Connects, FailedKeys},
    upgrade, welcome,
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
    pub browser: discovery::BrowserFacts,
    /// The database's kind.
    pub database: &'static str,
}

/// A handler's state.
pub type Shared = State<Arc<Faces>>;

/// All faces on one router.
pub fn router(faces: Arc<Faces>) -> Router {
    let gateway = Router::new()
        .route("/api/quota", get(gateway::quota::get))
        .route("/api/usage", get(gateway::usage::get))
        .route("/api/history", get(gateway::history::get))
        .route("/api/user-data", get(gateway::user_data::list).post(gateway::user_data::create))
        .route("/api/user-data/{id}", delete(gateway::user_data::delete));
    let discovery = Router::new()
        .route("/json/version", get(discovery::version))
        .route("/json/version/", get(discovery::version))
        .route("/json", get(discovery::list))
        .route("/json/list", get(discovery::list))
        .route("/json/list/", get(discovery::list))
        .route("/json/protocol", get(discovery::protocol))
        .route("/json/protocol/", get(discovery::protocol));
    let operator = Router::new()
        .route("/operator/v1/accounts", get(operator::accounts::list).post(operator::accounts::create))
        .route("/operator/v1/accounts/{id}", get(operator::accounts::read).patch(operator::accounts::update))
        .route("/operator/v1/accounts/{id}/keys", get(operator::keys::list).post(operator::keys::create))
        .route("/operator/v1/accounts/{id}/keys/{key}", delete(operator::keys::revoke))
        .route("/operator/v1/nodes", get(operator::nodes::list))
        .route("/operator/v1/sessions", get(operator::sessions::list))
        .route("/operator/v1/sessions/{id}", delete(operator::sessions::end))
        .route("/operator/v1/sessions/{id}/links", post(live::links::create));
    let viewer = Router::new()
        .route("/live/{token}", get(live::page))
        .route("/live/{token}/socket", get(live::socket))
        .route("/viewer/assets/{name}", get(assets::file));
    let probes = Router::new()
        .route("/healthz", get(probe::healthz))
        .route("/readyz", get(probe::readyz))
        .route("/metrics", get(probe::metrics))
        .route("/welcome", get(welcome::page));
    Router::new()
        .merge(gateway)
        .merge(discovery)
        .merge(operator)
        .merge(viewer)
        .merge(probes)
        .merge(sessions::router())
        .merge(replay::routes())
        .fallback(root)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(faces)
}

/// Every path that is nothing else takes a WebSocket: clients append `/devtools/browser/<any>` (contracts/botcloud.md §2).
async fn root(state: Shared, request: Request<Body>) -> Response {
    if let Some(path) = LinkPath::parse(request.uri().path()) {
        return devtools::handle(state, request, path).await;
    }
    if upgrade::is_wanted(&request) {
        return gateway::connect::connect(state, request).await;
    }
    match request.uri().path() {
        "/" => welcome::page().await,
        _ => error(StatusCode::NOT_FOUND, "Not found"),
    }
}

async fn method_not_allowed() -> Response {
    error(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
}

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
