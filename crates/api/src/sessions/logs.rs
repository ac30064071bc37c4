//! `GET /api/sessions/:id/console` and `…/network`.
//!
//! The contract has no paging here and the vendor's clients send none, so that a page without one is a large one; a caller
//! that wants more says `after` with the `next` of the page before.

use axum::{
    extract::{Path, RawQuery, State},
    response::Response,
};
use hangar_control::{EntriesPage, Error, Numbered};
use hangar_domain::timeline::{Event, Level, Request};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    auth::Caller,
    detail::{answer, session},
    query::Query,
    wire,
};
use crate::faces::Shared;

/// Entries of a page unless asked for fewer.
const PAGE: u64 = 1_000;

/// Entries of a page at most.
const MOST: u64 = 5_000;

/// What the pages wrote to the console, exceptions that nobody caught included, oldest first.
pub async fn console(
    State(faces): Shared,
    Caller(identity): Caller,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Response {
    let query = Query::read(raw.as_deref());
    let reading = async {
        let page = page(&query, "console")?;
        let (entries, _) = faces.control.look_back(&identity, session(&id)?, page).await?;
        let lines = entries.iter().filter_map(|row| line(row.entry.at, &row.entry.event));
        Ok(with_next(json!({ "logs": lines.collect::<Vec<_>>() }), &entries, page.limit))
    };
    answer(reading.await)
}

/// What the pages asked for, in the order in which it was over; what is under way comes last.
pub async fn network(
    State(faces): Shared,
    Caller(identity): Caller,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Response {
    let query = Query::read(raw.as_deref());
    let reading = async {
        let (id, page) = (session(&id)?, page(&query, "request")?);
        let (entries, _) = faces.control.look_back(&identity, id, page).await?;
        let mut requests: Vec<Value> = entries
            .iter()
            .filter_map(|row| match &row.entry.event {
                Event::Request(request) => Some(request_of(request, row.entry.at)),
                _ => None,
            })
            .collect();
        if (entries.len() as u64) < page.limit {
            let under_way = faces.control.requests_under_way(&identity, id);
            requests.extend(under_way.iter().map(|request| request_of(request, Timestamp::default())));
        }
        Ok(with_next(json!({ "requests": requests }), &entries, page.limit))
    };
    answer(reading.await)
}

fn page<'q>(query: &Query, kind: &'q str) -> Result<EntriesPage<'q>, Error> {
    Ok(EntriesPage {
        kind: Some(kind),
        after: i64::try_from(query.whole("after", 0, 0, i64::MAX.unsigned_abs())?).unwrap_or(i64::MAX),
        offset: query.whole("offset", 0, 0, i64::MAX.unsigned_abs())?,
        limit: query.whole("limit", PAGE, 1, MOST)?,
        newest_first: false,
    })
}

/// Where a full page has a next one, says where that begins.
fn with_next(mut body: Value, entries: &[Numbered], limit: u64) -> Value {
    if entries.len() as u64 >= limit
        && let Some(last) = entries.last()
    {
        body["next"] = json!(last.seq);
    }
    body
}

fn line(at: Timestamp, event: &Event) -> Option<Value> {
    let (level, message) = match event {
        Event::Console(line) => (level(line.level), &line.text),
        Event::Exception(exception) => ("error", &exception.text),
        _ => return None,
    };
    Some(json!({ "level": level, "message": message, "timestamp": wire::time(at) }))
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Log => "log",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
        Level::Debug => "debug",
    }
}

fn request_of(request: &Request, ended_at: Timestamp) -> Value {
    json!({
        "url": request.url,
        "method": request.method,
        "status": request.status,
        "duration": request.duration_ms.map(|millis| millis.round().max(0.0) as u64),
        "size": request.encoded_bytes,
        "type": request.resource,
        "mimeType": request.mime,
        "failure": request.failure,
        "redirectedFrom": request.redirected_from,
        "startedAt": request.started.or((ended_at != Timestamp::default()).then_some(ended_at)).map(wire::time),
    })
}
