//! When a target's `Network` domain is on, and when the trace should turn.
//!
//! While a trace runs it is off on pages: what it costs a page of 200 requests is a third of the load, and turned off when
//! the page's document is asked for it still costs a quarter, since Chromium 156 hands its state on to the new document
//! (measured in processor time of the browser). It is on where no trace runs, while the trace turns, and on workers,
//! whose own script only it names, until one asks for much at once. It is never turned off where a client emulates a
//! network: Chromium would reset `navigator.onLine` for everybody.

use std::time::Duration;

use hangar_cdp::SessionKey;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    shared::{Shared, State, Trace},
    targets::Kind,
};

/// So many requests of a worker within [`BURST_TIME`] are a burst.
const BURST: usize = 16;
const BURST_TIME: Duration = Duration::from_millis(250);

/// How long after the load event a page counts as quiet.
const SETTLING: Duration = Duration::from_secs(1);

/// How long after a title may have changed it is looked at.
const TITLING: Duration = Duration::from_millis(400);

/// How long nobody looks at most, whatever pages do.
const LATEST: Duration = Duration::from_secs(30);

/// How long nobody looks at pages that load without a pause, while it is not known whether they redirect: to trace how
/// redirects were answered has its price.
const UNDECIDED: Duration = Duration::from_secs(2);

/// How long a page that goes elsewhere may take to load before it is looked at all the same.
const LOADING: Duration = Duration::from_secs(5);

/// How long a page that does something without loading waits to be looked at.
const STIRRING: Duration = Duration::from_secs(20);

/// The parameters of `Network.enable`.
pub(crate) fn network_without_bodies() -> Value {
    json!({ "maxTotalBufferSize": 0, "maxResourceBufferSize": 0, "maxPostDataSize": 0 })
}

impl Shared {
    /// A request left, as `Network` told it.
    pub(crate) fn request_left(&self, state: &mut State, session: SessionKey) {
        if state.trace != Trace::On || state.is_pinned || state.young_until.is_some() {
            return;
        }
        let now = Instant::now();
        let Some(target) = state.targets.get_mut(&session).filter(|target| target.network) else { return };
        target.recent.push_back(now);
        if target.recent.len() > BURST {
            target.recent.pop_front();
        }
        let is_burst = target.recent.len() == BURST
            && target.recent.front().is_some_and(|first| now.duration_since(*first) < BURST_TIME);
        if is_burst {
            target.recent.clear();
            target.network = false;
            self.session.send_on(session, "Network.disable", &json!({}));
        }
    }

    /// Leaves the pages to the trace once it has run for long enough.
    pub(crate) fn come_of_age(&self, state: &mut State, now: Instant) {
        if state.young_until.take_if(|until| *until <= now).is_some() {
            self.close_eyes(state);
        }
    }

    fn close_eyes(&self, state: &mut State) {
        if state.is_pinned {
            return;
        }
        let seeing =
            |target: &crate::targets::Target| target.network && matches!(target.kind, Kind::Page | Kind::Frame);
        for (session, target) in state.targets.iter_mut().filter(|(_, target)| seeing(target)) {
            target.network = false;
            self.session.send_on(*session, "Network.disable", &json!({}));
        }
    }

    /// The trace rests until what comes next has come.
    pub(crate) fn rest(&self, state: &mut State) {
        state.trace = Trace::Resting;
        state.traced_since = Instant::now();
        self.look_after(state, LOADING);
    }

    /// A page is there: the first one is traced from when it answers.
    pub(crate) fn page_attached(&self, state: &mut State) {
        if state.trace == Trace::Resting && state.quiet_at.is_none() {
            self.look_after(state, Duration::ZERO);
        }
    }

    /// A page goes elsewhere: nobody disturbs it while it loads.
    pub(crate) fn navigating(&self, state: &mut State) {
        if matches!(state.trace, Trace::On | Trace::Resting) {
            self.look_after(state, LOADING);
        }
    }

    /// A page has loaded.
    pub(crate) fn loaded(&self, state: &mut State) {
        self.look_at_titles(state);
        if matches!(state.trace, Trace::On | Trace::Resting) {
            let has_told_enough = self.is_undecided(state) && state.traced_since.elapsed() >= UNDECIDED;
            self.look_after(state, if has_told_enough { Duration::ZERO } else { SETTLING });
        }
    }

    /// Something happens that is no load.
    pub(crate) fn stirring(&self, state: &mut State) {
        if state.quiet_at.is_none() {
            self.look_after(state, STIRRING);
        }
    }

    fn look_after(&self, state: &mut State, pause: Duration) {
        state.quiet_at = Some((Instant::now() + pause).min(state.traced_since + LATEST));
        self.stirred.notify_one();
    }

    /// Has the pages' titles looked at soon: Chromium 156 does not tell when a script sets one.
    pub(crate) fn look_at_titles(&self, state: &mut State) {
        state.titles_at = Some(Instant::now() + TITLING);
        self.stirred.notify_one();
    }

    /// Whether a page that comes now must tell of its requests itself.
    pub(crate) fn is_seeing(state: &State) -> bool {
        state.trace != Trace::On || state.young_until.is_some()
    }

    /// Has every target tell of its requests, and gives those that have to be asked and waited for: all but those that
    /// a dialog stops, or that still owe an answer.
    pub(crate) fn open_all_eyes(&self, state: &mut State) -> Vec<SessionKey> {
        let stopped = state.observed.dialog.as_ref().map(|dialog| dialog.page.clone());
        let mut awaited = Vec::new();
        for (session, target) in state.targets.iter_mut().filter(|(_, target)| target.kind != Kind::Other) {
            let is_stopped = target.unanswered > 0 || (stopped.is_some() && target.page == stopped);
            if is_stopped {
                if !target.network {
                    self.session.send_on(*session, "Network.enable", &network_without_bodies());
                }
            } else {
                target.unanswered += 1;
                awaited.push(*session);
            }
            target.network = true;
        }
        awaited
    }
}
