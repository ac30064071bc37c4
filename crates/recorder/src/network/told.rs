//! Events of the `Network` domain, as far as they are read.

use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestWillBeSent {
    pub(crate) request_id: String,
    pub(crate) request: Sent,
    /// Monotonic, seconds.
    pub(crate) timestamp: f64,
    /// Since the epoch, seconds.
    pub(crate) wall_time: f64,
    pub(crate) redirect_response: Option<Answer>,
    pub(crate) r#type: Option<String>,
    pub(crate) frame_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sent {
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) url_fragment: Option<String>,
    pub(crate) method: String,
}

/// `Network.Response`, in `responseReceived` and `requestWillBeSent`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    pub(crate) url: String,
    pub(crate) status: i64,
    #[serde(default)]
    pub(crate) headers: Map<String, Value>,
    #[serde(default)]
    pub(crate) mime_type: String,
    #[serde(default)]
    pub(crate) protocol: String,
    #[serde(default)]
    pub(crate) from_disk_cache: bool,
    #[serde(default)]
    pub(crate) from_prefetch_cache: bool,
    #[serde(default)]
    pub(crate) from_service_worker: bool,
    #[serde(default)]
    pub(crate) encoded_data_length: f64,
    pub(crate) timing: Option<Timing>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Timing {
    /// Monotonic, seconds.
    pub(crate) request_time: f64,
    /// Milliseconds after it.
    pub(crate) receive_headers_end: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResponseReceived {
    pub(crate) request_id: String,
    pub(crate) timestamp: f64,
    pub(crate) r#type: String,
    pub(crate) response: Answer,
    pub(crate) frame_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServedFromCache {
    pub(crate) request_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DataReceived {
    pub(crate) request_id: String,
    pub(crate) data_length: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoadingFinished {
    pub(crate) request_id: String,
    pub(crate) timestamp: f64,
    pub(crate) encoded_data_length: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoadingFailed {
    pub(crate) request_id: String,
    pub(crate) timestamp: f64,
    pub(crate) error_text: String,
    pub(crate) blocked_reason: Option<String>,
    pub(crate) cors_error_status: Option<CorsError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CorsError {
    pub(crate) cors_error: String,
}

impl LoadingFailed {
    /// Why, in one line.
    pub(crate) fn reason(&self) -> String {
        let detail = self.blocked_reason.as_ref().or(self.cors_error_status.as_ref().map(|status| &status.cors_error));
        match (self.error_text.is_empty(), detail) {
            (false, Some(detail)) => format!("{} ({detail})", self.error_text),
            (true, Some(detail)) => detail.clone(),
            (false, None) => self.error_text.clone(),
            (true, None) => "failed".to_owned(),
        }
    }
}
