//! `GET /api/sessions/:id/actions`: what was done, oldest first.

use axum::{
    extract::{Path, RawQuery, State},
    response::Response,
};
use hangar_control::EntriesPage;
use hangar_domain::timeline::{Action, Event};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    auth::Caller,
    detail::{answer, session},
    query::Query,
    wire,
};
use crate::faces::Shared;

/// Actions of one page at most.
const MOST: u64 = 1_000;

/// A page of the action log.
pub async fn list(
    State(faces): Shared,
    Caller(identity): Caller,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Response {
    let query = Query::read(raw.as_deref());
    let reading = async {
        let offset = query.whole("offset", 0, 0, i64::MAX.unsigned_abs())?;
        let limit = query.whole("limit", 100, 1, MOST)?;
        let page = EntriesPage { kind: Some("action"), after: -1, offset, limit, newest_first: false };
        let (entries, outline) = faces.control.look_back(&identity, session(&id)?, page).await?;
        let actions = entries.iter().filter_map(|row| match &row.entry.event {
            Event::Action(action) => Some(wired(row.entry.at, action)),
            _ => None,
        });
        Ok(json!({ "actions": actions.collect::<Vec<_>>(), "total": outline.actions }))
    };
    answer(reading.await)
}

fn wired(at: Timestamp, action: &Action) -> Value {
    let mut wired = json!({
        "type": action.r#type,
        "timestamp": wire::time(at),
        "success": action.success,
        "details": action.details,
        "duration": action.duration_ms,
        "cost": action.cost,
        "by": action.by,
    });
    for (name, text) in [("error", &action.error), ("thought", &action.thought), ("agentId", &action.agent)] {
        if let Some(text) = text {
            wired[name] = json!(text);
        }
    }
    wired
}
