//! JavaScript dialogs, which are held until somebody answers (CDP `Page.javascriptDialogOpening`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{driver::Driver, error::Error};

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

    /// Accepts or dismisses it; `text` answers a prompt. False where none was open. Acts without waiting for the page, so
    /// it may run beside an action that waits for the dialog.
    ///
    /// # Errors
    /// [`Error::Gone`] or [`Error::Protocol`] where the browser does not take it.
    pub async fn answer_dialog(&self, accept: bool, text: Option<&str>) -> Result<bool, Error> {
        const METHOD: &str = "Page.handleJavaScriptDialog";
        let Some((tab, session)) = ({
            let model = self.shared.lock();
            let page = model.current();
            page.and_then(|page| page.dialog.as_ref().map(|(session, _)| (page.tab.id.clone(), *session)))
        }) else {
            return Ok(false);
        };
        let mut params = json!({ "accept": accept });
        if let Some(text) = text {
            params["promptText"] = json!(text);
        }
        let reply = self.shared.session.call_on(session, METHOD, &params).await;
        self.shared.change(|model| {
            let page = model.pages.iter_mut().find(|page| page.tab.id == tab);
            page.into_iter().for_each(|page| page.dialog = None);
        });
        match reply.map_err(|error| Error::refused(METHOD, error)) {
            Ok(_) => Ok(true),
            // Somebody else was quicker.
            Err(Error::Protocol { message, .. }) if message.contains("No dialog") => Ok(false),
            Err(Error::PageNavigated) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
