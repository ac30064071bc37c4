//! `GET /api/usage`.

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde_json::json;

use super::{minutes, render};
use crate::{
    auth::Bearer,
    faces::{Shared, json_response},
};

/// Total sessions, total minutes, live sessions.
pub async fn get(State(faces): Shared, Bearer(identity): Bearer) -> Response {
    match faces.control.usage(identity.account.id).await {
        Ok(usage) => {
            let body = json!({
                "totalSessions": usage.total_sessions,
                "totalMinutes": minutes(usage.total_ms),
                "activeSessions": usage.active_sessions,
            });
            json_response(StatusCode::OK, &body)
        }
        Err(error) => render::error(&error),
    }
}
