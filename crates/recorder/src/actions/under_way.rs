//! Actions that were begun: each is told once its commands have been answered, in the order in which they began.
//!
//! One that waits, such as a click that opened a dialog, keeps those behind it waiting, but for a reader and not for long.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use hangar_cdp::mux::Answered;
use hangar_domain::timeline::{Action, Actor};
use jiff::Timestamp;
use serde_json::Value;
use tokio::{sync::oneshot, time::timeout_at};

/// How long an action may go unanswered: as long as clients wait for a page by default.
const PATIENCE: Duration = Duration::from_secs(30);

/// When something began, and the answers to its commands.
pub(super) struct Begun {
    pub(super) at: Timestamp,
    since: Instant,
    waiting: Vec<oneshot::Receiver<Answered>>,
    /// When the latest answer came.
    answered: Option<Instant>,
    error: Option<String>,
}

/// An action that was begun.
pub(super) struct Doing {
    pub(super) begun: Begun,
    name: &'static str,
    details: Value,
}

#[derive(Default)]
pub(super) struct UnderWay {
    queue: VecDeque<Doing>,
}

impl Begun {
    pub(super) fn new(at: Timestamp, since: Instant, answer: oneshot::Receiver<Answered>) -> Self {
        Self { at, since, waiting: vec![answer], answered: None, error: None }
    }

    /// One more command of the same action.
    pub(super) fn join(&mut self, other: Self) {
        self.gather();
        self.waiting.extend(other.waiting);
    }

    /// Takes the answers that are there; whether that was all.
    fn gather(&mut self) -> bool {
        let waiting = std::mem::take(&mut self.waiting);
        for mut answer in waiting {
            match answer.try_recv() {
                Ok(answered) => self.note(answered),
                Err(oneshot::error::TryRecvError::Empty) => self.waiting.push(answer),
                // Nobody will ever know.
                Err(oneshot::error::TryRecvError::Closed) => {}
            }
        }
        self.waiting.is_empty()
    }

    async fn answered(&mut self) {
        while let Some(answer) = self.waiting.last_mut() {
            let answered = answer.await;
            self.waiting.pop();
            answered.into_iter().for_each(|answered| self.note(answered));
        }
    }

    fn note(&mut self, answered: Answered) {
        self.answered = self.answered.max(Some(answered.at));
        self.error = self.error.take().or(answered.error);
    }
}

impl Doing {
    pub(super) fn new(begun: Begun, name: &'static str, details: Value) -> Self {
        Self { begun, name, details }
    }

    /// It as it went; what was not answered by now counts as failed.
    pub(super) fn into_action(mut self) -> Action {
        let is_over = self.begun.gather();
        let until = self.begun.answered.filter(|_| is_over).unwrap_or_else(Instant::now);
        let took = until.duration_since(self.begun.since);
        let mut action = Action::new(self.name, self.details, Actor::Client, took);
        action.error = self.begun.error.or_else(|| (!is_over).then(|| "it was not answered".to_owned()));
        action.success = action.error.is_none();
        action
    }

    fn is_late(&self) -> bool {
        self.begun.since.elapsed() >= PATIENCE
    }
}

impl UnderWay {
    pub(super) fn push(&mut self, doing: Doing) {
        self.queue.push_back(doing);
    }

    /// Waits until the oldest is answered, or has waited for long enough.
    pub(super) async fn ripen(&mut self) {
        match self.queue.front_mut() {
            Some(oldest) => {
                let until = (oldest.begun.since + PATIENCE).into();
                let _in_time = timeout_at(until, oldest.begun.answered()).await;
            }
            None => std::future::pending().await,
        }
    }

    /// The oldest, where it is over.
    pub(super) fn next(&mut self) -> Option<Doing> {
        self.queue.pop_front_if(|oldest| oldest.begun.gather() || oldest.is_late())
    }

    /// All that are over, whatever still waits before them.
    pub(super) fn over(&mut self) -> Vec<Doing> {
        let (mut over, mut waiting) = (Vec::new(), VecDeque::new());
        for mut doing in self.queue.drain(..) {
            if doing.begun.gather() { over.push(doing) } else { waiting.push_back(doing) }
        }
        self.queue = waiting;
        over
    }

    /// All of them.
    pub(super) fn all(&mut self) -> VecDeque<Doing> {
        std::mem::take(&mut self.queue)
    }
}
