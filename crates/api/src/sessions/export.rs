//! `GET /api/sessions/:id/export?format=har|ndjson|markdown|playwright`: the timeline for other tools.

use axum::{
    extract::{Path, RawQuery, State},
    response::{IntoResponse as _, Response},
};
use hangar_control::{Error, sessions::export::Format};
use http::header;

use super::{auth::Caller, detail::session, fields::invalid, query::Query, render};
use crate::faces::Shared;

/// A session's timeline in a format of somebody else's.
pub async fn export(
    State(faces): Shared,
    Caller(identity): Caller,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Response {
    let query = Query::read(raw.as_deref());
    let exporting = async {
        let (format, content_type, ending) = format(query.get("format"))?;
        let id = session(&id)?;
        let text = faces.control.export_timeline(&identity, id, format).await?;
        let headers = [
            (header::CONTENT_TYPE, content_type.to_owned()),
            (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{id}.{ending}\"")),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        ];
        Ok::<_, Error>((headers, text).into_response())
    };
    exporting.await.unwrap_or_else(|error| render::error(&error))
}

fn format(name: Option<&str>) -> Result<(Format, &'static str, &'static str), Error> {
    match name {
        Some("har") => Ok((Format::Har, "application/json", "har")),
        Some("ndjson") => Ok((Format::Ndjson, "application/x-ndjson", "ndjson")),
        Some("markdown") => Ok((Format::Markdown, "text/markdown; charset=utf-8", "md")),
        Some("playwright") => Ok((Format::Playwright, "text/javascript; charset=utf-8", "mjs")),
        _ => Err(invalid("'format' must be one of har, ndjson, markdown, playwright")),
    }
}
