//! The clocks of one sequence, and what a timestamp says on each.
//!
//! A snapshot says the same moment on several clocks. A sequence may have clocks of its own, in units of its own, of which
//! one may count from packet to packet (`ClockSnapshot.Clock.is_incremental`); all are told by the monotonic one here.

use std::collections::HashMap;

use super::packet::ClockSnapshot;

/// `BuiltinClock.BUILTIN_CLOCK_MONOTONIC`, in nanoseconds: that of the `DevTools` protocol.
const MONOTONIC: u32 = 3;
/// Below are the clocks of everybody (`BuiltinClock`), from here on those of a sequence.
const OWN: u32 = 64;

/// A clock of the sequence's own.
struct Own {
    /// Its last timestamp, in its units.
    last: u64,
    unit_ns: u64,
    is_incremental: bool,
    /// What makes monotonic nanoseconds of its own.
    offset: i128,
}

#[derive(Default)]
pub(super) struct Clocks {
    own: HashMap<u32, Own>,
    /// Which one a packet means that names none.
    default: Option<u32>,
}

impl Clocks {
    pub(super) fn set_default(&mut self, clock: u32) {
        self.default = Some(clock);
    }

    pub(super) fn set(&mut self, snapshot: &ClockSnapshot) {
        let monotonic = snapshot.clocks.iter().find(|clock| clock.id == MONOTONIC).map(|clock| clock.timestamp);
        let Some(monotonic) = monotonic else { return };
        for clock in snapshot.clocks.iter().filter(|clock| clock.id >= OWN) {
            let unit_ns = clock.unit_multiplier_ns.max(1);
            let offset = i128::from(monotonic) - i128::from(clock.timestamp) * i128::from(unit_ns);
            let own = Own { last: clock.timestamp, unit_ns, is_incremental: clock.is_incremental, offset };
            self.own.insert(clock.id, own);
        }
    }

    /// The moment of a packet, monotonic microseconds, where its clock is known. To be asked once for every packet that has
    /// a timestamp, in order.
    pub(super) fn moment(&mut self, timestamp: u64, clock: Option<u32>) -> Option<i64> {
        let clock = clock.or(self.default)?;
        if clock == MONOTONIC {
            return i64::try_from(timestamp / 1_000).ok();
        }
        let own = self.own.get_mut(&clock)?;
        own.last = if own.is_incremental { own.last.saturating_add(timestamp) } else { timestamp };
        i64::try_from((i128::from(own.last) * i128::from(own.unit_ns) + own.offset) / 1_000).ok()
    }
}
