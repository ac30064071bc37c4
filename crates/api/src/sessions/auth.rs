//! Who asks: `X-API-Key`, or a bearer token (contracts/thinkrun.md §1).

use std::sync::Arc;

use axum::{extract::FromRequestParts, response::Response};
use hangar_control::Identity;
use hangar_domain::KeyLevel;
use http::{Method, request::Parts};

use super::render;
use crate::{
    auth::{self, Denial},
    faces::{self, Faces},
};

/// The account behind a request, with a key that may do what the method does.
pub struct Caller(pub Identity);

impl FromRequestParts<Arc<Faces>> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, faces: &Arc<Faces>) -> Result<Self, Response> {
        let named = parts.headers.get("x-api-key").and_then(|key| key.to_str().ok());
        let secret = named.or_else(|| auth::bearer(parts)).map(str::to_owned);
        let identity = faces.recognise(secret.as_deref(), faces::address(&parts.extensions)).await;
        let identity = identity.map_err(|denial| match denial {
            Denial::Refused(error) => render::error(&error),
            Denial::Throttled(wait) => render::throttled(&wait),
        })?;
        let needs = if parts.method == Method::GET { KeyLevel::Read } else { KeyLevel::Write };
        identity.require(needs).map_err(|error| render::error(&error))?;
        Ok(Self(identity))
    }
}
