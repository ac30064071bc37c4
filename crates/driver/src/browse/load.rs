//! Waiting for a document to load (CDP `Page.lifecycleEvent`; the Network domain is not needed).

use super::navigate::WaitUntil;
use crate::{
    deadline::Deadline,
    driver::Shared,
    error::{DIALOG, Error},
    model::{Document, Tab},
};

impl WaitUntil {
    fn is_reached(self, document: &Document) -> bool {
        match self {
            Self::Load => document.loaded,
            Self::DomContentLoaded => document.dom_content_loaded,
            Self::NetworkIdle => document.network_idle,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Load => "the load event",
            Self::DomContentLoaded => "the DOMContentLoaded event",
            Self::NetworkIdle => "half a second without requests",
        }
    }
}

impl Shared {
    /// Waits until `is_there` says that the document is the awaited one, and it has loaded as far as wanted. A document
    /// that kept its place with a new address needs no loading.
    pub(super) async fn loaded(
        &self,
        tab: &Tab,
        wait: WaitUntil,
        deadline: Deadline,
        is_there: impl Fn(&Document) -> bool,
    ) -> Result<Document, Error> {
        let seen = self.until(deadline, |model| match model.page(&tab.id) {
            None => Some(Err(Error::PageNavigated)),
            Some(page) if page.crashed => Some(Err(Error::Crashed)),
            Some(page) if !is_there(&page.document) => None,
            Some(page) if page.document.same_document || wait.is_reached(&page.document) => {
                Some(Ok(page.document.clone()))
            }
            Some(_) => None,
        });
        match seen.await {
            Some(Err(Error::PageNavigated)) if self.mux.is_ended() => Err(Error::Gone),
            Some(result) => result,
            None => Err(self.navigation_timeout(tab, wait, deadline, is_there)),
        }
    }

    fn navigation_timeout(
        &self,
        tab: &Tab,
        wait: WaitUntil,
        deadline: Deadline,
        is_there: impl Fn(&Document) -> bool,
    ) -> Error {
        let model = self.lock();
        let page = model.page(&tab.id);
        let why = match page {
            Some(page) if page.dialog.is_some() => DIALOG.to_owned(),
            Some(page) if is_there(&page.document) => format!("the page is shown but {} has not come", wait.name()),
            _ => "the address has not answered".to_owned(),
        };
        Error::NavigationTimeout { limit: deadline.limit(), why }
    }
}
