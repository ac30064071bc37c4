//! The pages that are open, and which of them is acted in.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{deadline::Deadline, driver::Driver, error::Error, model::Tab};

/// How long a page may take to come to the front.
const FRONT_LIMIT: std::time::Duration = std::time::Duration::from_secs(5);

/// A page that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PageInfo {
    /// Its target id (CDP `Target.TargetID`).
    pub id: String,
    /// Its address.
    pub url: String,
    /// Its title.
    pub title: String,
    /// Whether actions act in it.
    pub current: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Targets {
    target_infos: Vec<Target>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    target_id: String,
    url: String,
    title: String,
}

impl Driver {
    /// The pages in the order in which they were opened. Asks the browser, not the pages, so that none can hold it up.
    ///
    /// # Errors
    /// [`Error::Gone`] or [`Error::Protocol`] where the browser does not answer.
    pub async fn pages(&self) -> Result<Vec<PageInfo>, Error> {
        const METHOD: &str = "Target.getTargets";
        let refused = |error| Error::refused(METHOD, error);
        let reply = self.shared.session.call(METHOD, &json!({})).await.map_err(refused)?;
        let reply: Targets = serde_json::from_str(reply.get()).map_err(|_| Error::unreadable(METHOD))?;
        let mut told: HashMap<String, Target> =
            reply.target_infos.into_iter().map(|target| (target.target_id.clone(), target)).collect();
        let model = self.shared.lock();
        let current = model.current().map(|page| page.tab.id.clone());
        let pages = model.pages.iter().filter_map(|page| told.remove(&page.tab.id));
        Ok(pages
            .map(|Target { target_id: id, url, title }| {
                let current = current.as_ref() == Some(&id);
                PageInfo { id, url, title, current }
            })
            .collect())
    }

    /// Makes a page the current one and brings it to the front.
    ///
    /// # Errors
    /// [`Error::Invalid`] where there is no such page.
    pub async fn switch_to(&self, page: &str) -> Result<(), Error> {
        let mut found: Option<Tab> = None;
        self.shared.change(|model| {
            found = model.page(page).map(|page| page.tab.clone());
            if let Some(tab) = &found {
                model.current = Some(tab.id.clone());
            }
        });
        let tab = found.ok_or_else(|| Error::invalid("there is no such page", "List the pages first."))?;
        let deadline = Deadline::after(FRONT_LIMIT);
        let _: Value = self.shared.call(&tab.spot, "Page.bringToFront", &json!({}), deadline).await?;
        Ok(())
    }
}
