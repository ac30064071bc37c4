//! The statuses that redirects were answered with, which the trace tells without saying whose they are.
//!
//! Chromium counts the status of every answer that its network process reads from the net (histogram
//! `Net.HttpResponseCode2`), and the trace tells when; of one that it has in its cache it counts nothing. Whose a status
//! was is known only where all that was counted while a hop was on its way is one status, and none of the hops that were
//! on their way beside it lacks its own; elsewhere nothing is said rather than something wrong.

use std::collections::{HashMap, VecDeque};

/// The histogram of the trace that counts statuses.
pub(crate) const STATUS_HISTOGRAM: &str = "Net.HttpResponseCode2";

/// How many are remembered for requests that outlive the trace that they began in.
const REMEMBERED: usize = 4_096;

/// A hop that led elsewhere: whose, when it left, and when the next one did.
pub(super) struct Window {
    pub(super) id: String,
    pub(super) sent: i64,
    pub(super) next: i64,
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
            until = until.max(window.next);
            beside.push(window);
        }
        self.settle(beside, until, &mut statuses);
        statuses
    }

    /// Those that were on their way at the same time, the last of them until `until`.
    fn settle(&self, beside: Vec<Window>, until: i64, statuses: &mut Statuses) {
        let Some(first) = beside.first() else { return };
        if self.between(first.sent, until).count() < beside.len() {
            return;
        }
        for Window { id, sent, next } in beside {
            let mut counted = self.between(sent, next);
            if let Some(status) = counted.next()
                && counted.all(|other| other == status)
            {
                statuses.insert((id, next), status);
            }
        }
    }

    fn between(&self, from: i64, to: i64) -> impl Iterator<Item = u16> {
        let start = self.seen.partition_point(|(at, _)| *at < from);
        self.seen.range(start..).take_while(move |(at, _)| *at <= to).map(|(_, status)| *status)
    }
}
