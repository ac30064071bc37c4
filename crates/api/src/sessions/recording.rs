//! `POST` and `GET /api/sessions/:id/recording/export`: has a video made of the recording, and how that stands. Beside the
//! contract; the video itself is an artifact of type recording.

use axum::{
    extract::{Path, State},
    response::Response,
};
use hangar_control::{Error, recordings::Export};
use serde_json::{Value, json};

use super::{
    auth::Caller,
    detail::{answer, session},
};
use crate::{faces::Shared, replay};

/// Begins it, unless there is a video of all of the recording.
pub async fn start(State(faces): Shared, Caller(identity): Caller, Path(id): Path<String>) -> Response {
    let starting = async {
        let id = session(&id)?;
        faces.control.owned_session(&identity, id).await?;
        Ok(shown(Some(faces.control.export_video(id)?)))
    };
    answer(starting.await)
}

/// How it stands.
pub async fn state(State(faces): Shared, Caller(identity): Caller, Path(id): Path<String>) -> Response {
    let looking = async {
        let id = session(&id)?;
        faces.control.owned_session(&identity, id).await?;
        faces.control.recordings().find(id).ok_or(Error::RecordingUnknown)?;
        Ok(shown(faces.control.recordings().export(id)))
    };
    answer(looking.await)
}

fn shown(export: Option<Export>) -> Value {
    export.map_or_else(|| json!({ "state": "none", "progress": 0 }), |export| replay::export_state(&export))
}
