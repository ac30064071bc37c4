//! `/operator/v1/nodes`: the machines that run browsers; today, this one.

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde_json::json;

use crate::{
    auth::Operator,
    faces::{Shared, json_response},
};

/// This node with its state.
pub async fn list(State(faces): Shared, _operator: Operator) -> Response {
    let control = &faces.control;
    let (node, boot) = control.node();
    let pool = control.pool_stats();
    let node = json!({
        "id": node,
        "bootId": boot,
        "isolation": faces.facts.isolation,
        "browser": faces.facts.browser.product,
        "maxSessions": control.settings().max_sessions,
        "draining": control.is_draining(),
        "pool": {
            "size": pool.size,
            "warm": pool.warm,
            "warmTaken": pool.warm_taken,
            "coldTaken": pool.cold_taken,
            "launched": pool.launched,
            "failed": pool.failed,
        },
    });
    json_response(StatusCode::OK, &json!({ "items": [node] }))
}
