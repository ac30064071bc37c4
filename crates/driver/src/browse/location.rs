//! Where the current page is.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use crate::{
    deadline::Deadline,
    driver::{Driver, Shared},
    error::Error,
    frames::Frame,
    model::Tab,
};

/// How long the page itself is asked before the browser is.
const PAGE_LIMIT: Duration = Duration::from_secs(1);

/// How long the browser is asked.
const BROWSER_LIMIT: Duration = Duration::from_secs(1);

/// Where Chromium shows that an address could not be loaded.
const ERROR_PAGE: &str = "chrome-error:";

#[derive(Deserialize)]
pub(super) struct Whereabouts {
    pub(super) url: String,
    pub(super) title: String,
    /// What stands in the place of the document where it may come from the egress proxy.
    pub(super) said: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InfoReply {
    target_info: Whereabouts,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TreeReply {
    frame_tree: TreeRoot,
}

#[derive(Deserialize)]
struct TreeRoot {
    frame: RootFrame,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RootFrame {
    unreachable_url: Option<String>,
}

impl Driver {
    /// Address and title of the current page. Comes within about two seconds also from a page that hangs, has crashed, or
    /// shows a dialog: then as the browser last knew them.
    ///
    /// # Errors
    /// [`Error::Gone`] without a browser.
    pub async fn location(&self) -> Result<(String, String), Error> {
        let tab = self.shared.lock().current().map(|page| page.tab.clone());
        match tab {
            Some(tab) => {
                let Whereabouts { url, title, .. } = self.shared.location(&tab, Deadline::after(PAGE_LIMIT)).await;
                Ok((url, title))
            }
            None if self.shared.mux.is_ended() => Err(Error::Gone),
            None => Ok(("about:blank".to_owned(), String::new())),
        }
    }
}

impl Shared {
    pub(super) async fn location(&self, tab: &Tab, deadline: Deadline) -> Whereabouts {
        let deadline = deadline.at_most(PAGE_LIMIT);
        let is_blocked = self.lock().page(&tab.id).is_none_or(|page| page.crashed || page.dialog.is_some());
        let said = match is_blocked {
            true => None,
            false => self.tool::<Whereabouts>(&Frame::main(tab), "location", &[], deadline).await.ok(),
        };
        let mut found = match said {
            Some(said) => said,
            None => self.told_by_browser(tab).await,
        };
        if found.url.starts_with(ERROR_PAGE) {
            found.url = self.unreachable(tab, deadline).await.unwrap_or(found.url);
        }
        found
    }

    /// The address that an error page stands for; none where the page shows what it was asked for.
    pub(super) async fn unreachable(&self, tab: &Tab, deadline: Deadline) -> Option<String> {
        let reply = self.call::<TreeReply>(&tab.spot, "Page.getFrameTree", &json!({}), deadline).await;
        reply.ok()?.frame_tree.frame.unreachable_url
    }

    async fn told_by_browser(&self, tab: &Tab) -> Whereabouts {
        let params = json!({ "targetId": tab.id });
        let asked = self.session.call("Target.getTargetInfo", &params);
        let reply = tokio::time::timeout(BROWSER_LIMIT, asked).await;
        let told = reply.ok().and_then(Result::ok).and_then(|it| serde_json::from_str::<InfoReply>(it.get()).ok());
        told.map_or_else(
            || {
                let known = self.lock().page(&tab.id).map(|page| page.document.url.clone());
                Whereabouts { url: known.unwrap_or_default(), title: String::new(), said: None }
            },
            |reply| reply.target_info,
        )
    }
}
