//! `GET` and `DELETE /api/sessions/:id`, its health, and the service's.

use std::time::Duration;

use axum::{
    extract::{Path, State},
    response::Response,
};
use hangar_control::{Error, sessions::look::Stage};
use hangar_domain::SessionId;
use http::StatusCode;
use serde_json::{Value, json};

use super::{auth::Caller, render, wire};
use crate::faces::{Shared, json_response};

/// Visits that are told, the newest of them.
const HISTORY: u64 = 1_000;

/// How long who asks for a session waits for its browser: longer than for a warm one, shorter than anybody's patience.
const PROVIDING: Duration = Duration::from_millis(250);

/// A session with its history; one that is being created is waited for a little.
pub async fn get(State(faces): Shared, Caller(identity): Caller, Path(id): Path<String>) -> Response {
    let looking = async {
        let id = session(&id)?;
        faces.control.provided(&identity, id, PROVIDING).await;
        let seen = faces.control.look_at(&identity, id).await?;
        let visits = faces.control.visits(&seen, HISTORY).await?;
        let history: Vec<Value> = visits
            .iter()
            .map(|visit| json!({ "url": visit.url, "title": visit.title, "timestamp": wire::time(visit.at) }))
            .collect();
        Ok(json!({
            "sessionId": seen.row.id,
            "status": wire::status(seen.stage),
            "currentUrl": seen.outline.url,
            "title": seen.outline.title,
            "actionCount": seen.outline.actions,
            "screenshotCount": seen.outline.screenshots,
            "duration": seen.elapsed_ms,
            "navigationHistory": history,
            "createdAt": wire::time(seen.row.started_at),
            "machineId": wire::machine(seen.row.node),
            "record": seen.outline.record.name(),
        }))
    };
    answer(looking.await)
}

/// Ends a session; one that is over stays as it is.
pub async fn delete(State(faces): Shared, Caller(identity): Caller, Path(id): Path<String>) -> Response {
    let ending = async {
        faces.control.delete_session(&identity, session(&id)?).await?;
        Ok(json!({ "success": true, "message": "Session terminated" }))
    };
    answer(ending.await)
}

/// How a session is.
pub async fn health(State(faces): Shared, Caller(identity): Caller, Path(id): Path<String>) -> Response {
    let looking = async {
        let vitals = faces.control.vitals(&identity, session(&id)?).await?;
        let status = match (vitals.seen.stage, vitals.is_responsive) {
            (Stage::Running, true) => "healthy",
            (Stage::Running, false) | (Stage::Provisioning, _) => "degraded",
            (Stage::Completed | Stage::Failed | Stage::Cancelled, _) => "unhealthy",
        };
        Ok(json!({
            "status": status,
            "sessionState": wire::status(vitals.seen.stage),
            "browserResponsive": vitals.is_responsive,
            "currentUrl": vitals.seen.outline.url,
            "uptimeMs": vitals.seen.elapsed_ms,
        }))
    };
    answer(looking.await)
}

/// `GET /health`: the service's own, without a key.
pub async fn service(State(faces): Shared) -> Response {
    let status = if faces.control.is_draining() { "draining" } else { "ok" };
    json_response(StatusCode::OK, &json!({ "status": status, "version": env!("CARGO_PKG_VERSION") }))
}

/// The session that a path names; a text that is no id names none.
pub(super) fn session(id: &str) -> Result<SessionId, Error> {
    id.parse().map_err(|_| Error::SessionUnknown)
}

pub(super) fn answer(outcome: Result<Value, Error>) -> Response {
    match outcome {
        Ok(body) => json_response(StatusCode::OK, &body),
        Err(error) => render::error(&error),
    }
}
