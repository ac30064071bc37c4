//! `GET /api/sessions`.

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use hangar_control::{SessionsPage, sessions::look::Seen};
use http::StatusCode;
use serde_json::{Value, json};

use super::{auth::Caller, query::Query, render, wire};
use crate::faces::{Shared, json_response};

/// The account's sessions, newest first.
pub async fn list(State(faces): Shared, Caller(identity): Caller, RawQuery(raw): RawQuery) -> Response {
    let query = Query::read(raw.as_deref());
    let listing = async {
        let page = SessionsPage {
            with_ended: query.flag("includeTerminated")?,
            offset: query.whole("offset", 0, 0, i64::MAX.unsigned_abs())?,
            limit: query.whole("limit", 30, 1, 100)?,
        };
        let (seen, total) = faces.control.look_around(&identity, page).await?;
        let has_more = page.offset.saturating_add(seen.len() as u64) < total;
        Ok(json!({ "sessions": seen.iter().map(summary).collect::<Vec<_>>(), "total": total, "hasMore": has_more }))
    };
    match listing.await {
        Ok(body) => json_response(StatusCode::OK, &body),
        Err(error) => render::error(&error),
    }
}

fn summary(seen: &Seen) -> Value {
    json!({
        "sessionId": seen.row.id,
        "status": wire::status(seen.stage),
        "currentUrl": seen.outline.url,
        "createdAt": wire::time(seen.row.started_at),
        "navigationCount": seen.outline.navigations,
    })
}
