//! What becomes of pages: documents, titles, dialogs, downloads, beginning and end.

use serde::{Deserialize, Serialize};

/// A main frame's new document, or a new address of the same one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Navigation {
    /// The page.
    pub page: String,
    /// Where it is now.
    pub url: String,
    /// The title, as far as known by then.
    pub title: String,
    /// Whether the document stayed (`history.pushState`, fragments).
    #[serde(default)]
    pub same_document: bool,
    /// Why the address could not be shown, where an error page is shown instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// A new title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Title {
    /// The page.
    pub page: String,
    /// Its title now.
    pub title: String,
}

/// `Page.javascriptDialogOpening`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialog {
    /// The page.
    pub page: String,
    /// `alert`, `confirm`, `prompt` or `beforeunload`.
    pub r#type: String,
    /// Its text.
    pub message: String,
    /// What a prompt offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_value: Option<String>,
}

/// `Page.javascriptDialogClosed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialogClosed {
    /// The page.
    pub page: String,
    /// Whether it was accepted.
    pub accepted: bool,
}

/// A download that is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Download {
    /// The browser's id.
    pub guid: String,
    /// From where.
    pub url: String,
    /// The name that the site proposed.
    pub filename: String,
    /// Bytes received.
    pub bytes: u64,
    /// Whether all of it came.
    pub completed: bool,
}

/// A page's beginning or end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Its target id.
    pub page: String,
    /// What became of it.
    pub change: PageChange,
}

/// What becomes of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageChange {
    /// It opened.
    Opened,
    /// It closed.
    Closed,
    /// Its renderer died.
    Crashed,
}
