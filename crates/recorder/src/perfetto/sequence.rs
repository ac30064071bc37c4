//! What a sequence of packets has told so far, on which the next ones build: names, clocks, its track.

use std::collections::HashMap;

use super::{
    clock::Clocks,
    packet::{InternedData, TracePacket, TrackEvent},
};

/// Names of one kind of one sequence.
const MOST_NAMES: usize = 65_536;

/// One sequence: a thread's packets, in order.
#[derive(Default)]
pub(super) struct Sequence {
    names: HashMap<u64, String>,
    annotation_names: HashMap<u64, String>,
    strings: HashMap<u64, String>,
    clocks: Clocks,
    /// The track of events that name none.
    pub(super) track: u64,
    /// A packet is lost: what is told means nothing until it begins anew.
    is_torn: bool,
}

impl Sequence {
    /// Takes the next packet: its moment in monotonic microseconds, where that is known, and its event.
    pub(super) fn take(&mut self, packet: TracePacket) -> (Option<i64>, Option<TrackEvent>) {
        if packet.begins_anew() {
            *self = Self::default();
        } else if packet.previous_packet_dropped {
            self.is_torn = true;
        }
        if let Some(snapshot) = &packet.clocks {
            self.clocks.set(snapshot);
        }
        if let Some(defaults) = packet.defaults {
            defaults.clock.iter().for_each(|clock| self.clocks.set_default(*clock));
            self.track = defaults.event.map_or(0, |event| event.track);
        }
        if let Some(interned) = packet.interned {
            self.learn(interned);
        }
        let at = packet.timestamp.and_then(|timestamp| self.clocks.moment(timestamp, packet.clock));
        (at.filter(|_| !self.is_torn), packet.event)
    }

    /// The name of an event; empty where it has none.
    pub(super) fn name(&self, iid: u64) -> &str {
        self.names.get(&iid).map_or("", String::as_str)
    }

    pub(super) fn annotation_name(&self, iid: u64) -> &str {
        self.annotation_names.get(&iid).map_or("", String::as_str)
    }

    pub(super) fn string(&self, iid: u64) -> &str {
        self.strings.get(&iid).map_or("", String::as_str)
    }

    fn learn(&mut self, interned: InternedData) {
        let names = interned.event_names.into_iter().map(|entry| (entry.iid, entry.name));
        extend(&mut self.names, names);
        let names = interned.annotation_names.into_iter().map(|entry| (entry.iid, entry.name));
        extend(&mut self.annotation_names, names);
        let text = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
        extend(&mut self.strings, interned.strings.into_iter().map(|entry| (entry.iid, text(&entry.text))));
    }
}

fn extend(known: &mut HashMap<u64, String>, more: impl Iterator<Item = (u64, String)>) {
    for (iid, name) in more {
        if known.len() < MOST_NAMES || known.contains_key(&iid) {
            known.insert(iid, name);
        }
    }
}
