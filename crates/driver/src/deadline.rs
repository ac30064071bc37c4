//! Until when an action may wait. One is made at its start and handed down, so that its parts share one limit.

use std::time::Duration;

use tokio::time::Instant;

/// The end of an action's patience.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Instant,
    limit: Duration,
}

impl Deadline {
    pub(crate) fn after(limit: Duration) -> Self {
        Self { at: Instant::now() + limit, limit }
    }

    /// A nearer one, for a part that must not take all of the time.
    pub(crate) fn at_most(self, limit: Duration) -> Self {
        Self { at: self.at.min(Instant::now() + limit), limit: self.limit }
    }

    /// An earlier one, which leaves time to say what was wrong.
    pub(crate) fn sparing(self, spare: Duration) -> Self {
        let spare = spare.min(self.left() / 4);
        Self { at: self.at.checked_sub(spare).unwrap_or(self.at), limit: self.limit }
    }

    pub(crate) fn at(self) -> Instant {
        self.at
    }

    /// The whole time that was allowed, for messages.
    pub(crate) fn limit(self) -> Duration {
        self.limit
    }

    pub(crate) fn left(self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    pub(crate) fn is_over(self) -> bool {
        self.left().is_zero()
    }
}
