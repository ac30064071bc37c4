//! Who is asking: a bearer token, or the token of a URL.
//!
//! Addresses that keep showing bad keys are refused before the store is asked (reference/security.md §6).

use std::{net::IpAddr, sync::Arc};

use axum::{extract::FromRequestParts, response::Response};
use hangar_control::{Error, Identity};
use hangar_domain::KeyLevel;
use http::{StatusCode, header::RETRY_AFTER, request::Parts};

use crate::{
    faces::{self, Faces},
    gateway::render,
    throttle::RetryAfter,
};

/// The account behind `Authorization: Bearer <token>`.
pub struct Bearer(pub Identity);

/// The same, with an operator's key.
pub struct Operator(pub Identity);

/// Why nobody is let in; each face has its own words for it.
pub(crate) enum Denial {
    /// The key opens nothing, or could not be looked up.
    Refused(Error),
    /// The address has shown too many bad keys.
    Throttled(RetryAfter),
}

impl Faces {
    /// The identity behind a secret, unless its address has shown too many bad ones.
    ///
    /// # Errors
    /// [`Denial`].
    pub(crate) async fn recognise(&self, secret: Option<&str>, address: IpAddr) -> Result<Identity, Denial> {
        self.failed_keys.check(address).map_err(Denial::Throttled)?;
        let outcome = match secret.filter(|secret| !secret.is_empty()) {
            Some(secret) => self.control.authenticate(secret).await,
            None => Err(Error::InvalidKey),
        };
        outcome.map_err(|error| {
            // A request without any key guesses nothing.
            if matches!(error, Error::InvalidKey) && secret.is_some() {
                self.failed_keys.failed(address);
            }
            Denial::Refused(error)
        })
    }

    /// The same, with the gateway's words for a refusal.
    ///
    /// # Errors
    /// The response to give instead.
    pub(crate) async fn identify(&self, secret: Option<&str>, address: IpAddr) -> Result<Identity, Response> {
        self.recognise(secret, address).await.map_err(|denial| match denial {
            Denial::Refused(error) => render::error(&error),
            Denial::Throttled(wait) => {
                let mut response =
                    faces::error(StatusCode::TOO_MANY_REQUESTS, "Too many failed keys from this address");
                response.headers_mut().insert(RETRY_AFTER, wait.header_value());
                response
            }
        })
    }
}

impl FromRequestParts<Arc<Faces>> for Bearer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, faces: &Arc<Faces>) -> Result<Self, Response> {
        let secret = bearer(parts).map(str::to_owned);
        let address = faces::address(&parts.extensions);
        faces.identify(secret.as_deref(), address).await.map(Self)
    }
}

impl FromRequestParts<Arc<Faces>> for Operator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, faces: &Arc<Faces>) -> Result<Self, Response> {
        let Bearer(identity) = Bearer::from_request_parts(parts, faces).await?;
        identity.require(KeyLevel::Operator).map_err(|error| render::error(&error))?;
        Ok(Self(identity))
    }
}

pub(crate) fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
