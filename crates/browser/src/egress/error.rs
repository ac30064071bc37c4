//! Everything that can go wrong between a browser and the world.
//!
//! The texts go to the page and to the log, so they must never hold a credential, a resolved address, or anything else
//! that the client did not say itself.

use std::io;
use std::time::Duration;

use hangar_domain::{Fault, Retry};
use http::StatusCode;

use super::policy::Refusal;

/// Why a destination was not reached, or why an upstream or an endpoint could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No upstream is assigned: the browser belongs to nobody yet.
    #[error("this browser has no way out yet")]
    Unassigned,
    /// The policy refuses the destination.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The policy refuses the upstream proxy's own address.
    #[error("the upstream proxy is not reachable from a browser")]
    RefusedUpstream(#[source] Refusal),
    /// The request is not one that a proxy serves.
    #[error("{0}")]
    BadRequest(&'static str),
    /// The text of an upstream proxy is not one.
    #[error("invalid upstream proxy: {0}")]
    InvalidUpstream(&'static str),
    /// The text of the operator's routes is not one.
    #[error("invalid route: {0}")]
    InvalidRoute(&'static str),
    /// The operator's authorities for upstream proxies are none.
    #[error("invalid authorities: {0}")]
    InvalidTrust(&'static str),
    /// The name has no address.
    #[error("the name could not be resolved")]
    NoSuchName,
    /// The site did not accept a connection.
    #[error("the site could not be reached")]
    Unreachable,
    /// The site took too long.
    #[error("the site did not answer in time")]
    Timeout,
    /// The site's answer ended early or was not HTTP.
    #[error("the site's answer was broken off")]
    BrokenAnswer,
    /// The upstream proxy did not accept a connection.
    #[error("the upstream proxy could not be reached")]
    UpstreamUnreachable,
    /// The upstream proxy took too long.
    #[error("the upstream proxy did not answer in time")]
    UpstreamTimeout,
    /// The upstream proxy wants other credentials.
    #[error("the upstream proxy refused the credentials")]
    UpstreamCredentials,
    /// The upstream proxy will not, or cannot, reach the destination.
    #[error("the upstream proxy refused the connection")]
    UpstreamRefused,
    /// The upstream proxy does not speak its protocol, or its certificate is not trusted.
    #[error("the upstream proxy answered nonsense")]
    UpstreamProtocol,
    /// The endpoint itself could not be set up.
    #[error("the egress endpoint could not be set up")]
    Io(#[from] io::Error),
}

impl Error {
    /// A stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unassigned => "egress-unassigned",
            Self::Refused(_) => "egress-refused",
            Self::RefusedUpstream(_) => "egress-refused-upstream",
            Self::BadRequest(_) => "egress-bad-request",
            Self::InvalidUpstream(_) => "egress-invalid-upstream",
            Self::InvalidRoute(_) => "egress-invalid-route",
            Self::InvalidTrust(_) => "egress-invalid-trust",
            Self::NoSuchName => "egress-no-such-name",
            Self::Unreachable => "egress-unreachable",
            Self::Timeout => "egress-timeout",
            Self::BrokenAnswer => "egress-broken-answer",
            Self::UpstreamUnreachable => "egress-upstream-unreachable",
            Self::UpstreamTimeout => "egress-upstream-timeout",
            Self::UpstreamCredentials => "egress-upstream-credentials",
            Self::UpstreamRefused => "egress-upstream-refused",
            Self::UpstreamProtocol => "egress-upstream-protocol",
            Self::Io(_) => "egress-io",
        }
    }

    /// Who has to change something. An upstream proxy is the client's own.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Unassigned | Self::InvalidRoute(_) | Self::InvalidTrust(_) | Self::Io(_) => Fault::Host,
            Self::NoSuchName | Self::Unreachable | Self::Timeout | Self::BrokenAnswer => Fault::Site,
            Self::Refused(_)
            | Self::RefusedUpstream(_)
            | Self::BadRequest(_)
            | Self::InvalidUpstream(_)
            | Self::UpstreamUnreachable
            | Self::UpstreamTimeout
            | Self::UpstreamCredentials
            | Self::UpstreamRefused
            | Self::UpstreamProtocol => Fault::Client,
        }
    }

    /// Whether the same request may be made again.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::Unassigned | Self::Io(_) => Retry::After(Duration::from_secs(1)),
            Self::Unreachable
            | Self::Timeout
            | Self::BrokenAnswer
            | Self::UpstreamUnreachable
            | Self::UpstreamTimeout => Retry::Now,
            _ => Retry::Never,
        }
    }

    /// The status of the proxy's own answer (RFC 9110 §15). An upstream's 407 becomes 502: the credentials are not the
    /// page's, so the page must not be asked for them.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Unassigned | Self::InvalidRoute(_) | Self::InvalidTrust(_) | Self::Io(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Refused(_) | Self::RefusedUpstream(_) => StatusCode::FORBIDDEN,
            Self::BadRequest(_) | Self::InvalidUpstream(_) => StatusCode::BAD_REQUEST,
            Self::Timeout | Self::UpstreamTimeout => StatusCode::GATEWAY_TIMEOUT,
            Self::NoSuchName
            | Self::Unreachable
            | Self::BrokenAnswer
            | Self::UpstreamUnreachable
            | Self::UpstreamCredentials
            | Self::UpstreamRefused
            | Self::UpstreamProtocol => StatusCode::BAD_GATEWAY,
        }
    }
}
