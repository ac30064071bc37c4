//! The messages of a trace, with only the fields that are read. Field numbers are those of `perfetto/protos/perfetto`,
//! names are the domain's own where Perfetto's say less.

use bytes::Bytes;
use prost::Message;

/// `TracePacket.SequenceFlags.SEQ_INCREMENTAL_STATE_CLEARED`.
const CLEARED: u32 = 1;

#[derive(Clone, PartialEq, Message)]
pub(super) struct TracePacket {
    #[prost(message, optional, tag = "6")]
    pub(super) clocks: Option<ClockSnapshot>,
    #[prost(uint64, optional, tag = "8")]
    pub(super) timestamp: Option<u64>,
    /// `trusted_packet_sequence_id`.
    #[prost(uint32, tag = "10")]
    pub(super) sequence: u32,
    #[prost(message, optional, tag = "11")]
    pub(super) event: Option<TrackEvent>,
    #[prost(message, optional, tag = "12")]
    pub(super) interned: Option<InternedData>,
    #[prost(uint32, tag = "13")]
    pub(super) flags: u32,
    #[prost(bool, tag = "41")]
    pub(super) incremental_state_cleared: bool,
    #[prost(bool, tag = "42")]
    pub(super) previous_packet_dropped: bool,
    #[prost(uint32, optional, tag = "58")]
    pub(super) clock: Option<u32>,
    #[prost(message, optional, tag = "59")]
    pub(super) defaults: Option<TracePacketDefaults>,
}

impl TracePacket {
    /// Whether its sequence begins anew: nothing that was told before holds for it.
    pub(super) fn begins_anew(&self) -> bool {
        self.incremental_state_cleared || self.flags & CLEARED != 0
    }
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct TracePacketDefaults {
    #[prost(message, optional, tag = "11")]
    pub(super) event: Option<TrackEventDefaults>,
    #[prost(uint32, optional, tag = "58")]
    pub(super) clock: Option<u32>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct TrackEventDefaults {
    #[prost(uint64, tag = "11")]
    pub(super) track: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ClockSnapshot {
    #[prost(message, repeated, tag = "1")]
    pub(super) clocks: Vec<Clock>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Clock {
    #[prost(uint32, tag = "1")]
    pub(super) id: u32,
    #[prost(uint64, tag = "2")]
    pub(super) timestamp: u64,
    #[prost(bool, tag = "3")]
    pub(super) is_incremental: bool,
    #[prost(uint64, tag = "4")]
    pub(super) unit_multiplier_ns: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct TrackEvent {
    /// `debug_annotations`, read only of the events that somebody asks.
    #[prost(bytes = "bytes", repeated, tag = "4")]
    pub(super) annotations: Vec<Bytes>,
    /// `TrackEvent.Type`.
    #[prost(int32, tag = "9")]
    pub(super) kind: i32,
    #[prost(uint64, tag = "10")]
    pub(super) name_iid: u64,
    #[prost(uint64, optional, tag = "11")]
    pub(super) track: Option<u64>,
    #[prost(string, tag = "23")]
    pub(super) name: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct InternedData {
    #[prost(message, repeated, tag = "2")]
    pub(super) event_names: Vec<InternedName>,
    #[prost(message, repeated, tag = "3")]
    pub(super) annotation_names: Vec<InternedName>,
    /// `debug_annotation_string_values`.
    #[prost(message, repeated, tag = "29")]
    pub(super) strings: Vec<InternedString>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct InternedName {
    #[prost(uint64, tag = "1")]
    pub(super) iid: u64,
    #[prost(string, tag = "2")]
    pub(super) name: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct InternedString {
    #[prost(uint64, tag = "1")]
    pub(super) iid: u64,
    #[prost(bytes = "bytes", tag = "2")]
    pub(super) text: Bytes,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct DebugAnnotation {
    #[prost(uint64, tag = "1")]
    pub(super) name_iid: u64,
    #[prost(bool, optional, tag = "2")]
    pub(super) bool: Option<bool>,
    #[prost(uint64, optional, tag = "3")]
    pub(super) uint: Option<u64>,
    #[prost(int64, optional, tag = "4")]
    pub(super) int: Option<i64>,
    #[prost(double, optional, tag = "5")]
    pub(super) double: Option<f64>,
    #[prost(bytes = "bytes", optional, tag = "6")]
    pub(super) text: Option<Bytes>,
    #[prost(message, optional, tag = "8")]
    pub(super) nested: Option<NestedValue>,
    #[prost(string, tag = "10")]
    pub(super) name: String,
    #[prost(message, repeated, tag = "11")]
    pub(super) entries: Vec<DebugAnnotation>,
    #[prost(message, repeated, tag = "12")]
    pub(super) items: Vec<DebugAnnotation>,
    /// `proto_value`: a message of Chromium's own (`chrome_track_event.proto`).
    #[prost(message, optional, tag = "14")]
    pub(super) message: Option<Annotated>,
    /// `string_value_iid`.
    #[prost(uint64, optional, tag = "17")]
    pub(super) text_iid: Option<u64>,
}

/// What every message of Chromium's own that has annotations keeps them in.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Annotated {
    #[prost(message, repeated, tag = "99")]
    pub(super) annotations: Vec<DebugAnnotation>,
}

/// `DebugAnnotation.NestedValue`, the older form of entries and items.
#[derive(Clone, PartialEq, Message)]
pub(super) struct NestedValue {
    #[prost(int32, tag = "1")]
    pub(super) nested_type: i32,
    #[prost(string, repeated, tag = "2")]
    pub(super) keys: Vec<String>,
    #[prost(message, repeated, tag = "3")]
    pub(super) values: Vec<NestedValue>,
    #[prost(message, repeated, tag = "4")]
    pub(super) items: Vec<NestedValue>,
    #[prost(int64, optional, tag = "5")]
    pub(super) int: Option<i64>,
    #[prost(double, optional, tag = "6")]
    pub(super) double: Option<f64>,
    #[prost(bool, optional, tag = "7")]
    pub(super) bool: Option<bool>,
    #[prost(bytes = "bytes", optional, tag = "8")]
    pub(super) text: Option<Bytes>,
}
