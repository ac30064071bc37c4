//! `/api/user-data`: profiles (contracts/botcloud.md §1). Bodies are never read: clients send a JSON content type with
//! an empty body on every method.

use axum::{
    extract::{Path, State},
    response::Response,
};
use hangar_control::Error;
use hangar_domain::{KeyLevel, ProfileId};
use http::StatusCode;
use serde_json::json;

use super::render;
use crate::{
    auth::Bearer,
    faces::{Shared, json_response},
};

/// `POST /api/user-data`.
pub async fn create(State(faces): Shared, Bearer(identity): Bearer) -> Response {
    if let Err(error) = identity.require(KeyLevel::Write) {
        return render::error(&error);
    }
    match faces.control.create_profile(&identity).await {
        Ok(profile) => {
            let body = json!({ "id": profile.id.as_str(), "createdAt": profile.created_at });
            json_response(StatusCode::OK, &body)
        }
        Err(error) => render::error(&error),
    }
}

/// `GET /api/user-data`.
pub async fn list(State(faces): Shared, Bearer(identity): Bearer) -> Response {
    let profiles = match faces.control.list_profiles(&identity).await {
        Ok(profiles) => profiles,
        Err(error) => return render::error(&error),
    };
    let items = profiles.iter().map(|profile| {
        json!({
            "id": profile.id.as_str(),
            "createdAt": profile.created_at,
            "lastUsedAt": profile.last_used_at,
            "isLocked": profile.locked_by.is_some(),
        })
    });
    let (used, max) = (profiles.len(), identity.account.limits.max_profiles);
    let body = json!({
        "items": items.collect::<Vec<_>>(),
        "total": used,
        "quota": { "used": used, "max": max, "canCreate": used < max as usize },
    });
    json_response(StatusCode::OK, &body)
}

/// `DELETE /api/user-data/{id}`.
pub async fn delete(State(faces): Shared, Bearer(identity): Bearer, Path(id): Path<String>) -> Response {
    if let Err(error) = identity.require(KeyLevel::Write) {
        return render::error(&error);
    }
    let Ok(id) = id.parse::<ProfileId>() else { return render::error(&Error::ProfileUnknown) };
    match faces.control.delete_profile(&identity, &id).await {
        Ok(()) => json_response(StatusCode::OK, &json!({ "success": true })),
        Err(error) => render::error(&error),
    }
}
