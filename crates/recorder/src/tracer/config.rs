//! What is traced, as `Tracing.start` takes it (`perfettoConfig`): Perfetto's `TraceConfig`, of which only the fields that
//! are set are named here (perfetto/protos/perfetto/config).
//!
//! It must stay one that processes can start with (Chromium hands it to those born while it traces): with a second source of
//! track events, or an interceptor, they do not, and what their pages ask for first is lost.

use base64::{Engine, engine::general_purpose::STANDARD};
use prost::Message;

/// `devtools.timeline` tells of requests, `navigation` of documents.
const CATEGORIES: [&str; 2] = ["devtools.timeline", "navigation"];
/// What the network process does for each request.
const TRANSACTIONS: &str = "disabled-by-default-net";
/// What a trace holds before it stops to record.
const BUFFER_KB: u32 = 64 << 10;
/// `BufferConfig.FillPolicy.DISCARD`: a full buffer keeps what it has.
const DISCARD: i32 = 2;
/// `ChromeConfig.ClientPriority.USER_INITIATED`.
const USER_INITIATED: i32 = 2;
/// Timestamps in microseconds.
const MICROSECONDS: u64 = 1_000;

/// The configuration, in base64. Only where it `tells_redirects` a trace says how those were answered, at a price.
pub(super) fn build(tells_redirects: bool) -> String {
    STANDARD.encode(config(tells_redirects).encode_to_vec())
}

fn config(tells_redirects: bool) -> TraceConfig {
    let more = tells_redirects.then_some(TRANSACTIONS);
    let categories: Vec<String> = CATEGORIES.into_iter().chain(more).map(str::to_owned).collect();
    let chrome = serde_json::json!({ "included_categories": categories, "excluded_categories": ["*"],
        "record_mode": "record-until-full" });
    let events = DataSourceConfig {
        name: "track_event".to_owned(),
        chrome: Some(ChromeConfig { trace_config: chrome.to_string(), client_priority: USER_INITIATED }),
        track_events: Some(TrackEventConfig {
            disabled_categories: vec!["*".to_owned()],
            enabled_categories: categories,
            timestamp_unit_multiplier: MICROSECONDS,
        }),
    };
    TraceConfig {
        buffers: vec![BufferConfig { size_kb: BUFFER_KB, fill_policy: DISCARD }],
        data_sources: vec![DataSource { config: Some(events) }],
    }
}

#[derive(Clone, PartialEq, Message)]
struct TraceConfig {
    #[prost(message, repeated, tag = "1")]
    buffers: Vec<BufferConfig>,
    #[prost(message, repeated, tag = "2")]
    data_sources: Vec<DataSource>,
}

#[derive(Clone, PartialEq, Message)]
struct BufferConfig {
    #[prost(uint32, tag = "1")]
    size_kb: u32,
    #[prost(int32, tag = "4")]
    fill_policy: i32,
}

#[derive(Clone, PartialEq, Message)]
struct DataSource {
    #[prost(message, optional, tag = "1")]
    config: Option<DataSourceConfig>,
}

#[derive(Clone, PartialEq, Message)]
struct DataSourceConfig {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "101")]
    chrome: Option<ChromeConfig>,
    #[prost(message, optional, tag = "113")]
    track_events: Option<TrackEventConfig>,
}

#[derive(Clone, PartialEq, Message)]
struct ChromeConfig {
    #[prost(string, tag = "1")]
    trace_config: String,
    #[prost(int32, tag = "4")]
    client_priority: i32,
}

#[derive(Clone, PartialEq, Message)]
struct TrackEventConfig {
    #[prost(string, repeated, tag = "1")]
    disabled_categories: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    enabled_categories: Vec<String>,
    #[prost(uint64, tag = "6")]
    timestamp_unit_multiplier: u64,
}
