//! What the browser tells of pages, their frames, dialogs and wishes for files.

use std::sync::atomic::Ordering::Relaxed;

use hangar_cdp::{
    SessionKey,
    mux::{AttachedToTarget, Event},
};
use serde::Deserialize;
use serde_json::json;

use super::{PageInfo, Scene, attach_to};
use crate::sessions::stage::{tabs::Tab, token::Token};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TargetEvent {
    target_info: PageInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detached {
    session_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Destroyed {
    target_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DialogOpening {
    r#type: String,
    message: String,
    #[serde(default)]
    default_prompt: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FileChooser {
    mode: String,
    backend_node_id: Option<i64>,
}

impl Scene {
    pub(super) fn heard(&self, event: &Event, token: Token) {
        match event.method.as_str() {
            "Target.targetCreated" | "Target.targetInfoChanged" => {
                let Some(TargetEvent { target_info: page }) = event.params() else { return };
                if page.r#type == "page" {
                    self.change(|tabs| tabs.seen(&page.target_id, &page.title, &page.url));
                }
            }
            "Target.targetDestroyed" => {
                let Some(Destroyed { target_id }) = event.params() else { return };
                self.door.set_dialog(&target_id, false);
                self.door.forget_target(&target_id);
                self.change(|tabs| tabs.gone(&target_id));
            }
            "Target.attachedToTarget" => self.attached(event, token),
            "Target.detachedFromTarget" => {
                let Some(Detached { session_id }) = event.params() else { return };
                let Some(session) = SessionKey::parse(session_id.as_bytes()) else { return };
                self.change(|tabs| tabs.frame_gone(session));
            }
            "Page.javascriptDialogOpening" => {
                let Some(DialogOpening { r#type, message, default_prompt }) = event.params() else { return };
                let dialog = (r#type.as_str(), message.as_str(), default_prompt.as_str());
                self.dialog(event.session, Some(dialog));
            }
            "Page.javascriptDialogClosed" => self.dialog(event.session, None),
            "Page.fileChooserOpened" => {
                let Some(FileChooser { mode, backend_node_id: Some(node) }) = event.params() else { return };
                self.change(|tabs| tabs.chooser(event.session, node, mode == "selectMultiple"));
            }
            "Inspector.targetCrashed" => self.change(|tabs| tabs.crashed(event.session, true)),
            "Inspector.targetReloadedAfterCrash" => self.change(|tabs| tabs.crashed(event.session, false)),
            _ => {}
        }
    }

    fn attached(&self, event: &Event, token: Token) {
        let Some(AttachedToTarget { session_id, target_info }) = event.params() else { return };
        let Some(session) = SessionKey::parse(session_id.as_bytes()) else { return };
        self.session.equip(session, &target_info);
        self.session.send_on(session, "Page.enable", &json!({}));
        self.intercept_choosers(session, token);
        // Frames that have a process of their own, which is where they ask for files and hold what is selected.
        self.session.send_on(session, "Target.setAutoAttach", &attach_to("iframe"));
        if target_info.r#type == "page" {
            self.session.send_on(session, "Inspector.enable", &json!({}));
            self.change(|tabs| tabs.attached(&target_info.target_id, session));
        } else {
            self.change(|tabs| tabs.frame_attached(event.session, session));
        }
    }

    fn dialog(&self, session: SessionKey, dialog: Option<(&str, &str, &str)>) {
        let is_open = dialog.is_some();
        let Some(target) = self.change(|tabs| tabs.dialog(session, dialog)) else { return };
        self.door.set_dialog(&target, is_open);
        if is_open {
            // It holds its page up until somebody sees it.
            self.change(|tabs| tabs.acted(&target));
            let tab = self.lock().get(&target).cloned();
            tab.iter().for_each(|tab| self.let_dialog_go(tab));
        }
    }

    /// Answers a page's dialog as Chromium does where nobody has enabled `Page`, if nobody is there who could answer it: a
    /// page is left, everything else is dismissed.
    pub(super) fn let_dialog_go(&self, tab: &Tab) {
        let (Some(session), Some(dialog)) = (tab.session, &tab.dialog) else { return };
        if self.controllers.load(Relaxed) == 0 && !self.door.is_answered(&tab.id) {
            let answer = json!({ "accept": dialog.kind == "beforeunload" });
            self.session.send_on(session, "Page.handleJavaScriptDialog", &answer);
        }
    }
}
