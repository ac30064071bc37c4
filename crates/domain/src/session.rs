//! A session's life as a state machine: `Starting → Live ⇄ Detached → Ended`, ended exactly once.
//!
//! Transitions consume the state, so that a second closer has nothing left to close.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    end_reason::{EndDetail, EndReason},
    id::{AccountId, KeyId, SessionId},
    profile::ProfileId,
};

/// What a session was opened for; fixed for its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSpec {
    /// Which.
    pub id: SessionId,
    /// Whose.
    pub account: AccountId,
    /// The key that opened it.
    pub key: KeyId,
    /// The profile it writes, if any.
    pub profile: Option<ProfileId>,
    /// Options that were accepted and ignored, by name.
    pub warnings: Vec<String>,
    /// How long it outlives its last client.
    pub keep_alive: Duration,
    /// Wall time of the request, for display.
    pub started_at: Timestamp,
}

/// Where a session is in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Holds a slot and quota; its browser is not there yet.
    Starting,
    /// At least one client is connected.
    Live,
    /// No client; kept until this moment of the monotonic clock.
    Detached {
        /// When it ends if nobody comes back.
        until: Duration,
    },
    /// Over, for this reason.
    Ended(End),
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// The code.
    pub reason: EndReason,
    /// What exactly happened.
    pub detail: Option<EndDetail>,
}

impl End {
    /// An end that the code alone describes.
    #[must_use]
    pub const fn plain(reason: EndReason) -> Self {
        Self { reason, detail: None }
    }

    /// An end with its detail.
    #[must_use]
    pub const fn detailed(reason: EndReason, detail: EndDetail) -> Self {
        Self { reason, detail: Some(detail) }
    }
}

/// What happens to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A client connected.
    Attached,
    /// The last client left; the session is kept until this moment.
    Detached {
        /// When it ends if nobody comes back.
        until: Duration,
    },
    /// It is over.
    Ended(End),
}

/// A step that the state does not allow.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a session that is {from} cannot take the event {event}")]
pub struct InvalidTransition {
    from: &'static str,
    event: &'static str,
}

impl State {
    /// The state after `event`.
    ///
    /// # Errors
    /// [`InvalidTransition`] where the state does not allow it; above all, nothing follows an end.
    pub fn apply(self, event: Event) -> Result<Self, InvalidTransition> {
        match (self, event) {
            (Self::Starting | Self::Live | Self::Detached { .. }, Event::Ended(end)) => Ok(Self::Ended(end)),
            (Self::Starting | Self::Live | Self::Detached { .. }, Event::Attached) => Ok(Self::Live),
            // From `Starting` too: the client may be gone before it had its reply, and still come back.
            (Self::Starting | Self::Live | Self::Detached { .. }, Event::Detached { until }) => {
                Ok(Self::Detached { until })
            }
            (state, event) => Err(InvalidTransition { from: state.name(), event: event.name() }),
        }
    }

    /// The state's name in logs, metrics and the store.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Live => "live",
            Self::Detached { .. } => "detached",
            Self::Ended(_) => "ended",
        }
    }
}

impl Event {
    const fn name(self) -> &'static str {
        match self {
            Self::Attached => "attached",
            Self::Detached { .. } => "detached",
            Self::Ended(_) => "ended",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            Just(Event::Attached),
            (0..10_u64).prop_map(|s| Event::Detached { until: Duration::from_secs(s) }),
            (0..10_usize).prop_map(|i| Event::Ended(End::plain(EndReason::ALL[i]))),
        ]
    }

    proptest! {
        #[test]
        fn the_first_end_stays(events in proptest::collection::vec(event(), 0..40)) {
            let mut state = State::Starting;
            let mut first = None;
            for event in events {
                if let Ok(next) = state.clone().apply(event) {
                    prop_assert!(first.is_none(), "nothing follows an end");
                    if let State::Ended(end) = next {
                        first = Some(end);
                    }
                    state = next;
                }
            }
            if let Some(end) = first {
                prop_assert_eq!(state, State::Ended(end));
            }
        }
    }
}
