//! JavaScript dialogs: told, and answered where nobody else will.
//!
//! Chromium keeps a dialog open for whoever has enabled `Page`, which the recorder has. It must change nothing by that: where
//! no client has enabled `Page` there either, it does what Chromium would have done. While a person has control a dialog is
//! theirs; one that they leave behind is answered when control goes back.

use std::sync::{Arc, Weak};

use hangar_cdp::{SessionKey, mux};
use hangar_domain::timeline::{Dialog, DialogClosed, Event};
use serde::Deserialize;
use serde_json::json;

use crate::shared::Shared;

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

/// Dialogs that nobody but a person answers.
#[derive(Default)]
pub(crate) struct Attended {
    /// Whether a person has control.
    is_there: bool,
    /// The dialogs left to them, by the session that told, and whether Chromium would accept them.
    open: Vec<(SessionKey, bool)>,
}

impl Attended {
    /// A page's session is over, and what it showed.
    pub(crate) fn forget(&mut self, session: SessionKey) {
        self.open.retain(|(open, _)| *open != session);
    }
}

impl Dialogs {
    pub(crate) fn of(shared: &Arc<Shared>) -> Self {
        Self(Arc::downgrade(shared))
    }

    /// Says whether a person has control of the session now, alone or beside its client.
    pub fn attend(&self, is_there: bool) {
        let Some(shared) = self.0.upgrade() else { return };
        let left = {
            let mut state = shared.lock();
            state.attended.is_there = is_there;
            if is_there { Vec::new() } else { std::mem::take(&mut state.attended.open) }
        };
        left.into_iter().for_each(|(session, accept)| shared.answer(session, accept));
    }
}

impl Shared {
    pub(crate) fn dialog_opening(&self, event: &mux::Event) {
        let Some(opening) = event.params::<DialogOpening>() else { return };
        let mut state = self.lock();
        let Some(page) = state.page_of(event.session) else { return };
        let is_unanswered = !self.options.hold_dialogs && !state.handled.contains(page.as_str());
        // As Chromium does where nobody has enabled Page: a page is left, everything else is dismissed.
        let accept = opening.r#type == "beforeunload";
        let dialog = Dialog {
            page,
            message: self.text(&opening.message),
            default_value: opening.default_prompt.filter(|_| opening.r#type == "prompt").map(|text| self.text(&text)),
            r#type: opening.r#type,
        };
        if is_unanswered && !state.attended.is_there {
            self.answer(event.session, accept);
        } else {
            state.observed.dialog = Some(dialog.clone());
            if is_unanswered {
                state.attended.open.push((event.session, accept));
            }
        }
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

    fn answer(&self, session: SessionKey, accept: bool) {
        self.session.send_on(session, "Page.handleJavaScriptDialog", &json!({ "accept": accept }));
    }
}
