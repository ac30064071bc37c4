//! `/replay/<token>`: a session's recording for whoever has the link, while it runs and after it ended.
//!
//! The page is the viewer's; it loads what it shows in pieces from below its own address. Nothing here asks for a key, and
//! nothing answers without a pass for exactly this. Pictures and texts come from sessions of strangers: nothing that is
//! sent from here may be taken for a page or a script.

mod pieces;
mod video;

pub(crate) use self::video::shown as export_state;

use axum::{
    Router,
    extract::{Path, Request},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::get,
};
use hangar_control::{
    Error,
    passes::{Pass, PassRefusal, Purpose},
};
use hangar_domain::{Retry, SessionId};
use http::{HeaderValue, StatusCode, header, request::Parts};
use jiff::SignedDuration;

use crate::{
    assets,
    faces::{self, Faces, Shared},
};

/// How long a link opens the replay, where its maker does not say.
const LINK_LIFE: SignedDuration = SignedDuration::from_hours(1);

/// A link to the replay of a session, as the caller reaches this server; `None` where nothing was recorded.
pub(crate) fn link(faces: &Faces, parts: &Parts, session: SessionId) -> Option<String> {
    faces.control.recordings().find(session)?;
    let expires_at = faces.control.clock().now().saturating_add(LINK_LIFE).ok()?;
    let token = faces.control.sign_pass(Purpose::Replay, &session.to_string(), expires_at);
    let scheme = if faces::is_tls(parts) { "https" } else { "http" };
    Some(format!("{scheme}://{}/replay/{token}", faces::host(parts)))
}

/// The replay's routes.
pub(crate) fn routes() -> Router<std::sync::Arc<Faces>> {
    let pieces = Router::new()
        .route("/replay/{token}/manifest", get(pieces::manifest))
        .route("/replay/{token}/frames", get(pieces::frames))
        .route("/replay/{token}/entries", get(pieces::entries))
        .route("/replay/{token}/video", get(video::state).post(video::start))
        .route("/replay/{token}/video/file", get(video::file))
        .layer(middleware::from_fn(guard));
    pieces.route("/replay/{token}", get(page))
}

/// `GET /replay/<token>`.
async fn page(state: Shared, Path(token): Path<String>) -> Response {
    let opened = open(&state, &token).and_then(|opened| {
        state.control.recordings().find(opened.session).map(|_| opened).ok_or(Refusal::Error(Error::RecordingUnknown))
    });
    match opened {
        Ok(_) => assets::page(assets::Page::Replay),
        Err(Refusal::Pass(PassRefusal::Expired)) => assets::notice(StatusCode::GONE, "This link has expired."),
        Err(Refusal::Pass(PassRefusal::Unknown)) => assets::notice(StatusCode::NOT_FOUND, "There is no such link."),
        Err(Refusal::Error(_)) => {
            assets::notice(StatusCode::NOT_FOUND, "There is no recording of this session, or it is no longer kept.")
        }
    }
}

/// What a link opens.
struct Opened {
    session: SessionId,
    pass: Pass,
}

/// Why it does not.
enum Refusal {
    Pass(PassRefusal),
    Error(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<Refusal> for Response {
    fn from(refusal: Refusal) -> Self {
        let (status, text) = match &refusal {
            Refusal::Pass(PassRefusal::Unknown) => (StatusCode::NOT_FOUND, "No such link".to_owned()),
            Refusal::Pass(PassRefusal::Expired) => (StatusCode::GONE, "This link has expired".to_owned()),
            Refusal::Error(error) => (status(error), error.to_string()),
        };
        let code = match &refusal {
            Refusal::Pass(PassRefusal::Unknown) => "link_unknown",
            Refusal::Pass(PassRefusal::Expired) => "link_expired",
            Refusal::Error(error) => error.code(),
        };
        if let Refusal::Error(error) = &refusal
            && status.is_server_error()
        {
            tracing::error!(error.code = code, error = error as &dyn std::error::Error, "a replay failed");
        }
        faces::json_response(status, &serde_json::json!({ "error": text, "code": code }))
    }
}

fn status(error: &Error) -> StatusCode {
    match error {
        Error::RecordingUnknown => StatusCode::NOT_FOUND,
        Error::Invalid(_) => StatusCode::BAD_REQUEST,
        Error::QueueFull => StatusCode::TOO_MANY_REQUESTS,
        Error::Video(error) if error.retry() == Retry::Never => StatusCode::NOT_IMPLEMENTED,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn open(faces: &Faces, token: &str) -> Result<Opened, Refusal> {
    let pass = faces.control.read_pass(Purpose::Replay, token).map_err(Refusal::Pass)?;
    let session = pass.subject.parse().map_err(|_| Refusal::Pass(PassRefusal::Unknown))?;
    Ok(Opened { session, pass })
}

/// Every piece is data, for its own page only, and of this moment.
async fn guard(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response.into_response()
}
