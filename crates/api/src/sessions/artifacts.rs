//! `GET /api/sessions/:id/artifacts`: the pictures and recordings of a session, with signed links.

use axum::{
    extract::{Path, State},
    http::request::Parts,
    response::Response,
};
use hangar_control::{ObjectKind, ObjectRow};
use serde_json::{Value, json};

use super::{
    auth::Caller,
    detail::{answer, session},
    objects::public_url,
    wire,
};
use crate::{
    faces::{Faces, Shared},
    replay,
};

/// Media only; texts under a name have paths of their own (contracts/thinkrun.md §5).
pub async fn list(State(faces): Shared, Caller(identity): Caller, Path(id): Path<String>, parts: Parts) -> Response {
    let listing = async {
        let id = session(&id)?;
        faces.control.owned_session(&identity, id).await?;
        let media = faces.control.media_of(id).await?;
        let mut artifacts: Vec<_> = media.iter().map(|object| wired(&faces, &parts, object)).collect();
        // The recording itself is one file that is played, not downloaded: its link opens the player.
        if let (Some(recording), Some(url)) = (faces.control.recordings().find(id), replay::link(&faces, &parts, id)) {
            artifacts.push(json!({
                "objectId": format!("rec_{}", id.uuid().simple()),
                "type": "recording",
                "publicUrl": url,
                "timestamp": wire::time(recording.written_at),
                "contentType": "text/html",
                "size": recording.bytes,
            }));
            if let Some(video) = faces.control.recordings().video_of(id) {
                artifacts.push(json!({
                    "objectId": format!("vid_{}", id.uuid().simple()),
                    "type": "recording",
                    "publicUrl": format!("{url}/video/file"),
                    "timestamp": wire::time(video.written_at),
                    "contentType": "video/mp4",
                    "size": video.bytes,
                }));
            }
        }
        Ok(json!({ "artifacts": artifacts }))
    };
    answer(listing.await)
}

fn wired(faces: &Faces, parts: &Parts, object: &ObjectRow) -> Value {
    json!({
        "objectId": object.id,
        "type": match object.kind {
            ObjectKind::Video => "recording",
            ObjectKind::Screenshot | ObjectKind::Named | ObjectKind::Evidence => "screenshot",
        },
        "publicUrl": public_url(faces, parts, object.id),
        "timestamp": wire::time(object.created_at),
        "contentType": object.content_type,
        "size": object.bytes,
    })
}
