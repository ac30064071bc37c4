//! `POST /operator/v1/sessions/{id}/links` `{scope, expiresInSeconds?, takeover?}` → `{url, expiresAt}`.

use std::time::Duration;

use axum::{
    extract::{Path, State},
    response::Response,
};
use bytes::Bytes;
use hangar_control::{
    Error, Identity,
    sessions::stage::{LONGEST_LIFE, LinkScope, Takeover},
};
use http::{StatusCode, request::Parts};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    auth::Operator,
    faces::{self, Faces, Shared, json_response},
    gateway::render,
};

/// What is asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    scope: String,
    expires_in_seconds: Option<u64>,
    takeover: Option<String>,
}

/// The operator's: to any session.
pub async fn create(
    State(faces): Shared,
    _operator: Operator,
    Path(id): Path<String>,
    parts: Parts,
    body: Bytes,
) -> Response {
    match make(&faces, None, &id, &parts, &body).await {
        Ok(link) => json_response(StatusCode::OK, &link),
        Err(error) => render::error(&error),
    }
}

/// Makes a link as `body` asks for it; `owner` is whose session it must be, `None` for the operator.
///
/// # Errors
/// [`Error::Invalid`] for the body, [`Error::SessionUnknown`] where the session is not there or not theirs.
pub async fn make(
    faces: &Faces,
    owner: Option<&Identity>,
    id: &str,
    parts: &Parts,
    body: &[u8],
) -> Result<Value, Error> {
    let asked: Asked = serde_json::from_slice(body)
        .map_err(|_| Error::Invalid("the body must be {scope, expiresInSeconds?, takeover?}".to_owned()))?;
    let invalid = |text: &str| Error::Invalid(text.to_owned());
    let scope = LinkScope::from_name(&asked.scope).ok_or_else(|| invalid("'scope' must be view, control or replay"))?;
    let life = asked.expires_in_seconds.map(Duration::from_secs);
    if life.is_some_and(|life| life.is_zero() || life > LONGEST_LIFE) {
        return Err(invalid("'expiresInSeconds' must be from 1 to 86400"));
    }
    let takeover = match &asked.takeover {
        Some(name) => Some(Takeover::from_name(name).ok_or_else(|| invalid("'takeover' must be wait or refuse"))?),
        None => None,
    };
    let id = id.parse().map_err(|_| Error::SessionUnknown)?;
    let link = faces.control.link_session(owner, id, scope, life, takeover).await?;
    let origin = faces::origin(parts);
    let url = match scope {
        LinkScope::View | LinkScope::Control => super::address(&origin, &link.token),
        LinkScope::Replay => format!("{origin}/replay/{}", link.token),
    };
    Ok(json!({ "url": url, "expiresAt": link.expires_at }))
}
