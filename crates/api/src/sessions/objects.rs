//! `GET /objects/<token>`: an object for whoever has its link, until the link expires.

use axum::{
    extract::{Path, State},
    http::request::Parts,
    response::{IntoResponse as _, Response},
};
use hangar_domain::ObjectId;
use http::header;

use super::render;
use crate::faces::{self, Faces, Shared};

/// The absolute address of an object, as the caller reaches this server.
pub(super) fn public_url(faces: &Faces, parts: &Parts, id: ObjectId) -> String {
    let scheme = if faces::is_tls(parts) { "https" } else { "http" };
    format!("{scheme}://{}/objects/{}", faces::host(parts), faces.control.object_link(id).token)
}

/// The object. What a page wrote is never shown as a page of this server's.
pub async fn get(State(faces): Shared, Path(token): Path<String>) -> Response {
    match faces.control.linked_object(&token).await {
        Ok((object, bytes)) => {
            let headers = [
                (header::CONTENT_TYPE, object.content_type),
                (header::CACHE_CONTROL, "private, max-age=3600".to_owned()),
                (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
                (header::REFERRER_POLICY, "no-referrer".to_owned()),
            ];
            (headers, bytes).into_response()
        }
        Err(error) => render::error(&error),
    }
}
