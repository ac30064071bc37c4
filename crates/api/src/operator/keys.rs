//! `/operator/v1/accounts/{id}/keys`.

use axum::{
    Json,
    extract::{Path, State, rejection::JsonRejection},
    response::Response,
};
use hangar_control::{Error, NewKey};
use hangar_domain::{Key, KeyLevel};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::accounts::{name, parse_id, taken};
use crate::{
    auth::Operator,
    faces::{Shared, json_response},
    gateway::render,
};

/// A key to be made, as it is asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Wanted {
    name: String,
    level: KeyLevel,
    /// RFC 3339, in the future.
    expires_at: Option<Timestamp>,
}

/// Makes a key; the answer is the only place where its secret ever stands.
pub async fn create(
    State(faces): Shared,
    _operator: Operator,
    Path(id): Path<String>,
    body: Result<Json<Wanted>, JsonRejection>,
) -> Response {
    let made = async {
        let body = taken(body)?;
        let new = NewKey { name: name(body.name)?, level: body.level, expires_at: body.expires_at };
        faces.control.create_key(parse_id(&id)?, new).await
    };
    match made.await {
        Ok((key, secret)) => {
            let mut body = wire(&key);
            body["secret"] = json!(secret);
            json_response(StatusCode::CREATED, &body)
        }
        Err(error) => render::error(&error),
    }
}

/// Keys of an account, without their secrets.
pub async fn list(State(faces): Shared, _operator: Operator, Path(id): Path<String>) -> Response {
    let listed = async { faces.control.list_keys(parse_id(&id)?).await };
    match listed.await {
        Ok(keys) => json_response(StatusCode::OK, &json!({ "items": keys.iter().map(wire).collect::<Vec<_>>() })),
        Err(error) => render::error(&error),
    }
}

/// Takes a key back.
pub async fn revoke(State(faces): Shared, _operator: Operator, Path((id, key)): Path<(String, String)>) -> Response {
    let revoked = async {
        let key = key.parse().map_err(|_| Error::Invalid("no such key".to_owned()))?;
        faces.control.revoke_key(parse_id(&id)?, key).await
    };
    match revoked.await {
        Ok(true) => json_response(StatusCode::OK, &json!({ "success": true })),
        Ok(false) => crate::faces::error(StatusCode::NOT_FOUND, "Key not found"),
        Err(error) => render::error(&error),
    }
}

fn wire(key: &Key) -> Value {
    json!({
        "id": key.id,
        "accountId": key.account,
        "name": key.name,
        "level": key.level,
        "createdAt": key.created_at,
        "expiresAt": key.expires_at,
        "revokedAt": key.revoked_at,
    })
}
