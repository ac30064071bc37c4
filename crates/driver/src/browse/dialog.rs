//! JavaScript dialogs, which are held until somebody answers (CDP `Page.javascriptDialogOpening`).

use std::time::Duration;

use hangar_cdp::SessionKey;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    deadline::Deadline,
    driver::Driver,
    error::Error,
    model::{Model, Page, Spot, Tab},
};

/// How long the browser may take to take an answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// How long it may take to say that the dialog is closed.
const CLOSED_LIMIT: Duration = Duration::from_secs(1);

/// A dialog that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(serialize = "camelCase"))]
pub struct Dialog {
    /// Which.
    #[serde(rename = "type")]
    pub kind: DialogKind,
    /// Its text, as the page wrote it.
    #[serde(default)]
    pub message: String,
    /// What a prompt offers; empty for others.
    #[serde(default, rename(deserialize = "defaultPrompt"))]
    pub default_value: String,
}

/// The dialogs that there are (`Page.DialogType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DialogKind {
    /// Only OK.
    Alert,
    /// OK or cancel.
    Confirm,
    /// Asks for a text.
    Prompt,
    /// Asks whether to leave the page.
    BeforeUnload,
}

impl DialogKind {
    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Confirm => "confirm",
            Self::Prompt => "prompt",
            Self::BeforeUnload => "beforeunload",
        }
    }
}

impl Driver {
    /// The dialog that is open on the current page. Never waits.
    #[must_use]
    pub fn dialog(&self) -> Option<Dialog> {
        let model = self.shared.lock();
        model.current()?.dialog.as_ref().map(|(_, dialog)| dialog.clone())
    }

    /// The dialogs that are open, each with its page's target id. Never waits.
    #[must_use]
    pub fn dialogs(&self) -> Vec<(String, Dialog)> {
        let model = self.shared.lock();
        let open = model.pages.iter().filter_map(|page| Some((page.tab.id.clone(), page.dialog.as_ref()?.1.clone())));
        open.collect()
    }

    /// Accepts or dismisses the current page's dialog; `text` answers a prompt. False where none was open. Does not wait
    /// for the page's scripts, so that it may run beside an action that waits for the dialog.
    ///
    /// # Errors
    /// [`Error::Gone`], [`Error::Protocol`] or [`Error::OperationTimeout`] where the browser does not take it.
    pub async fn answer_dialog(&self, accept: bool, text: Option<&str>) -> Result<bool, Error> {
        let open = open_on(self.shared.lock().current());
        self.answer(open, accept, text).await
    }

    /// The same on the page with this target id.
    ///
    /// # Errors
    /// As [`Driver::answer_dialog`].
    pub async fn answer_dialog_on(&self, page: &str, accept: bool, text: Option<&str>) -> Result<bool, Error> {
        let open = open_on(self.shared.lock().page(page));
        self.answer(open, accept, text).await
    }

    async fn answer(&self, open: Option<Open>, accept: bool, text: Option<&str>) -> Result<bool, Error> {
        let Some((tab, answered)) = open else { return Ok(false) };
        let mut params = json!({ "accept": accept });
        if let Some(text) = text {
            params["promptText"] = json!(text);
        }
        let deadline = Deadline::after(ANSWER_LIMIT);
        let spot = Spot { session: answered.0, lost: tab.spot.lost.clone() };
        match self.shared.call_raw(&spot, "Page.handleJavaScriptDialog", &params, deadline).await {
            Ok(_) => {}
            // Somebody else was quicker, or the page has gone.
            Err(Error::Protocol { message, .. }) if message.contains("No dialog") => return Ok(false),
            Err(Error::PageNavigated) => return Ok(false),
            Err(error) => return Err(error),
        }
        // So that whoever asks next is not told of it again. The page may open the next one at once.
        let closed = |model: &Model| model.page(&tab.id).is_none_or(|page| page.dialog.as_ref() != Some(&answered));
        self.shared.until(deadline.at_most(CLOSED_LIMIT), |model| closed(model).then_some(())).await;
        Ok(true)
    }
}

/// A page and the dialog that is open on it, with the session that it was told on.
type Open = (Tab, (SessionKey, Dialog));

fn open_on(page: Option<&Page>) -> Option<Open> {
    page.and_then(|page| Some((page.tab.clone(), page.dialog.clone()?)))
}
