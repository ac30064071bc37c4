//! `GET /api/sessions/:id/artifacts`: the pictures and recordings of a session, with signed links.

use axum::{
    extract::{Path, State},
    http::request::Parts,
    response::Response,
};
use hangar_control::ObjectKind;
use serde_json::json;

use super::{
    auth::Caller,
    detail::{answer, session},
    objects::public_url,
    wire,
};
use crate::faces::Shared;

/// Media only; texts under a name have paths of their own (contracts/thinkrun.md §5).
pub async fn list(State(faces): Shared, Caller(identity): Caller, Path(id): Path<String>, parts: Parts) -> Response {
    let listing = async {
        let id = session(&id)?;
        faces.control.owned_session(&identity, id).await?;
        let media = faces.control.media_of(id).await?;
        let artifacts = media.iter().map(|object| {
            json!({
                "objectId": object.id,
                "type": match object.kind {
                    ObjectKind::Video => "recording",
                    ObjectKind::Screenshot | ObjectKind::Named | ObjectKind::Evidence => "screenshot",
                },
                "publicUrl": public_url(&faces, &parts, object.id),
                "timestamp": wire::time(object.created_at),
                "contentType": object.content_type,
                "size": object.bytes,
            })
        });
        Ok(json!({ "artifacts": artifacts.collect::<Vec<_>>() }))
    };
    answer(listing.await)
}
