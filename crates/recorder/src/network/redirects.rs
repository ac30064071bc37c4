//! The statuses that redirects were answered with, which the trace tells without saying whose they are.
//!
//! Chromium counts the status of every answer as it reads its head (histogram `Net.HttpResponseCode2`, in the network
//! process and wherever the head is read again), and the trace tells when. Whose it was is known only where all that
//! was counted while a request was on its way is one status; elsewhere nothing is said rather than something wrong.

use std::collections::VecDeque;

/// The histogram of the trace that counts statuses.
pub(crate) const STATUS_HISTOGRAM: &str = "Net.HttpResponseCode2";

/// How many are remembered for requests that outlive the trace that they began in.
const REMEMBERED: usize = 4_096;

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

    /// The status of the redirect that a request which left at `sent` met before `next`.
    pub(super) fn between(&self, sent: i64, next: i64) -> Option<u16> {
        let start = self.seen.partition_point(|(at, _)| *at < sent);
        let mut statuses = self.seen.range(start..).take_while(|(at, _)| *at <= next).map(|(_, status)| *status);
        let first = statuses.next()?;
        statuses.all(|status| status == first).then_some(first)
    }
}
