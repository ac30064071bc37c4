//! That a page shows another document.
//!
//! `Page.frameNavigated` says so, but for the first document of a new process Chromium 156 attaches its sessions late: the
//! event, and on a busy machine also those of the load, may be missing. A page that has left for a document is therefore
//! asked for its frame tree whenever it does something. A document must never be told of twice, nor one that did not come,
//! such as a download: its loader's name (`Network.LoaderId`) says which one is there.

use std::sync::{Arc, MutexGuard};

use hangar_cdp::SessionKey;
use hangar_domain::timeline::{Event, Navigation};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Duration, Instant, timeout};

use crate::{
    shared::{Shared, State},
    unreachable::UNKNOWN,
};

/// How long a page may take to name its document; one that is busy with itself is asked again when it does something.
const ASKING: Duration = Duration::from_secs(1);

/// `Page.Frame`, as far as it is needed here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Frame {
    id: String,
    parent_id: Option<String>,
    loader_id: String,
    url: String,
    url_fragment: Option<String>,
    unreachable_url: Option<String>,
}

/// The result of `Page.getFrameTree`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tree {
    frame_tree: Root,
}

#[derive(Deserialize)]
struct Root {
    frame: Frame,
}

impl Shared {
    /// A frame of `page` shows a document.
    pub(crate) fn arrived(self: &Arc<Self>, page: String, frame: &Frame) {
        self.arrive(self.lock(), page, frame);
    }

    /// A page that was asked shows the document that it left for; by now it may have gone on, and the event have told it.
    fn found(self: &Arc<Self>, page: String, frame: &Frame) {
        let state = self.lock();
        if state.leaving.get(&page) == Some(&frame.loader_id) {
            self.arrive(state, page, frame);
        }
    }

    fn arrive(self: &Arc<Self>, mut state: MutexGuard<'_, State>, page: String, frame: &Frame) {
        state.book.frame(&frame.id, &page);
        if frame.unreachable_url.is_some() && state.book.failure(&frame.loader_id).is_none() {
            // Why is yet to be known; that it failed is not told by the trace, to which an error page arrives well.
            state.book.failing(&frame.loader_id, UNKNOWN);
        } else if frame.url.starts_with("http") {
            state.book.committed(&frame.loader_id, &frame.url, &page);
        }
        if frame.parent_id.is_some() || frame.id != page || !state.shows(&page, &frame.loader_id) {
            return;
        }
        let url = self.url(&frame.address());
        state.observed.active = Some(page.clone());
        if let Some(observed) = state.observed.page(&page) {
            url.clone_into(&mut observed.url);
            observed.title.clear();
        }
        drop(state);
        let navigation = Navigation { page, url, title: String::new(), same_document: false, failure: None };
        if frame.unreachable_url.is_none() {
            self.emit(Event::Navigation(navigation));
        } else if let Some(promise) = self.promise() {
            let loader = frame.loader_id.clone();
            tokio::spawn(self.clone().tell_unreachable(promise, self.clock.now(), loader, navigation));
        }
    }

    /// Has a page looked at soon that has left for a document of which nobody has said that it is there.
    pub(crate) fn look_at_arrivals(&self, state: &mut State, page: &str) {
        if state.leaving.contains_key(page) {
            state.titles_at = Some(Instant::now());
            self.stirred.notify_one();
        }
    }

    /// Asks pages that have left for a document whether they show it.
    pub(crate) async fn look_for_arrivals(self: &Arc<Self>) {
        let leaving: Vec<(String, SessionKey)> = {
            let state = self.lock();
            let asked = state.leaving.keys().filter(|page| !state.is_held(page));
            asked.filter_map(|page| Some((page.clone(), state.session_of(page)?))).collect()
        };
        for (page, session) in leaving {
            let asked = timeout(ASKING, self.session.call_on(session, "Page.getFrameTree", &json!({}))).await;
            let Ok(Ok(reply)) = asked else { continue };
            let Ok(Tree { frame_tree }) = serde_json::from_str(reply.get()) else { continue };
            self.found(page, &frame_tree.frame);
        }
    }
}

impl State {
    /// Notes that a page shows the document of `loader`; false where that is known already.
    fn shows(&mut self, page: &str, loader: &str) -> bool {
        if self.leaving.get(page).is_some_and(|left| left == loader) {
            self.leaving.remove(page);
        }
        self.shown.insert(page.to_owned(), loader.to_owned()).is_none_or(|known| known != loader)
    }

    /// Whether pages may show another document, or another title, than is known.
    pub(crate) fn is_refresh_due(&self) -> bool {
        !self.leaving.is_empty() || self.titles_at.is_some()
    }

    /// Whether a page answers nothing for now, since a dialog is open on it.
    fn is_held(&self, page: &str) -> bool {
        self.observed.dialog.as_ref().is_some_and(|dialog| dialog.page == page)
    }
}

impl Frame {
    fn address(&self) -> String {
        match &self.unreachable_url {
            Some(url) => url.clone(),
            None => format!("{}{}", self.url, self.url_fragment.as_deref().unwrap_or_default()),
        }
    }
}
