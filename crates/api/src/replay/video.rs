//! The recording as a video: asking for it, how far it is, and the file.

use axum::{
    body::Body,
    extract::Path,
    response::{IntoResponse as _, Response},
};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use hangar_control::recordings::{Export, ExportState};
use http::{StatusCode, header};
use serde_json::{Value, json};
use tokio::{fs::File, io::AsyncReadExt as _};

use super::open;
use crate::faces::{self, Shared};

/// Bytes read from the file at once.
const PIECE: usize = 64 << 10;

/// `POST …/video`: has it made, if there is none yet.
pub(super) async fn start(state: Shared, Path(token): Path<String>) -> Response {
    let export = open(&state, &token).and_then(|opened| Ok(state.control.export_video(opened.session)?));
    match export {
        Ok(export) => faces::json_response(StatusCode::ACCEPTED, &shown(&export)),
        Err(refusal) => refusal.into(),
    }
}

/// `GET …/video`: how it stands.
pub(super) async fn state(state: Shared, Path(token): Path<String>) -> Response {
    match open(&state, &token).map(|opened| state.control.recordings().export(opened.session)) {
        Ok(Some(export)) => faces::json_response(StatusCode::OK, &shown(&export)),
        Ok(None) => faces::json_response(StatusCode::OK, &json!({ "state": "none", "progress": 0 })),
        Err(refusal) => refusal.into(),
    }
}

/// `GET …/video/file`: the video, to be saved.
pub(super) async fn file(state: Shared, Path(token): Path<String>) -> Response {
    let opened = match open(&state, &token) {
        Ok(opened) => opened,
        Err(refusal) => return refusal.into(),
    };
    let Some(path) = state.control.recordings().video(opened.session) else { return absent() };
    let Ok(file) = File::open(&path).await else { return absent() };
    let Ok(metadata) = file.metadata().await else { return absent() };
    let name = format!("attachment; filename=\"{}.mp4\"", opened.session);
    let headers = [
        (header::CONTENT_TYPE, "video/mp4".to_owned()),
        (header::CONTENT_LENGTH, metadata.len().to_string()),
        (header::CONTENT_DISPOSITION, name),
    ];
    let pieces = stream::try_unfold(file, |mut file| async move {
        let mut piece = BytesMut::with_capacity(PIECE);
        let read = file.read_buf(&mut piece).await?;
        Ok::<_, std::io::Error>((read > 0).then(|| (Bytes::from(piece), file)))
    });
    (headers, Body::from_stream(pieces)).into_response()
}

fn absent() -> Response {
    faces::error(StatusCode::NOT_FOUND, "There is no video of this recording")
}

/// An export on the wire.
pub(crate) fn shown(export: &Export) -> Value {
    let error = match &export.state {
        ExportState::Failed(code, text) => json!({ "code": code, "message": text }),
        _ => Value::Null,
    };
    json!({ "state": export.state.name(), "progress": export.progress, "error": error })
}
