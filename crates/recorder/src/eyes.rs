//! When a page's `Network` domain is on.
//!
//! It is on while little happens, when it costs nothing and tells at once and in full. It is off from the moment a
//! page's document was answered, or so many requests left at once that their telling would slow them down; then only the
//! trace sees them. It is never turned off while no trace runs, nor where a client emulates a network: Chromium 156
//! would reset `navigator.onLine` for everybody.

use std::time::Duration;

use hangar_cdp::SessionKey;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    shared::{Shared, State, Trace},
    targets::Kind,
};

/// So many requests within [`BURST_TIME`] are a burst.
const BURST: usize = 16;
const BURST_TIME: Duration = Duration::from_millis(250);

/// How long after its beginning a trace may not have reached every process of the browser.
const STARTING: Duration = Duration::from_millis(200);

/// How long nothing is looked at after a page began to load or a burst began, unless the page says before that it has loaded.
const LOADING: Duration = Duration::from_secs(3);

/// How long after the load event the page counts as quiet.
const SETTLING: Duration = Duration::from_millis(400);

/// The parameters of `Network.enable`.
pub(crate) fn network_without_bodies() -> Value {
    json!({ "maxTotalBufferSize": 0, "maxResourceBufferSize": 0, "maxPostDataSize": 0 })
}

impl Shared {
    /// The page's document was answered: what follows is its load.
    pub(crate) fn document_answered(&self, state: &mut State, session: SessionKey) {
        if state.targets.get(&session).is_some_and(|target| target.kind == Kind::Page) {
            self.close_eyes(state, session);
        }
    }

    /// A request left.
    pub(crate) fn request_left(&self, state: &mut State, session: SessionKey) {
        let now = Instant::now();
        let Some(target) = state.targets.get_mut(&session) else { return };
        target.recent.push_back(now);
        if target.recent.len() > BURST {
            target.recent.pop_front();
        }
        let is_burst = target.recent.len() == BURST
            && target.recent.front().is_some_and(|first| now.duration_since(*first) < BURST_TIME);
        if is_burst {
            self.close_eyes(state, session);
        }
    }

    fn close_eyes(&self, state: &mut State, session: SessionKey) {
        let is_traced = state.trace == Trace::On && state.traced_since.elapsed() > STARTING;
        if !is_traced || state.is_pinned {
            return;
        }
        let Some(target) = state.targets.get_mut(&session).filter(|target| target.network) else { return };
        target.network = false;
        target.recent.clear();
        state.is_blind = true;
        state.quiet_at = Some(Instant::now() + LOADING);
        self.session.send_on(session, "Network.disable", &json!({}));
        self.stirred.notify_one();
    }

    /// A page goes elsewhere: its document's redirects are told in full only by `Network`.
    pub(crate) fn navigating(&self, state: &mut State, session: SessionKey) {
        let Some(target) = state.targets.get_mut(&session).filter(|target| !target.network) else { return };
        target.network = true;
        self.session.send_on(session, "Network.enable", &network_without_bodies());
    }

    /// A page has loaded.
    pub(crate) fn loaded(&self, state: &mut State) {
        self.look_at_titles(state);
        if state.is_blind {
            state.quiet_at = Some(Instant::now() + SETTLING);
        }
    }

    /// Has the pages' titles looked at soon: Chromium 156 does not tell when a script sets one.
    pub(crate) fn look_at_titles(&self, state: &mut State) {
        state.titles_at = Some(Instant::now() + SETTLING);
        self.stirred.notify_one();
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
