//! What is traced, as `Tracing.start` takes it (`perfettoConfig`): Perfetto's `TraceConfig`, of which only the fields that
//! are set are named here (perfetto/protos/perfetto/config).
//!
//! The plain `traceConfig` of the protocol cannot ask for one histogram alone, and all of them are more events than the
//! rest together. It must stay one that processes can start with (Chromium hands it to those born while it traces): with
//! a second source of track events, or an interceptor, they do not, and what their pages ask for first is lost.

use std::{iter, ops::RangeInclusive};

use base64::{Engine, engine::general_purpose::STANDARD};
use prost::Message;

use crate::network::STATUS_HISTOGRAM;

/// `devtools.timeline` tells of requests, `navigation` of documents; both cost a page's load next to nothing.
const CATEGORIES: [&str; 2] = ["devtools.timeline", "navigation"];
/// What a trace holds before it stops to record.
const BUFFER_KB: u32 = 64 << 10;
/// `BufferConfig.FillPolicy.DISCARD`: a full buffer keeps what it has.
const DISCARD: i32 = 2;
/// `ChromeConfig.ClientPriority.USER_INITIATED`.
const USER_INITIATED: i32 = 2;
/// The statuses that are counted.
const REDIRECTS: RangeInclusive<i64> = 300..=399;
/// What Chromium calls a process that traces, before its id.
const PRODUCER: &str = "org.chromium-";
/// Timestamps in microseconds.
const MICROSECONDS: u64 = 1_000;

/// The configuration, in base64. Statuses are counted in one process, `network`, or not at all: to count wakes a thread
/// for each answer, and every other process only counts again what went through that one.
pub(super) fn build(network: Option<u64>) -> String {
    STANDARD.encode(config(network).encode_to_vec())
}

fn config(network: Option<u64>) -> TraceConfig {
    let events = DataSourceConfig {
        name: "track_event".to_owned(),
        track_events: Some(TrackEventConfig {
            disabled_categories: vec!["*".to_owned()],
            enabled_categories: CATEGORIES.map(str::to_owned).to_vec(),
            timestamp_unit_multiplier: MICROSECONDS,
        }),
        ..DataSourceConfig::of_chrome()
    };
    let statuses = DataSourceConfig {
        name: "org.chromium.histogram_sample".to_owned(),
        histograms: Some(HistogramSamplesConfig {
            histograms: vec![Histogram {
                name: STATUS_HISTOGRAM.to_owned(),
                min_value: *REDIRECTS.start(),
                max_value: *REDIRECTS.end(),
            }],
        }),
        ..DataSourceConfig::of_chrome()
    };
    let everywhere = DataSource { config: Some(events), producers: Vec::new() };
    let in_network =
        network.map(|id| DataSource { config: Some(statuses), producers: vec![format!("{PRODUCER}{id}")] });
    TraceConfig {
        buffers: vec![BufferConfig { size_kb: BUFFER_KB, fill_policy: DISCARD }],
        data_sources: iter::once(everywhere).chain(in_network).collect(),
    }
}

impl DataSourceConfig {
    /// What each source of a trace that is told as JSON must say.
    fn of_chrome() -> Self {
        let categories = serde_json::json!({ "included_categories": CATEGORIES, "excluded_categories": ["*"],
            "record_mode": "record-until-full" });
        let chrome = ChromeConfig {
            trace_config: categories.to_string(),
            convert_to_legacy_json: true,
            client_priority: USER_INITIATED,
            json_agent_label_filter: "traceEvents".to_owned(),
        };
        Self { chrome: Some(chrome), ..Self::default() }
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
    /// The names of those that it is for; none means all.
    #[prost(string, repeated, tag = "2")]
    producers: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
struct DataSourceConfig {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "101")]
    chrome: Option<ChromeConfig>,
    #[prost(message, optional, tag = "113")]
    track_events: Option<TrackEventConfig>,
    #[prost(message, optional, tag = "134")]
    histograms: Option<HistogramSamplesConfig>,
}

#[derive(Clone, PartialEq, Message)]
struct ChromeConfig {
    #[prost(string, tag = "1")]
    trace_config: String,
    #[prost(bool, tag = "3")]
    convert_to_legacy_json: bool,
    #[prost(int32, tag = "4")]
    client_priority: i32,
    #[prost(string, tag = "5")]
    json_agent_label_filter: String,
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

#[derive(Clone, PartialEq, Message)]
struct HistogramSamplesConfig {
    #[prost(message, repeated, tag = "1")]
    histograms: Vec<Histogram>,
}

#[derive(Clone, PartialEq, Message)]
struct Histogram {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(int64, tag = "2")]
    min_value: i64,
    #[prost(int64, tag = "3")]
    max_value: i64,
}
