//! Every error of the use cases in this face's status, code and words (contracts/thinkrun.md §1).

use axum::response::Response;
use hangar_control::{Error, driver, passes::PassRefusal};
use hangar_domain::{Retry, account::Standing};
use http::{HeaderValue, StatusCode, header::RETRY_AFTER};
use serde_json::{Value, json};

use crate::{faces::json_response, throttle};

/// A status, the contract's code, and what to do about it.
type Words = (StatusCode, &'static str, Option<String>);

/// The response to an error.
pub(super) fn error(error: &Error) -> Response {
    let (status, code, hint) = words(error);
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::error!(error.code = error.code(), error = error as &dyn std::error::Error, "request failed");
    }
    let is_retryable = error.retry() != Retry::Never;
    let mut response = json_response(status, &body(&error.to_string(), code, hint, is_retryable));
    if let (Retry::After(wait), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) =
        (error.retry(), status)
    {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    }
    response
}

/// The response to an address that has shown too many bad keys.
pub(super) fn throttled(wait: &throttle::RetryAfter) -> Response {
    let body = body("Too many failed keys from this address", "INVALID_API_KEY", None, true);
    let mut response = json_response(StatusCode::TOO_MANY_REQUESTS, &body);
    response.headers_mut().insert(RETRY_AFTER, wait.header_value());
    response
}

fn body(text: &str, code: &str, hint: Option<String>, is_retryable: bool) -> Value {
    let mut body = json!({ "success": false, "error": text, "code": code, "retryable": is_retryable });
    if let Some(hint) = hint.filter(|hint| !hint.is_empty()) {
        body["hint"] = json!(hint);
    }
    body
}

fn words(error: &Error) -> Words {
    let (status, code, hint) = match error {
        Error::InvalidKey => (StatusCode::UNAUTHORIZED, "INVALID_API_KEY", "Send the key in the X-API-Key header."),
        Error::Forbidden { .. } => (StatusCode::UNAUTHORIZED, "INVALID_API_KEY", "Use a key of a higher level."),
        Error::Standing(Standing::NoBalance | Standing::TrialOver | Standing::Lapsed | Standing::Good) => {
            (StatusCode::PAYMENT_REQUIRED, "INSUFFICIENT_CREDITS", "Ask the operator to renew the plan or the balance.")
        }
        Error::SessionLimit { .. } => {
            (StatusCode::TOO_MANY_REQUESTS, "SESSION_LIMIT_REACHED", "Delete a session, then try again.")
        }
        Error::QueueFull | Error::QueueTimeout { .. } => {
            (StatusCode::SERVICE_UNAVAILABLE, "BROWSER_POOL_UNAVAILABLE", "All browsers are in use; try again soon.")
        }
        Error::Draining => {
            (StatusCode::SERVICE_UNAVAILABLE, "BROWSER_POOL_UNAVAILABLE", "The server restarts; try again soon.")
        }
        Error::Browser(_) => (StatusCode::SERVICE_UNAVAILABLE, "PROVISIONING_FAILED", ""),
        Error::SessionUnknown | Error::ArtifactUnknown => (StatusCode::NOT_FOUND, "SESSION_NOT_FOUND", ""),
        Error::SessionEnded => (StatusCode::GONE, "SESSION_CLOSED", "Create a new session."),
        Error::SessionNotReady => {
            (StatusCode::SERVICE_UNAVAILABLE, "SESSION_NOT_READY", "Try again in a second, or wait for status running.")
        }
        Error::Act(act) => return (status_of(act), act.code(), Some(act.hint().to_owned())),
        Error::ControlTaken => {
            (StatusCode::GATEWAY_TIMEOUT, "OPERATION_TIMEOUT", "Wait until the person in the live view is done.")
        }
        Error::Link(PassRefusal::Unknown) => (StatusCode::NOT_FOUND, "SESSION_NOT_FOUND", ""),
        Error::Link(PassRefusal::Expired) => (StatusCode::GONE, "SESSION_CLOSED", "Ask for a new link."),
        Error::RecordingUnknown => {
            (StatusCode::NOT_FOUND, "SESSION_NOT_FOUND", "The session was not recorded in full.")
        }
        Error::Recording(_) => (StatusCode::BAD_GATEWAY, "STORAGE_ERROR", ""),
        Error::Video(_) => (StatusCode::NOT_IMPLEMENTED, "NOT_SUPPORTED", "Install ffmpeg on the server."),
        Error::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", ""),
        Error::NotSupported(_) => (StatusCode::NOT_IMPLEMENTED, "NOT_SUPPORTED", ""),
        Error::Invalid(_)
        | Error::ProxyRefused(_)
        | Error::AccountUnknown
        | Error::ProfileUnknown
        | Error::ProfileForeign
        | Error::ProfileLocked
        | Error::ProfileLimit { .. } => (StatusCode::BAD_REQUEST, "INVALID_REQUEST", ""),
        Error::Recorder(_) | Error::Cdp(_) => (StatusCode::BAD_GATEWAY, "BROWSER_PROTOCOL_ERROR", "Try again."),
        Error::Store(store) if store.retry() != Retry::Never => {
            (StatusCode::SERVICE_UNAVAILABLE, "STORAGE_TIMEOUT", "Try again.")
        }
        Error::Store(_) => (StatusCode::BAD_GATEWAY, "STORAGE_ERROR", ""),
        Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", ""),
    };
    (status, code, Some(hint.to_owned()))
}

fn status_of(error: &driver::Error) -> StatusCode {
    match error {
        driver::Error::EvaluateFailed { .. } | driver::Error::Invalid { .. } => StatusCode::BAD_REQUEST,
        driver::Error::ElementNotFound { .. }
        | driver::Error::ElementInIframe { .. }
        | driver::Error::ElementInShadowDom { .. } => StatusCode::NOT_FOUND,
        driver::Error::PageNavigated => StatusCode::CONFLICT,
        driver::Error::Network { .. } | driver::Error::Protocol { .. } | driver::Error::Crashed => {
            StatusCode::BAD_GATEWAY
        }
        driver::Error::NavigationTimeout { .. } | driver::Error::OperationTimeout { .. } => StatusCode::GATEWAY_TIMEOUT,
        driver::Error::Gone => StatusCode::GONE,
    }
}
