//! What a page asked for and got. It must never hold a header or an address with a secret in it: see the recorder's redaction.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A request of a page, from its start to its end. Every hop of a redirect is one of its own, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The browser's id; hops of one chain share it.
    pub id: String,
    /// The address, with what is secret in it taken out.
    pub url: String,
    /// The method.
    pub method: String,
    /// What for, in CDP's words (`Document`, `Script`, `Image`, `Fetch`, …).
    pub resource: String,
    /// The HTTP status; `None` while pending or failed before an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The answer's media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// The protocol, such as `h2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// When it began, wall time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// From its start to its last byte, milliseconds; `None` while pending or where it never ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
    /// From its start to the answer's head, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<f64>,
    /// Bytes over the wire, head included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoded_bytes: Option<u64>,
    /// Bytes of the body once decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoded_bytes: Option<u64>,
    /// Why it failed, in the browser's words (`net::ERR_…` where known).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Whether it was answered from the cache or by a service worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served_from: Option<ServedFrom>,
    /// The hop before, where this one follows a redirect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirected_from: Option<String>,
    /// The answer's headers, where recorded; redacted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_headers: Vec<(String, String)>,
    /// The page it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

/// Who answered a request instead of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServedFrom {
    /// The browser's cache.
    Cache,
    /// The page's service worker.
    ServiceWorker,
}
