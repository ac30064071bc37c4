//! What orchestrators and dashboards ask, without a token: is it alive, may it get work, what does it count.

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, header::CONTENT_TYPE};
use serde_json::json;

use crate::faces::{self, Shared, json_response};

/// `GET /healthz`: 200 while the process serves.
pub async fn healthz(State(faces): Shared) -> Response {
    let pool = faces.control.pool_stats();
    let body = json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "isolation": faces.facts.isolation,
        "browser": faces.facts.browser.product,
        "database": faces.facts.database,
        "pool": { "size": pool.size, "warm": pool.warm },
        "draining": faces.control.is_draining(),
    });
    json_response(StatusCode::OK, &body)
}

/// `GET /readyz`: 200 while new sessions are taken, else 503.
pub async fn readyz(State(faces): Shared) -> Response {
    if faces.control.is_draining() {
        return faces::error(StatusCode::SERVICE_UNAVAILABLE, "draining");
    }
    match faces.control.ping_store().await {
        Ok(()) => json_response(StatusCode::OK, &json!({ "status": "ready" })),
        Err(error) => {
            tracing::warn!(%error, "not ready: the database does not answer");
            faces::error(StatusCode::SERVICE_UNAVAILABLE, "the database does not answer")
        }
    }
}

/// `GET /metrics`: Prometheus' text format.
pub async fn metrics(State(faces): Shared) -> Response {
    match faces.control.render_metrics() {
        Ok(text) => {
            ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
        }
        Err(_) => faces::error(StatusCode::INTERNAL_SERVER_ERROR, "metrics could not be written"),
    }
}
