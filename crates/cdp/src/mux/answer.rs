//! What a command of a client was answered, for whoever asked to be told ([`super::Outgoing::answer`]).
//!
//! A reply is looked at only where somebody waits for it: while nobody does, a reply costs one load of a counter more.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};

use serde::Deserialize;
use tokio::sync::oneshot;

use super::call::CdpError;
use crate::session_key::SessionKey;

/// Answers of one client that may be waited for; who asks for more is told at once that nobody knows.
const MOST: usize = 2_048;

/// A result beyond this is no error, and is not read.
const LONGEST: usize = 4 << 10;

/// How a command was answered.
#[derive(Debug, PartialEq, Eq)]
pub struct Answered {
    /// When its answer came from the browser, or was given in its stead.
    pub at: Instant,
    /// Why it failed: the error's message, or what `Page.navigate` calls its `errorText`.
    pub error: Option<String>,
}

/// The answers that are waited for. Most clients are never asked for one, and hold no book for it.
#[derive(Default)]
pub(super) struct Answers {
    waiting: OnceLock<Box<Waiting>>,
    count: AtomicUsize,
}

type Waiting = Mutex<HashMap<(SessionKey, i64), oneshot::Sender<Answered>>>;

#[derive(Deserialize)]
struct Reply {
    error: Option<CdpError>,
    result: Option<Navigated>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Navigated {
    error_text: Option<String>,
}

impl Answers {
    pub(super) fn expect(&self, session: SessionKey, id: i64) -> oneshot::Receiver<Answered> {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.lock();
        if waiting.len() < MOST {
            waiting.insert((session, id), sender);
            self.count.store(waiting.len(), Relaxed);
        }
        receiver
    }

    /// A reply of the browser has come.
    pub(super) fn came(&self, session: SessionKey, id: i64, message: &[u8]) {
        self.give(session, id, || {
            let reply = Some(message).filter(|message| message.len() <= LONGEST);
            let reply: Reply = serde_json::from_slice(reply?).ok()?;
            let failed = reply.error.map(|error| error.message);
            failed.or_else(|| reply.result?.error_text).filter(|text| !text.is_empty())
        });
    }

    /// It was answered without the browser.
    pub(super) fn given(&self, session: SessionKey, id: i64, error: Option<&CdpError>) {
        self.give(session, id, || error.map(|error| error.message.clone()));
    }

    /// Nothing will be answered any more.
    pub(super) fn forget(&self) {
        if self.waiting.get().is_some() {
            self.lock().clear();
            self.count.store(0, Relaxed);
        }
    }

    fn give(&self, session: SessionKey, id: i64, error: impl FnOnce() -> Option<String>) {
        if self.count.load(Relaxed) == 0 {
            return;
        }
        let asker = {
            let mut waiting = self.lock();
            let asker = waiting.remove(&(session, id));
            self.count.store(waiting.len(), Relaxed);
            asker
        };
        if let Some(asker) = asker {
            // Who asked may have gone.
            let _gone = asker.send(Answered { at: Instant::now(), error: error() });
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(SessionKey, i64), oneshot::Sender<Answered>>> {
        self.waiting.get_or_init(Box::default).lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(message: &[u8]) -> Option<String> {
        let session = SessionKey::parse(&[b'A'; 32]).unwrap();
        let answers = Answers::default();
        let mut asked = answers.expect(session, 7);
        answers.came(session, 8, message);
        assert!(asked.try_recv().is_err(), "that was another's");
        answers.came(session, 7, message);
        assert_eq!(answers.count.load(Relaxed), 0);
        asked.try_recv().unwrap().error
    }

    #[test]
    fn an_answer_is_an_error_a_failed_navigation_or_none_of_them() {
        assert_eq!(told(br#"{"id":7,"error":{"code":-32000,"message":"No"}}"#).as_deref(), Some("No"));
        let refused = br#"{"id":7,"result":{"frameId":"F","errorText":"net::ERR_CONNECTION_REFUSED"}}"#;
        assert_eq!(told(refused).as_deref(), Some("net::ERR_CONNECTION_REFUSED"));
        assert_eq!(told(br#"{"id":7,"result":{"frameId":"F"}}"#), None);
        assert_eq!(told(&[b' '; LONGEST + 1]), None);
    }

    #[test]
    fn who_asks_for_too_many_is_told_at_once() {
        let session = SessionKey::parse(&[b'A'; 32]).unwrap();
        let answers = Answers::default();
        let known: Vec<_> = (0..MOST as i64).map(|id| answers.expect(session, id)).collect();
        let mut beyond = answers.expect(session, MOST as i64);
        assert_eq!(beyond.try_recv().unwrap_err(), oneshot::error::TryRecvError::Closed);
        answers.forget();
        assert!(known.into_iter().all(|mut asked| asked.try_recv().is_err()));
    }
}
