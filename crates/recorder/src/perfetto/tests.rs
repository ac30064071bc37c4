//! A trace written by hand, whole, in pieces and damaged.

use proptest::prelude::*;
use prost::Message as _;
use serde_json::json;

use super::{
    packet::{
        Annotated, Clock, ClockSnapshot, DebugAnnotation, InternedData, InternedName, InternedString, NestedValue,
        TracePacket, TracePacketDefaults, TrackEvent as Event, TrackEventDefaults,
    },
    *,
};

const CLEARED: u32 = 1;

fn clock(id: u32, timestamp: u64) -> Clock {
    Clock { id, timestamp, ..Clock::default() }
}

/// The first packet of a sequence, as Chromium writes it: at 5 s, then in microseconds since the packet before.
fn first(sequence: u32) -> TracePacket {
    let own = Clock { is_incremental: true, unit_multiplier_ns: 1_000, ..clock(64, 7_000_000) };
    let names = vec![InternedName { iid: 1, name: "Sent".to_owned() }];
    let annotation_names = vec![InternedName { iid: 2, name: "data".to_owned() }];
    let strings = vec![InternedString { iid: 3, text: Bytes::from_static(b"GET") }];
    TracePacket {
        sequence,
        flags: CLEARED,
        previous_packet_dropped: true,
        timestamp: Some(0),
        clocks: Some(ClockSnapshot { clocks: vec![clock(3, 5_000_000_000), own] }),
        defaults: Some(TracePacketDefaults { clock: Some(64), event: Some(TrackEventDefaults { track: 77 }) }),
        interned: Some(InternedData { event_names: names, annotation_names, strings }),
        ..TracePacket::default()
    }
}

fn event(sequence: u32, timestamp: u64, event: Event) -> TracePacket {
    TracePacket { sequence, timestamp: Some(timestamp), event: Some(event), ..TracePacket::default() }
}

fn instant(annotations: &[DebugAnnotation]) -> Event {
    let annotations = annotations.iter().map(|annotation| annotation.encode_to_vec().into()).collect();
    Event { kind: 3, name_iid: 1, annotations, ..Event::default() }
}

fn named(name: &str) -> DebugAnnotation {
    DebugAnnotation { name: name.to_owned(), ..DebugAnnotation::default() }
}

fn trace(packets: &[TracePacket]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for packet in packets {
        bytes.push(PACKET);
        packet.encode_length_delimited(&mut bytes).unwrap();
    }
    bytes
}

type Read = (i64, String, u64, Value);

fn read(pieces: &[&[u8]]) -> (Vec<Read>, Result<bool, Unreadable>) {
    let mut reader = TraceReader::default();
    let mut events = Vec::new();
    for piece in pieces {
        let each = |event: &TrackEvent<'_>| {
            events.push((event.at, event.name.to_owned(), event.track, event.arguments()));
        };
        if let Err(error) = reader.read(piece, each) {
            return (events, Err(error));
        }
    }
    let is_whole = reader.is_whole();
    (events, Ok(is_whole))
}

fn sample() -> Vec<u8> {
    let method = DebugAnnotation { text_iid: Some(3), ..named("method") };
    let size = DebugAnnotation { int: Some(-1), ..named("size") };
    let data = DebugAnnotation { name_iid: 2, entries: vec![method, size, named("nothing")], ..named("") };
    let of_end = Event { kind: 2, track: Some(8), ..Event::default() };
    let absolute = TracePacket { clock: Some(3), ..event(1, 5_000_900_000, instant(&[])) };
    trace(&[
        first(1),
        event(1, 250, instant(&[data])),
        first(2),
        absolute,
        event(1, 50, of_end),
        event(2, 1, Event { name: "Spelled".to_owned(), ..instant(&[]) }),
    ])
}

#[test]
fn an_event_has_its_moment_its_name_its_track_and_its_arguments() {
    let (events, is_whole) = read(&[&sample()]);
    let expected = [
        (5_000_250, "Sent".to_owned(), 77, json!({ "data": { "method": "GET", "size": -1 } })),
        (5_000_900, "Sent".to_owned(), 77, json!({})),
        (5_000_300, String::new(), 8, json!({})),
        (5_000_001, "Spelled".to_owned(), 77, json!({})),
    ];
    assert_eq!((events.as_slice(), is_whole), (expected.as_slice(), Ok(true)));
}

#[test]
fn arguments_come_in_every_form_that_chromium_writes() {
    let text = |text: &'static str| NestedValue { text: Some(text.into()), ..NestedValue::default() };
    let nested =
        NestedValue { nested_type: 1, keys: vec!["id".to_owned()], values: vec![text("7")], ..NestedValue::default() };
    let list = NestedValue { nested_type: 2, items: vec![text("x")], ..NestedValue::default() };
    let url = DebugAnnotation { text: Some("http://h/".into()), ..named("url") };
    let message = Annotated { annotations: vec![url] };
    let items = vec![DebugAnnotation { bool: Some(true), ..named("") }];
    let annotations = [
        DebugAnnotation { nested: Some(nested), ..named("nested") },
        DebugAnnotation { nested: Some(list), ..named("list") },
        DebugAnnotation { message: Some(message), ..named("message") },
        DebugAnnotation { items, ..named("items") },
        DebugAnnotation { double: Some(0.5), ..named("double") },
        DebugAnnotation { uint: Some(200), ..named("uint") },
    ];
    let (events, _) = read(&[&trace(&[first(1), event(1, 1, instant(&annotations))])]);
    let expected = json!({ "nested": { "id": "7" }, "list": ["x"], "message": { "url": "http://h/" }, "items": [true],
        "double": 0.5, "uint": 200 });
    assert_eq!(events[0].3, expected);
}

#[test]
fn pieces_are_read_wherever_they_are_cut() {
    let bytes = sample();
    let whole = read(&[&bytes]);
    for cut in 0..bytes.len() {
        let (start, end) = bytes.split_at(cut);
        assert_eq!(read(&[start, end]), whole, "cut at {cut}");
    }
    assert_eq!(read(&[bytes.split_at(bytes.len() - 1).0]).1, Ok(false), "the end is missing");
}

#[test]
fn a_sequence_that_lost_a_packet_tells_nothing_until_it_begins_anew() {
    let lost = TracePacket { previous_packet_dropped: true, ..event(1, 10, instant(&[])) };
    let packets = [first(1), lost, event(1, 10, instant(&[])), first(1), event(1, 20, instant(&[]))];
    let (events, is_whole) = read(&[&trace(&packets)]);
    assert_eq!(events.iter().map(|event| event.0).collect::<Vec<_>>(), [5_000_020]);
    assert_eq!(is_whole, Ok(false));
}

#[test]
fn what_says_to_be_longer_than_any_packet_is_no_trace() {
    let mut bytes = vec![PACKET];
    prost::encode_length_delimiter(LONGEST + 1, &mut bytes).unwrap();
    assert_eq!(read(&[&bytes]).1, Err(Unreadable));
    assert_eq!(read(&[&[&[PACKET][..], &[0xff; 10]].concat()]).1, Err(Unreadable), "a length without an end");
    assert_eq!(read(&[b"{}"]).1, Err(Unreadable));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = sample();
        for (index, byte) in damage {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        // Whatever it says, it does not fall over, and says no more than was written.
        prop_assert!(read(&[&bytes]).0.len() <= bytes.len());
    }
}
