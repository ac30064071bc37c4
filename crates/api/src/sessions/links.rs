//! `POST /api/sessions/:id/links` `{scope, expiresInSeconds?, takeover?}` → `{url, expiresAt}`: a person may watch, act, or
//! play back what was recorded.

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::request::Parts,
    response::Response,
};

use super::{auth::Caller, detail::answer};
use crate::{faces::Shared, live};

/// A link to a session of the account.
pub async fn create(
    State(faces): Shared,
    Caller(identity): Caller,
    Path(id): Path<String>,
    parts: Parts,
    body: Bytes,
) -> Response {
    answer(live::links::make(&faces, Some(&identity), &id, &parts, &body).await)
}
