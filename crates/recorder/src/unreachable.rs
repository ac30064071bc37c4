//! Why a document did not come, at once.
//!
//! The trace says it when it ends, and ends seconds after a new process, which is what an error page gets (seen on Chromium
//! 156); the `Network` domain, which would say it before, is off meanwhile. But the browser process counts why main frames
//! were not loaded, by the error's number, before the error page is there: what was added since it was asked last is the
//! reason. It must never guess: where several were added meanwhile, none is named.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
    time::Duration,
};

use hangar_domain::timeline::{Event, Navigation};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{network::reason, outlet::Promise, shared::Shared};

/// What is said where nobody knows why.
pub(crate) const UNKNOWN: &str = "net::ERR_FAILED";

/// How long the browser may take to answer; what happens meanwhile waits behind the navigation.
const ASKING: Duration = Duration::from_secs(1);

/// Where Chromium counts its errors (`net/base/net_error_list.h`, without their sign) of main frames.
static COUNT: LazyLock<Value> = LazyLock::new(|| json!({ "name": "Net.ErrorCodesForMainFrame4" }));

/// What is counted there although no error page is shown: what came, and what was given up (`net::ERR_ABORTED`).
const NO_FAILURES: [i64; 2] = [0, 3];

/// How often each error was counted when the browser was asked last. A browser that is new has counted none.
#[derive(Default)]
pub(crate) struct Counted(HashMap<i64, u64>);

/// The result of `Browser.getHistogram`.
#[derive(Deserialize)]
pub(crate) struct Answer {
    histogram: Histogram,
}

#[derive(Deserialize)]
struct Histogram {
    buckets: Vec<Bucket>,
}

/// One number's, since the histogram is sparse.
#[derive(Deserialize)]
struct Bucket {
    low: i64,
    count: u64,
}

impl Counted {
    /// The one error that was counted since the last call.
    fn newest(&mut self, answer: Answer) -> Option<String> {
        let mut added = Vec::new();
        for Bucket { low, count } in answer.histogram.buckets {
            let before = self.0.insert(low, count).unwrap_or_default();
            if count > before && !NO_FAILURES.contains(&low) {
                added.push(low);
            }
        }
        match added[..] {
            [error] => Some(reason(-error)),
            _ => None,
        }
    }
}

impl Shared {
    /// Tells of a navigation to a document that did not come, with the reason once that is known.
    pub(crate) async fn tell_unreachable(
        self: Arc<Self>,
        promise: Promise,
        at: Timestamp,
        loader: String,
        mut navigation: Navigation,
    ) {
        // Asked also where somebody else has said why, so that the count is known up to here.
        let asked = timeout(ASKING, self.session.call("Browser.getHistogram", &*COUNT)).await;
        let answer = asked.ok().and_then(Result::ok).and_then(|reply| serde_json::from_str(reply.get()).ok());
        let failure = {
            let mut state = self.lock();
            let newest = answer.and_then(|answer| state.counted.newest(answer));
            match (state.book.failure(&loader), newest) {
                (Some(known), _) if known != UNKNOWN => known.to_owned(),
                (_, Some(newest)) => {
                    state.book.failing(&loader, &newest);
                    newest
                }
                (_, None) => UNKNOWN.to_owned(),
            }
        };
        navigation.failure = Some(self.redactor.text(&failure, 512));
        self.keep(promise, at, Event::Navigation(navigation));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(buckets: &[(i64, u64)]) -> Answer {
        let buckets = buckets.iter().map(|(low, count)| Bucket { low: *low, count: *count }).collect();
        Answer { histogram: Histogram { buckets } }
    }

    #[test]
    fn what_was_added_is_the_reason_and_of_several_none() {
        let mut counted = Counted::default();
        let mut newest = |buckets: &[(i64, u64)]| counted.newest(answer(buckets));
        assert_eq!(newest(&[(0, 3), (102, 1)]).as_deref(), Some("net::ERR_CONNECTION_REFUSED"));
        assert_eq!(newest(&[(0, 4), (3, 1), (102, 2)]).as_deref(), Some("net::ERR_CONNECTION_REFUSED"));
        assert_eq!(newest(&[(0, 4), (3, 1), (102, 2)]), None);
        assert_eq!(newest(&[(0, 4), (3, 1), (102, 3), (105, 1)]), None);
        assert_eq!(newest(&[(102, 3), (105, 2)]).as_deref(), Some("net::ERR_NAME_NOT_RESOLVED"));
        assert_eq!(newest(&[(120, 1)]).as_deref(), Some("net::ERR_FAILED (-120)"), "as its request says it");
    }
}
