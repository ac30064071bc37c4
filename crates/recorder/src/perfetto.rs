//! Perfetto's trace format, as far as a browser's trace needs it: from the bytes of a trace to its track events
//! (`perfetto/protos/perfetto/trace`, "Synthetic TrackEvent").
//!
//! Read in place of JSON, which the browser would have to make of it: that takes it five times as long, and slows every page
//! that loads meanwhile. Knows nothing of what the events mean. Must never trust a length, nor give an event a name,
//! a moment or an argument that its sequence has not told: where a sequence has lost a packet, its events are left out
//! until it begins anew.

mod annotation;
mod clock;
mod packet;
mod sequence;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use bytes::{Buf as _, Bytes, BytesMut};
use prost::Message as _;
use serde_json::Value;

use self::{packet::TracePacket, sequence::Sequence};

/// `Trace.packet`, a message: the only field of a trace.
const PACKET: u8 = 1 << 3 | 2;
/// The longest packet that is taken; those of Chromium are of a few KiB.
const LONGEST: usize = 16 << 20;
/// Sequences of one trace: one for each thread that traces.
const MOST_SEQUENCES: usize = 4_096;

/// What a track event says of its track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Begin,
    End,
    Instant,
}

/// One event of a trace.
pub(crate) struct TrackEvent<'a> {
    /// Monotonic microseconds.
    pub(crate) at: i64,
    pub(crate) kind: Kind,
    /// Empty for the end of a slice.
    pub(crate) name: &'a str,
    /// What tells it from others of its name: events of one track belong together.
    pub(crate) track: u64,
    annotations: &'a [Bytes],
    sequence: &'a Sequence,
}

/// What is no trace, or none that can be read on.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the trace cannot be read")]
pub(crate) struct Unreadable;

/// Reads one trace, piece by piece.
#[derive(Default)]
pub(crate) struct TraceReader {
    /// The beginning of a packet whose end is still to come.
    rest: BytesMut,
    sequences: HashMap<u32, Sequence>,
    is_lossy: bool,
}

impl TraceReader {
    /// Takes the next piece, and tells `each` of the events that are whole by now.
    pub(crate) fn read(&mut self, piece: &[u8], mut each: impl FnMut(&TrackEvent<'_>)) -> Result<(), Unreadable> {
        self.rest.extend_from_slice(piece);
        while let Some(packet) = self.next_packet()? {
            let packet = TracePacket::decode(packet).map_err(|_| Unreadable)?;
            self.take(packet, &mut each)?;
        }
        Ok(())
    }

    /// Whether all that was traced has been told.
    pub(crate) fn is_whole(&self) -> bool {
        self.rest.is_empty() && !self.is_lossy
    }

    fn next_packet(&mut self) -> Result<Option<Bytes>, Unreadable> {
        let mut head = self.rest.as_ref();
        if !head.has_remaining() {
            return Ok(None);
        }
        if head.get_u8() != PACKET {
            return Err(Unreadable);
        }
        let Ok(length) = prost::decode_length_delimiter(&mut head) else {
            // A length has ten bytes at most.
            return if self.rest.len() > 10 { Err(Unreadable) } else { Ok(None) };
        };
        if length > LONGEST {
            return Err(Unreadable);
        }
        if head.remaining() < length {
            return Ok(None);
        }
        let before = self.rest.len() - head.remaining();
        self.rest.advance(before);
        Ok(Some(self.rest.split_to(length).freeze()))
    }

    fn take(&mut self, packet: TracePacket, each: &mut impl FnMut(&TrackEvent<'_>)) -> Result<(), Unreadable> {
        if self.sequences.len() >= MOST_SEQUENCES && !self.sequences.contains_key(&packet.sequence) {
            return Err(Unreadable);
        }
        let sequence = self.sequences.entry(packet.sequence).or_default();
        let (at, event) = sequence.take(packet);
        let Some(event) = event else { return Ok(()) };
        let Some(at) = at else {
            self.is_lossy = true;
            return Ok(());
        };
        let kind = match event.kind {
            1 => Kind::Begin,
            2 => Kind::End,
            3 => Kind::Instant,
            _ => return Ok(()),
        };
        let name = if event.name.is_empty() { sequence.name(event.name_iid) } else { &event.name };
        let track = event.track.unwrap_or(sequence.track);
        each(&TrackEvent { at, kind, name, track, annotations: &event.annotations, sequence });
        Ok(())
    }
}

impl TrackEvent<'_> {
    /// Its arguments, as JSON.
    pub(crate) fn arguments(&self) -> Value {
        annotation::object(self.annotations.iter().cloned(), self.sequence)
    }
}
