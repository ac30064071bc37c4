//! The statuses that redirects were answered with, which the trace tells without saying whose they are.
//!
//! Chromium counts the status of every answer that its network process reads from the net (histogram
//! `Net.HttpResponseCode2`), and the trace tells when; of one that it has in its cache it counts nothing. Each hop that led
//! elsewhere has one of those that were counted while it was on its way, or a moment later, and no two have the same: where
//! that leaves one status for a hop it is said, elsewhere nothing rather than something wrong.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, BinaryHeap, HashMap, VecDeque},
};

/// The histogram of the trace that counts statuses.
pub(crate) const STATUS_HISTOGRAM: &str = "Net.HttpResponseCode2";

/// How many are remembered for requests that outlive the trace that they began in.
const REMEMBERED: usize = 4_096;

/// So much later than the answer it may be noted, microseconds: by a thread that waits for its turn where the machine is busy,
/// while the hop goes on.
const LATE: i64 = 20_000;

/// Among so many at once it is tried which status may be whose.
const TRIED: usize = 64;

/// A hop that led elsewhere: whose, when it left, and when the next one did.
pub(super) struct Window {
    pub(super) id: String,
    pub(super) sent: i64,
    pub(super) next: i64,
}

impl Window {
    /// When it was noted at the latest.
    fn end(&self) -> i64 {
        self.next.saturating_add(LATE)
    }
}

/// Statuses of hops, by their request and when the next hop left.
pub(super) type Statuses = HashMap<(String, i64), u16>;

/// Redirects' statuses in the order of their moments, monotonic microseconds.
#[derive(Default)]
pub(super) struct Redirects {
    seen: VecDeque<(i64, u16)>,
}

impl Redirects {
    /// Whether an answer with this status sends its asker elsewhere (RFC 9110 section 15.4).
    pub(super) fn is_redirect(status: u16) -> bool {
        matches!(status, 301 | 302 | 303 | 307 | 308)
    }

    /// Notes what a trace has told; traces follow one another.
    pub(super) fn extend(&mut self, told: impl Iterator<Item = (i64, u16)>) {
        self.seen.extend(told);
        let too_many = self.seen.len().saturating_sub(REMEMBERED);
        self.seen.drain(..too_many);
    }

    /// The statuses of the hops of a trace, where they are certain.
    pub(super) fn of(&self, mut windows: Vec<Window>) -> Statuses {
        windows.sort_by_key(|window| window.sent);
        let mut statuses = Statuses::new();
        let mut beside: Vec<Window> = Vec::new();
        let mut until = i64::MIN;
        for window in windows {
            if window.sent >= until {
                self.settle(std::mem::take(&mut beside), until, &mut statuses);
            }
            until = until.max(window.end());
            beside.push(window);
        }
        self.settle(beside, until, &mut statuses);
        statuses
    }

    /// Those that were on their way at the same time, the last of them until `until`.
    fn settle(&self, beside: Vec<Window>, until: i64, statuses: &mut Statuses) {
        let Some(first) = beside.first() else { return };
        let counted: Vec<(i64, u16)> = self.between(first.sent, until).collect();
        if counted.len() < beside.len() {
            return;
        }
        let is_tried = counted.len() <= TRIED;
        let possible: Vec<BTreeSet<u16>> =
            (0..beside.len()).map(|hop| possible(&beside, &counted, hop, is_tried)).collect();
        for (Window { id, next, .. }, possible) in beside.into_iter().zip(possible) {
            if let (1, Some(status)) = (possible.len(), possible.first()) {
                statuses.insert((id, next), *status);
            }
        }
    }

    fn between(&self, from: i64, to: i64) -> impl Iterator<Item = (i64, u16)> {
        let start = self.seen.partition_point(|(at, _)| *at < from);
        self.seen.range(start..).take_while(move |(at, _)| *at <= to).copied()
    }
}

/// The statuses that a hop may have: those counted while it was on its way, and, where `is_tried`, only those that leave
/// one for each of the others.
fn possible(beside: &[Window], counted: &[(i64, u16)], hop: usize, is_tried: bool) -> BTreeSet<u16> {
    let mut possible = BTreeSet::new();
    let Some(window) = beside.get(hop) else { return possible };
    for (sample, (at, status)) in counted.iter().enumerate() {
        let is_beside = (window.sent..=window.end()).contains(at);
        if is_beside && !possible.contains(status) && (!is_tried || is_enough(beside, counted, hop, sample)) {
            possible.insert(*status);
        }
    }
    possible
}

/// Whether what is counted is enough for all hops if `hop` has `sample`: at each moment the hop gets it that goes on first.
fn is_enough(beside: &[Window], counted: &[(i64, u16)], hop: usize, sample: usize) -> bool {
    let mut others = beside.iter().enumerate().filter(|(other, _)| *other != hop).map(|(_, window)| window).peekable();
    let mut waiting = BinaryHeap::new();
    for (_, (at, _)) in counted.iter().enumerate().filter(|(other, _)| *other != sample) {
        while let Some(window) = others.next_if(|window| window.sent <= *at) {
            waiting.push(Reverse(window.end()));
        }
        if waiting.pop().is_some_and(|Reverse(end)| end < *at) {
            return false;
        }
    }
    waiting.is_empty() && others.next().is_none()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MS: i64 = 1_000;

    proptest! {
        #[test]
        fn what_is_said_of_a_hop_is_true(
            hops in prop::collection::vec((0_i64..60, 0_i64..30, 0_i64..30, 0..=LATE / MS, 0_usize..3), 1..10),
            others in prop::collection::vec((0_i64..120, 0_usize..3), 0..3),
        ) {
            let codes = [301, 302, 307];
            let mut counted: Vec<(i64, u16)> = others.iter().map(|(at, code)| (at * MS, codes[*code])).collect();
            counted.extend(hops.iter().map(|(sent, answered, _, late, code)| ((sent + answered + late) * MS, codes[*code])));
            counted.sort_unstable();
            let mut redirects = Redirects::default();
            redirects.extend(counted.into_iter());
            let window = |(index, (sent, answered, followed, ..)): (usize, &(i64, i64, i64, i64, usize))| Window {
                id: index.to_string(),
                sent: sent * MS,
                next: (sent + answered + followed) * MS,
            };
            let told = redirects.of(hops.iter().enumerate().map(window).collect());
            for ((id, _), status) in told {
                let (.., code) = hops[id.parse::<usize>().unwrap()];
                prop_assert_eq!(status, codes[code]);
            }
        }
    }
}
