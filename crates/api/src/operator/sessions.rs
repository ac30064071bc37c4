//! `/operator/v1/sessions`: what runs now, and the word to end it.

use axum::{
    extract::{Path, State},
    response::Response,
};
use hangar_control::Error;
use hangar_domain::{EndDetail, EndReason, session::End};
use http::StatusCode;
use serde_json::json;

use crate::{
    auth::Operator,
    faces::{Shared, json_response},
    gateway::render,
};

/// Every live session.
pub async fn list(State(faces): Shared, _operator: Operator) -> Response {
    let rows = match faces.control.live_sessions().await {
        Ok(rows) => rows,
        Err(error) => return render::error(&error),
    };
    let sessions = rows.iter().map(|row| {
        json!({
            "id": row.id,
            "number": row.number,
            "accountId": row.account,
            "nodeId": row.node,
            "deviceType": row.device,
            "userDataId": row.profile.as_ref().map(hangar_domain::ProfileId::as_str),
            "startedAt": row.started_at,
            "heartbeatAt": row.heartbeat_at,
            "elapsedMs": row.elapsed_ms,
            "holdMs": row.hold_ms,
            "warnings": row.warnings,
        })
    });
    json_response(StatusCode::OK, &json!({ "items": sessions.collect::<Vec<_>>() }))
}

/// Ends a session now.
pub async fn end(State(faces): Shared, _operator: Operator, Path(id): Path<String>) -> Response {
    let end = End::detailed(EndReason::BrowserDisconnect, EndDetail::Operator);
    let ended = id.parse().map_err(|_| Error::SessionUnknown).and_then(|id| faces.control.end_session(id, end));
    match ended {
        Ok(()) => json_response(StatusCode::OK, &json!({ "success": true })),
        Err(error) => render::error(&error),
    }
}
