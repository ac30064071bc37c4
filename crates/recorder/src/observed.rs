//! What the session shows now.

use hangar_domain::timeline::Dialog;

/// What the session shows now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// Pages that are open, oldest first.
    pub pages: Vec<ObservedPage>,
    /// The page in which something happened last.
    pub active: Option<String>,
    /// The JavaScript dialog that waits for an answer.
    pub dialog: Option<Dialog>,
}

/// A page that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedPage {
    /// Its target id.
    pub id: String,
    /// Where it is; redacted.
    pub url: String,
    /// Its title; redacted, empty where it has none.
    pub title: String,
}

impl Observed {
    pub(crate) fn page(&mut self, id: &str) -> Option<&mut ObservedPage> {
        self.pages.iter_mut().find(|page| page.id == id)
    }

    /// The page in which something happened last.
    #[must_use]
    pub fn active_page(&self) -> Option<&ObservedPage> {
        let active = self.active.as_deref();
        self.pages.iter().find(|page| Some(page.id.as_str()) == active).or(self.pages.last())
    }
}
