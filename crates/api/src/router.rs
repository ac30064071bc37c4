//! The one router that all faces hang on.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::Request,
    response::Response,
    routing::{delete, get, post},
};
use http::StatusCode;

use crate::{
    assets,
    devtools::{self, LinkPath},
    discovery,
    faces::{Faces, Shared, error},
    gateway, live, operator, probe, replay, sessions, upgrade, welcome,
};

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
