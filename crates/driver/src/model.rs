//! What is known of the browser's pages, kept up by the events. Never waited for under its lock.

use std::collections::HashMap;

use hangar_cdp::SessionKey;
use tokio_util::sync::CancellationToken;

use crate::{browse::dialog::Dialog, world::World};

/// Where commands go: a session, and when it ends.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    pub(crate) session: SessionKey,
    /// Cancelled when the target closes or crashes: a reply will never come.
    pub(crate) lost: CancellationToken,
}

/// The page that an action acts in.
#[derive(Clone, Debug)]
pub(crate) struct Tab {
    /// Its target id, which is also its main frame's (CDP `Target`).
    pub(crate) id: String,
    pub(crate) spot: Spot,
}

/// A page's main document and how far it has loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) loader: String,
    pub(crate) url: String,
    pub(crate) dom_content_loaded: bool,
    pub(crate) loaded: bool,
    pub(crate) network_idle: bool,
    /// It is an error page instead of this address.
    pub(crate) failed: bool,
    /// How many documents, or addresses of one, were shown so far.
    pub(crate) commits: u64,
    /// A navigation away has begun.
    pub(crate) is_leaving: bool,
    /// The last commit kept the document.
    pub(crate) same_document: bool,
}

/// A page that is open.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) tab: Tab,
    pub(crate) crashed: bool,
    pub(crate) document: Document,
    /// With the session that told of it, which is the one that can answer it.
    pub(crate) dialog: Option<(SessionKey, Dialog)>,
}

/// A frame in a process of its own.
#[derive(Debug)]
pub(crate) struct Remote {
    pub(crate) page: String,
    pub(crate) spot: Spot,
}

#[derive(Debug, Default)]
pub(crate) struct Model {
    /// In the order in which they were opened.
    pub(crate) pages: Vec<Page>,
    /// In the order in which they were attached to, so that parents come first.
    pub(crate) remotes: Vec<Remote>,
    pub(crate) current: Option<String>,
    pub(crate) worlds: HashMap<(SessionKey, String), World>,
}

impl Spot {
    pub(crate) fn new(session: SessionKey) -> Self {
        Self { session, lost: CancellationToken::new() }
    }
}

impl Model {
    pub(crate) fn page(&self, id: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.tab.id == id)
    }

    /// The page that a session belongs to: its own, or that of a frame in it.
    pub(crate) fn page_of(&mut self, session: SessionKey) -> Option<&mut Page> {
        let of_remote = self.remotes.iter().find(|remote| remote.spot.session == session);
        let id = of_remote.map(|remote| remote.page.clone());
        let is_it = |page: &&mut Page| page.tab.spot.session == session || Some(&page.tab.id) == id.as_ref();
        self.pages.iter_mut().find(is_it)
    }

    /// The page whose own session this is.
    pub(crate) fn page_at(&mut self, session: SessionKey) -> Option<&mut Page> {
        self.pages.iter_mut().find(|page| page.tab.spot.session == session)
    }

    /// The page that actions act in now.
    pub(crate) fn current(&self) -> Option<&Page> {
        self.current.as_deref().and_then(|id| self.page(id)).or_else(|| self.pages.last())
    }

    pub(crate) fn forget_session(&mut self, session: SessionKey) {
        self.worlds.retain(|(of, _), _| *of != session);
        self.remotes.retain(|remote| {
            let is_it = remote.spot.session == session;
            if is_it {
                remote.spot.lost.cancel();
            }
            !is_it
        });
        let Some(index) = self.pages.iter().position(|page| page.tab.spot.session == session) else { return };
        let page = self.pages.remove(index);
        page.tab.spot.lost.cancel();
        if self.current.as_ref() == Some(&page.tab.id) {
            self.current = self.pages.last().map(|page| page.tab.id.clone());
        }
    }
}

impl Page {
    /// Another document takes the place of the one that was shown.
    pub(crate) fn arrived(&mut self, loader: &str) {
        if self.document.loader != loader {
            let (url, commits) = (std::mem::take(&mut self.document.url), self.document.commits + 1);
            self.document = Document { loader: loader.to_owned(), url, commits, ..Document::default() };
            self.dialog = None;
        }
        self.document.is_leaving = false;
        if self.crashed {
            self.crashed = false;
            self.tab.spot = Spot::new(self.tab.spot.session);
        }
    }
}

impl Document {
    /// Takes note of a `Page.lifecycleEvent`.
    pub(crate) fn reached(&mut self, loader: &str, name: &str) {
        if self.loader == loader {
            self.dom_content_loaded |= matches!(name, "DOMContentLoaded" | "load");
            self.loaded |= name == "load";
            self.network_idle |= name == "networkIdle";
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(id: &str, digit: u8) -> Page {
        let session = SessionKey::parse(&[digit; 32]).unwrap();
        let tab = Tab { id: id.to_owned(), spot: Spot::new(session) };
        Page { tab, crashed: false, document: Document::default(), dialog: None }
    }

    #[test]
    fn the_current_page_stays_until_it_closes_and_then_the_last_opened_follows() {
        let pages = vec![page("a", b'A'), page("b", b'B'), page("c", b'C')];
        let mut model = Model { pages, current: Some("b".to_owned()), ..Model::default() };
        assert_eq!(model.current().unwrap().tab.id, "b");
        let lost = model.page("b").unwrap().tab.spot.lost.clone();
        model.forget_session(SessionKey::parse(&[b'B'; 32]).unwrap());
        assert!(lost.is_cancelled());
        assert_eq!(model.current().unwrap().tab.id, "c");
    }

    #[test]
    fn a_new_document_has_loaded_nothing() {
        let mut page = page("a", b'A');
        page.arrived("1");
        page.document.reached("1", "load");
        page.document.reached("0", "networkIdle");
        page.arrived("1");
        assert_eq!((page.document.loaded, page.document.network_idle, page.document.commits), (true, false, 1));
        page.arrived("2");
        assert_eq!((page.document.loaded, page.document.commits), (false, 2));
    }
}
