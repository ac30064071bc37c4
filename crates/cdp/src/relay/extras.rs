//! Where a client's calls of the gateway's own methods go: nowhere before the first one, because most clients make none
//! and would each pay for a queue and a task all their life.

use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use crate::mux::ExtraCall;

/// A queue of calls, with the task that answers them.
pub type Answering = (mpsc::Sender<Box<ExtraCall>>, AbortOnDropHandle<()>);

/// The queue, opened when it is needed; its task ends with it.
pub struct Extras(State);

enum State {
    Unanswered,
    Unopened(Box<dyn FnOnce() -> Answering + Send>),
    Open(Answering),
}

impl Extras {
    /// A queue that `open` makes at the first call. It must be bounded, so that a client waits for its own calls.
    pub fn lazily(open: impl FnOnce() -> Answering + Send + 'static) -> Self {
        Self(State::Unopened(Box::new(open)))
    }

    /// For a client whose policy lets no such call pass.
    #[must_use]
    pub fn none() -> Self {
        Self(State::Unanswered)
    }

    /// Hands a call over; false where there is nobody to answer it.
    pub(super) async fn send(&mut self, call: Box<ExtraCall>) -> bool {
        if matches!(self.0, State::Unopened(_))
            && let State::Unopened(open) = std::mem::replace(&mut self.0, State::Unanswered)
        {
            self.0 = State::Open(open());
        }
        match &self.0 {
            State::Open((queue, _)) => queue.send(call).await.is_ok(),
            State::Unanswered | State::Unopened(_) => false,
        }
    }
}
