//! `/live/<token>`: a session as a person sees it, and may act in it.
//!
//! The page is the viewer's, the same for everybody; what it shows comes over its WebSocket at `/live/<token>/socket`,
//! which speaks the small protocol of [`protocol`] and nothing of CDP. The token is all that is needed, so nothing here
//! asks for a key, and nothing answers without a link that holds.

mod frames;
pub mod links;
mod protocol;
mod socket;

use axum::{
    body::Body,
    extract::{Path, Request, State},
    response::Response,
};
use hangar_control::sessions::stage::LiveRefusal;
use http::StatusCode;

use crate::{
    assets::{self, Page},
    faces::Shared,
};

/// Where the links lie.
const ROOT: &str = "/live/";

/// A link's address.
pub(crate) fn address(origin: &str, token: &str) -> String {
    format!("{origin}{ROOT}{token}")
}

/// `GET /live/<token>`.
pub async fn page(State(faces): Shared, Path(token): Path<String>) -> Response {
    match faces.control.entrance(&token) {
        Ok(_) => assets::page(Page::Live),
        Err(refusal) => refused(refusal),
    }
}

/// `GET /live/<token>/socket`.
pub async fn socket(State(faces): Shared, Path(token): Path<String>, request: Request<Body>) -> Response {
    match faces.control.entrance(&token) {
        Ok(entrance) => socket::connect(&faces, request, entrance),
        Err(refusal) => refused(refusal),
    }
}

fn refused(refusal: LiveRefusal) -> Response {
    match refusal {
        LiveRefusal::Unknown => assets::notice(StatusCode::NOT_FOUND, "There is no such link."),
        LiveRefusal::Expired => assets::notice(StatusCode::GONE, "This link has expired."),
        LiveRefusal::Over => assets::notice(StatusCode::GONE, "This session is over."),
    }
}
