//! Going to an address.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{location::Whereabouts, proxy};
use crate::{
    address,
    deadline::Deadline,
    driver::{Driver, Shared},
    error::Error,
    model::Tab,
};

/// How far a document must have loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WaitUntil {
    /// The `load` event.
    #[default]
    Load,
    /// The `DOMContentLoaded` event.
    DomContentLoaded,
    /// No requests for 500 ms.
    NetworkIdle,
}

/// Where a navigation led.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Visited {
    /// After redirects.
    pub url: String,
    /// The document's title.
    pub title: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Navigation {
    loader_id: Option<String>,
    error_text: Option<String>,
}

/// An answer without a body and with a status of 400 or more: Chromium shows a page of its own, which is what the site
/// wanted to say.
const EMPTY_ERROR: &str = "net::ERR_HTTP_RESPONSE_CODE_FAILURE";

impl Driver {
    /// Goes to an address and waits for its document; at once where only the fragment changes. A page that had crashed
    /// starts anew.
    ///
    /// # Errors
    /// [`Error::Invalid`] for addresses without protocol or not of the web; [`Error::Network`] where it could not be
    /// loaded, and, as `net::ERR_ABORTED`, where it is a download or answers with nothing; [`Error::NavigationTimeout`].
    pub async fn navigate(&self, url: &str, wait: WaitUntil, timeout: Duration) -> Result<Visited, Error> {
        let url = address::check(url)?;
        let deadline = Deadline::after(timeout);
        let tab = self.begin_navigation(deadline).await?;
        let before = self.shared.commits(&tab);
        let started = self.shared.go(&tab, &url, wait, deadline).await?;
        match started.error_text {
            Some(text) if text != EMPTY_ERROR => return Err(Error::Network { code: text }),
            _ => {}
        }
        if let Some(loader) = started.loader_id {
            // A page that sends the browser on at once is followed.
            let is_there = |document: &crate::model::Document| {
                document.loader == loader || (document.commits > before && !document.same_document)
            };
            self.shared.loaded(&tab, wait, deadline, is_there).await?;
        }
        let Whereabouts { url, title, said } = self.shared.location(&tab, deadline).await;
        match said.as_deref().and_then(proxy::failure) {
            Some(code) => Err(Error::Network { code: code.to_owned() }),
            None => Ok(Visited { url, title }),
        }
    }
}

impl Shared {
    pub(super) fn commits(&self, tab: &Tab) -> u64 {
        self.lock().page(&tab.id).map_or(0, |page| page.document.commits)
    }

    async fn go(&self, tab: &Tab, url: &str, wait: WaitUntil, deadline: Deadline) -> Result<Navigation, Error> {
        let params = json!({ "url": url });
        match self.call(&tab.spot, "Page.navigate", &params, deadline).await {
            Err(Error::OperationTimeout { .. }) => {
                // Only to say what was waited for: the deadline is over.
                Err(self.loaded(tab, wait, deadline, |_| false).await.err().unwrap_or(Error::PageNavigated))
            }
            Err(Error::Protocol { message, .. }) if message.contains("invalid URL") => {
                Err(Error::invalid("the address is not a valid URL", "Begin it with https:// and a host."))
            }
            other => other,
        }
    }
}
