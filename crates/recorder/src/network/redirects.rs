//! How redirects were answered, which the renderers' part of the trace does not tell.
//!
//! The network process tells of each transaction its address and its status (category `disabled-by-default-net`), and knows
//! nothing of requests. A hop that led elsewhere is the transaction for its address that began while the hop was on its way;
//! where two have begun that were answered differently, nothing is said rather than something wrong. What no server
//! answered came from the HTTP cache, which answers as the server last did.

use std::collections::{HashMap, VecDeque};

use super::{recent::Recent, traced::Step};

/// Transactions, answers and addresses remembered for requests that outlive the trace that they began in.
const REMEMBERED: usize = 4_096;
/// RFC 9110 section 15.4.5: what is in the cache still holds.
const NOT_MODIFIED: u16 = 304;
/// So much earlier or later than the hop a transaction may be noted, microseconds: both clocks are one, but cut off.
const ROUNDING: i64 = 1_000;

/// A transaction that nobody has answered yet.
struct Open {
    begun: i64,
    url: String,
}

/// One that was a redirect.
struct Answer {
    begun: i64,
    url: String,
    status: u16,
}

/// The redirects of a session.
pub(super) struct Redirects {
    /// By their track.
    open: HashMap<u64, Open>,
    /// In the order in which they began.
    answers: VecDeque<Answer>,
    /// How addresses answered last that have redirected once.
    last: Recent<u16>,
}

impl Default for Redirects {
    fn default() -> Self {
        Self { open: HashMap::new(), answers: VecDeque::new(), last: Recent::new(REMEMBERED) }
    }
}

impl Redirects {
    /// Notes a step of a transaction; those of one transaction come in order.
    pub(super) fn step(&mut self, at: i64, transaction: u64, step: Step) {
        if let Step::Begin { url } = step {
            // The ends of some may be lost with the end of a trace.
            if self.open.len() >= REMEMBERED {
                self.open.clear();
            }
            self.open.insert(transaction, Open { begun: at, url: without_fragment(&url).to_owned() });
            return;
        }
        let Some(Open { begun, url }) = self.open.remove(&transaction) else { return };
        let status = match step {
            Step::Answered { status } if status != NOT_MODIFIED => self.learn(&url, status),
            _ => self.last.get(&url).copied(),
        };
        if let Some(status) = status.filter(|status| is_redirect(*status)) {
            self.note(Answer { begun, url, status });
        }
    }

    /// How the hop to `url` was answered that left at `sent`, and the one after it at `next`; each answer is of one hop.
    pub(super) fn take(&mut self, url: &str, sent: i64, next: i64) -> Option<u16> {
        let url = without_fragment(url);
        let from = self.answers.partition_point(|answer| answer.begun < sent - ROUNDING);
        let to = self.answers.partition_point(|answer| answer.begun <= next + ROUNDING).max(from);
        let mut possible = (from..to).filter(|index| self.answers.get(*index).is_some_and(|answer| answer.url == url));
        let first = possible.next()?;
        let status = self.answers.get(first)?.status;
        if possible.any(|other| self.answers.get(other).is_some_and(|answer| answer.status != status)) {
            return None;
        }
        self.answers.remove(first);
        Some(status)
    }

    fn learn(&mut self, url: &str, status: u16) -> Option<u16> {
        if is_redirect(status) || self.last.has(url) {
            self.last.put(url, status);
        }
        Some(status)
    }

    fn note(&mut self, answer: Answer) {
        if self.answers.len() >= REMEMBERED {
            self.answers.pop_front();
        }
        let position = self.answers.partition_point(|other| other.begun <= answer.begun);
        self.answers.insert(position, answer);
    }
}

/// Whether an answer with this status sends its asker elsewhere (RFC 9110 section 15.4).
fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// An address as it is asked for (RFC 9110 section 7.1).
fn without_fragment(url: &str) -> &str {
    url.split_once('#').map_or(url, |(address, _)| address)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "http://h/a";

    fn asked(redirects: &mut Redirects, at: i64, transaction: u64, url: &str) {
        redirects.step(at, transaction, Step::Begin { url: url.to_owned() });
    }

    fn answered(redirects: &mut Redirects, at: i64, transaction: u64, url: &str, status: u16) {
        asked(redirects, at - 1_000, transaction, url);
        redirects.step(at, transaction, Step::Answered { status });
        redirects.step(at + 100, transaction, Step::End);
    }

    #[test]
    fn each_hop_has_the_answer_of_its_own_address_and_time() {
        let mut redirects = Redirects::default();
        answered(&mut redirects, 10_000, 1, A, 302);
        answered(&mut redirects, 10_001, 2, "http://h/b#part", 307);
        answered(&mut redirects, 50_000, 3, A, 303);
        answered(&mut redirects, 60_000, 4, A, 200);
        assert_eq!(redirects.take("http://h/b", 9_000, 12_000), Some(307));
        assert_eq!(redirects.take("http://h/a#other", 9_000, 12_000), Some(302));
        assert_eq!(redirects.take(A, 9_000, 12_000), None, "each answer is of one hop");
        assert_eq!(redirects.take(A, 20_000, 30_000), None);
        assert_eq!(redirects.take(A, 45_000, 55_000), Some(303));
        assert_eq!(redirects.take(A, 55_000, 65_000), None, "no redirect");
    }

    #[test]
    fn what_is_in_the_cache_answers_as_the_server_last_did() {
        let mut redirects = Redirects::default();
        answered(&mut redirects, 10_000, 1, A, 301);
        assert_eq!(redirects.take(A, 9_000, 11_000), Some(301));
        asked(&mut redirects, 20_000, 2, A);
        redirects.step(21_000, 2, Step::End);
        assert_eq!(redirects.take(A, 19_000, 22_000), Some(301), "not even asked");
        answered(&mut redirects, 30_000, 3, A, 304);
        assert_eq!(redirects.take(A, 29_000, 31_000), Some(301), "asked whether it still holds");
        answered(&mut redirects, 40_000, 4, A, 200);
        asked(&mut redirects, 50_000, 5, A);
        redirects.step(51_000, 5, Step::End);
        assert_eq!(redirects.take(A, 39_000, 52_000), None, "it redirects no more");
    }

    #[test]
    fn of_two_answers_that_differ_none_is_said() {
        let mut redirects = Redirects::default();
        answered(&mut redirects, 10_000, 1, A, 302);
        answered(&mut redirects, 10_100, 2, A, 307);
        answered(&mut redirects, 20_000, 3, A, 303);
        answered(&mut redirects, 20_100, 4, A, 303);
        assert_eq!(redirects.take(A, 8_900, 11_000), None);
        assert_eq!([redirects.take(A, 18_900, 21_000), redirects.take(A, 18_900, 21_000)], [Some(303); 2]);
    }

    #[test]
    fn a_transaction_of_another_trace_is_known_and_an_unknown_one_says_nothing() {
        let mut redirects = Redirects::default();
        redirects.step(1_000, 1, Step::Answered { status: 302 });
        redirects.step(2_000, 1, Step::End);
        asked(&mut redirects, 3_000, 1, A);
        redirects.step(9_000, 1, Step::Answered { status: 308 });
        assert_eq!(redirects.take(A, 3_000, 9_000), Some(308));
    }
}
