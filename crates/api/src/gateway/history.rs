//! `GET /api/history?start&end`: ended sessions, newest first (contracts/botcloud.md §1), with a link to the replay of
//! those that were recorded.

use axum::{
    extract::{RawQuery, State},
    http::request::Parts,
    response::Response,
};
use hangar_control::Error;
use hangar_control::{HistoryPage, HistoryQuery, HistoryRow};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{minutes, query::Query, render};
use crate::{
    auth::Bearer,
    faces::{Shared, json_response},
    replay,
};

/// Rows of a page unless asked for fewer, and at most.
const PAGE: u32 = 1000;

/// A page of history. Beside the contract's `start` and `end`: `limit`, and `before` (an id) for the next page.
pub async fn get(State(faces): Shared, Bearer(identity): Bearer, RawQuery(raw): RawQuery, parts: Parts) -> Response {
    let query = match parse(raw.as_deref().unwrap_or_default()) {
        Ok(query) => query,
        Err(text) => return render::error(&Error::Invalid(text)),
    };
    match faces.control.history(identity.account.id, query).await {
        Ok(page) => json_response(StatusCode::OK, &body(&page, |row| replay::link(&faces, &parts, row.id))),
        Err(error) => render::error(&error),
    }
}

fn parse(raw: &str) -> Result<HistoryQuery, String> {
    let query = Query::parse(raw);
    let time = |name: &str| -> Result<Option<Timestamp>, String> {
        let Some(text) = query.get(name).filter(|text| !text.is_empty()) else { return Ok(None) };
        let bad = || format!("Invalid '{name}' parameter: an ISO 8601 time such as 2026-01-31T00:00:00Z");
        // A plus in an offset that nobody escaped arrives as a blank.
        let text = text.replace(' ', "+");
        let date = || text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
        text.parse().ok().or_else(|| date().map(|day| day.timestamp())).map(Some).ok_or_else(bad)
    };
    let number = |name: &str| -> Result<Option<i64>, String> {
        let Some(text) = query.get(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| *number > 0);
        number.map(Some).ok_or_else(|| format!("Invalid '{name}' parameter: a whole number above 0"))
    };
    let limit = number("limit")?.map_or(PAGE, |limit| u32::try_from(limit).unwrap_or(PAGE).min(PAGE));
    Ok(HistoryQuery { start: time("start")?, end: time("end")?, limit, before: number("before")? })
}

fn body(page: &HistoryPage, replay: impl Fn(&HistoryRow) -> Option<String>) -> Value {
    let rows: Vec<_> = page.rows.iter().map(|found| row(found, replay(found))).collect();
    json!({ "sessions": rows, "total": page.total })
}

fn row(row: &HistoryRow, replay: Option<String>) -> Value {
    json!({
        "id": row.number,
        "startedAt": row.started_at,
        "endedAt": row.ended_at,
        "durationMinutes": minutes(row.duration_ms),
        "quotaConsumed": minutes(row.duration_ms),
        "disconnectReason": row.reason.code(),
        "sessionId": row.id,
        "durationMs": row.duration_ms,
        "detail": row.detail.map(hangar_domain::EndDetail::code),
        "deviceType": row.device,
        "userDataId": row.profile.as_ref().map(hangar_domain::ProfileId::as_str),
        "warnings": row.warnings,
        "bytesUp": row.bytes_up,
        "bytesDown": row.bytes_down,
        "replayUrl": replay,
    })
}
