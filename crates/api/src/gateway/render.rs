//! Every error of the use cases in this face's status and words (contracts/botcloud.md §1 and §2).

use axum::response::Response;
use hangar_control::{Error, passes::PassRefusal};
use hangar_domain::{Retry, account::Standing};
use http::{HeaderValue, StatusCode, header::RETRY_AFTER};

use crate::faces;

/// The response to an error.
#[must_use]
pub fn error(error: &Error) -> Response {
    let (status, text) = words(error);
    if status.is_server_error() {
        tracing::error!(error.code = error.code(), error = error as &dyn std::error::Error, "request failed");
    }
    let mut response = faces::error(status, &text);
    if let (Retry::After(wait), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) =
        (error.retry(), status)
    {
        let seconds = HeaderValue::from(wait.as_secs().max(1));
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    response
}

fn words(error: &Error) -> (StatusCode, String) {
    let (status, text) = match error {
        Error::InvalidKey => (StatusCode::UNAUTHORIZED, "Invalid or missing token"),
        Error::Standing(Standing::Lapsed) => (StatusCode::UNAUTHORIZED, "Subscription lapsed or expired"),
        Error::Standing(Standing::TrialOver) => (StatusCode::UNAUTHORIZED, "Trial expired or its quota is used up"),
        Error::Standing(Standing::NoBalance | Standing::Good) => (StatusCode::FORBIDDEN, "Insufficient balance"),
        Error::SessionLimit { .. } => (StatusCode::TOO_MANY_REQUESTS, "User already has an active connection"),
        Error::QueueFull => (StatusCode::TOO_MANY_REQUESTS, "Too many sessions wait for a browser"),
        Error::QueueTimeout { .. } => (StatusCode::TOO_MANY_REQUESTS, "No browser became free in time"),
        Error::ProfileUnknown => (StatusCode::NOT_FOUND, "User data not found"),
        Error::ProfileForeign => (StatusCode::FORBIDDEN, "User data belongs to another user"),
        Error::ProfileLocked => (StatusCode::CONFLICT, "User data is in use"),
        Error::ProfileLimit { .. } => (StatusCode::TOO_MANY_REQUESTS, "QUOTA_EXCEEDED"),
        Error::Forbidden { .. } => (StatusCode::FORBIDDEN, "NO_PERMISSION"),
        Error::SessionUnknown => (StatusCode::NOT_FOUND, "Session not found"),
        Error::RecordingUnknown => (StatusCode::NOT_FOUND, "No recording of this session"),
        Error::AccountUnknown => (StatusCode::NOT_FOUND, "Account not found"),
        Error::Draining => (StatusCode::SERVICE_UNAVAILABLE, "The server is stopping"),
        Error::Browser(_) | Error::Cdp(_) => (StatusCode::SERVICE_UNAVAILABLE, "No browser available"),
        Error::Recorder(_) => (StatusCode::SERVICE_UNAVAILABLE, "The session could not be recorded"),
        Error::SessionEnded => (StatusCode::GONE, "The session has ended"),
        Error::SessionNotReady => (StatusCode::SERVICE_UNAVAILABLE, "The session has no browser yet"),
        Error::ControlTaken => (StatusCode::CONFLICT, "A person has control of the session"),
        Error::Link(PassRefusal::Unknown) => (StatusCode::NOT_FOUND, "No such link"),
        Error::Link(PassRefusal::Expired) => (StatusCode::GONE, "The link has expired"),
        Error::ArtifactUnknown => (StatusCode::NOT_FOUND, "No such artifact"),
        Error::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "Too large"),
        Error::NotSupported(text) => (StatusCode::NOT_IMPLEMENTED, *text),
        Error::Act(_) => (StatusCode::BAD_GATEWAY, "The page could not be acted on"),
        Error::Recording(_) => (StatusCode::INTERNAL_SERVER_ERROR, "The recording cannot be read"),
        Error::Video(_) => (StatusCode::NOT_IMPLEMENTED, "This server cannot make videos: it has no ffmpeg"),
        Error::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "The database does not answer"),
        Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "Internal error"),
        Error::ProxyRefused(refusal) => {
            return (StatusCode::BAD_REQUEST, format!("The '--proxy-server' is refused: {refusal}"));
        }
        Error::Invalid(text) => return (StatusCode::BAD_REQUEST, text.clone()),
    };
    (status, text.to_owned())
}
