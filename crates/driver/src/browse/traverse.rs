//! Back and forward in the page's history.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{location::Whereabouts, navigate::WaitUntil};
use crate::{deadline::Deadline, driver::Driver, error::Error, model::Document};

/// Where a step in the history led.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Traversed {
    /// The address now.
    pub url: String,
    /// The title now.
    pub title: String,
    /// False where there is nothing in that direction; the address is the old one then.
    pub navigated: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct History {
    current_index: usize,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: i64,
}

impl Driver {
    /// One step back.
    ///
    /// # Errors
    /// As [`Driver::navigate`].
    pub async fn go_back(&self, wait: WaitUntil, timeout: Duration) -> Result<Traversed, Error> {
        self.traverse(|index| index.checked_sub(1), wait, timeout).await
    }

    /// One step forward.
    ///
    /// # Errors
    /// As [`Driver::navigate`].
    pub async fn go_forward(&self, wait: WaitUntil, timeout: Duration) -> Result<Traversed, Error> {
        self.traverse(|index| index.checked_add(1), wait, timeout).await
    }

    async fn traverse(
        &self,
        step: impl Fn(usize) -> Option<usize>,
        wait: WaitUntil,
        timeout: Duration,
    ) -> Result<Traversed, Error> {
        let deadline = Deadline::after(timeout);
        let tab = self.begin_navigation(deadline).await?;
        let history: History = self.shared.call(&tab.spot, "Page.getNavigationHistory", &json!({}), deadline).await?;
        let entry = step(history.current_index).and_then(|index| history.entries.get(index));
        if let Some(entry) = entry {
            let before = self.shared.commits(&tab);
            let params = json!({ "entryId": entry.id });
            let _: Value = self.shared.call(&tab.spot, "Page.navigateToHistoryEntry", &params, deadline).await?;
            let is_there = |document: &Document| document.commits > before;
            let document = self.shared.loaded(&tab, wait, deadline, is_there).await?;
            if document.failed || self.shared.unreachable(&tab, deadline).await.is_some() {
                return Err(Error::Network { code: "net::ERR_FAILED".to_owned() });
            }
        }
        let Whereabouts { url, title, .. } = self.shared.location(&tab, deadline).await;
        Ok(Traversed { url, title, navigated: entry.is_some() })
    }
}
