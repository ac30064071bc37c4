//! JavaScript dialogs: told, and answered where nobody else will.
//!
//! Chromium keeps a dialog open for whoever has enabled `Page`, which the recorder has. It must change nothing by that: where
//! no client has enabled `Page` there either, it does what Chromium would have done. While a person has control a dialog is
//! theirs; one that person or client leave behind is answered when they go.

use std::sync::{Arc, Weak};

use hangar_cdp::{SessionKey, mux};
use hangar_domain::timeline::{Dialog, DialogClosed, Event};
use serde::Deserialize;
use serde_json::json;

use crate::{answered::Answered, shared::Shared};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DialogOpening {
    message: String,
    r#type: String,
    default_prompt: Option<String>,
}

#[derive(Deserialize)]
struct DialogClosing {
    result: bool,
}

/// Who answers dialogs, as far as a recording must know; a handle on it.
#[derive(Clone)]
pub struct Dialogs(Weak<Shared>);

/// Who answers dialogs, and the dialogs that are open for them. A book without IO.
#[derive(Default)]
pub(crate) struct Attended {
    /// Whether a person has control.
    by_person: bool,
    /// Clients, and whoever acts over REST.
    pub(crate) answered: Answered,
    open: Vec<Open>,
}

struct Open {
    /// The session that told of it.
    session: SessionKey,
    page: String,
    /// Whether Chromium would accept it: a page is left, everything else is dismissed.
    accept: bool,
}

impl Attended {
    /// With `by_rest`, all are held for whoever acts over REST.
    pub(crate) fn new(by_rest: bool) -> Self {
        let mut attended = Self::default();
        if by_rest {
            attended.answered.answer_all();
        }
        attended
    }

    /// A page's session is over, and what it showed.
    pub(crate) fn forget(&mut self, session: SessionKey) {
        self.open.retain(|open| open.session != session);
    }

    /// Takes the dialogs that nobody answers.
    fn left_over(&mut self) -> Vec<Open> {
        if self.by_person {
            return Vec::new();
        }
        self.open.extract_if(.., |open| !self.answered.has(&open.page)).collect()
    }
}

impl Dialogs {
    pub(crate) fn of(shared: &Arc<Shared>) -> Self {
        Self(Arc::downgrade(shared))
    }

    /// Says whether a person has control of the session now, alone or beside its client.
    pub fn attend(&self, is_there: bool) {
        let Some(shared) = self.0.upgrade() else { return };
        shared.reattend(|attended| attended.by_person = is_there);
    }

    /// A client is gone, named by its own session.
    pub fn client_left(&self, client: SessionKey) {
        let Some(shared) = self.0.upgrade() else { return };
        shared.reattend(|attended| attended.answered.forget_client(client));
    }
}

impl Shared {
    /// Notes who answers from now on, and does what Chromium would with what nobody answers any more.
    pub(crate) fn reattend(&self, change: impl FnOnce(&mut Attended)) {
        let mut state = self.lock();
        change(&mut state.attended);
        self.answer(state.attended.left_over());
    }

    pub(crate) fn dialog_opening(&self, event: &mux::Event) {
        let Some(opening) = event.params::<DialogOpening>() else { return };
        let mut state = self.lock();
        let Some(page) = state.page_of(event.session) else { return };
        let accept = opening.r#type == "beforeunload";
        state.attended.open.push(Open { session: event.session, page: page.clone(), accept });
        let left = state.attended.left_over();
        let dialog = Dialog {
            page,
            message: self.text(&opening.message),
            default_value: opening.default_prompt.filter(|_| opening.r#type == "prompt").map(|text| self.text(&text)),
            r#type: opening.r#type,
        };
        if left.is_empty() {
            state.observed.dialog = Some(dialog.clone());
        }
        self.answer(left);
        drop(state);
        self.emit(Event::Dialog(dialog));
    }

    pub(crate) fn dialog_closed(&self, event: &mux::Event) {
        let Some(DialogClosing { result }) = event.params() else { return };
        let mut state = self.lock();
        state.attended.forget(event.session);
        let Some(page) = state.page_of(event.session) else { return };
        if state.observed.dialog.as_ref().is_some_and(|dialog| dialog.page == page) {
            state.observed.dialog = None;
        }
        drop(state);
        self.emit(Event::DialogClosed(DialogClosed { page, accepted: result }));
    }

    fn answer(&self, left: Vec<Open>) {
        for Open { session, accept, .. } in left {
            self.session.send_on(session, "Page.handleJavaScriptDialog", &json!({ "accept": accept }));
        }
    }
}
