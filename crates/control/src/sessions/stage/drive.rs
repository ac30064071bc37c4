//! A person's wishes that the browser answers: tabs, addresses, history, the selection. Nobody waits for the answer: what
//! goes wrong is told when it does.

use hangar_cdp::{SessionKey, filter, mux::CallError};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{
    selection,
    tabs::Tab,
    viewer::{Notice, Refused, Viewer},
};

/// Most characters that are copied out of a page.
const LONGEST_COPY: usize = 1 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct History {
    current_index: i64,
    entries: Vec<Visit>,
}

#[derive(Deserialize)]
struct Visit {
    id: i64,
}

impl Viewer {
    pub(super) fn open(&self) {
        self.note("open_tab", json!({}));
        let (scene, notices) = (self.scene.clone(), self.notices.clone());
        tokio::spawn(async move {
            let params = json!({ "url": "about:blank" });
            if let Err(error) = scene.session.call("Target.createTarget", &params).await {
                fail(&notices, &error);
            }
        });
    }

    pub(super) fn close(&self, tab: &Tab) {
        self.note("close_tab", json!({ "url": tab.url }));
        self.scene.expect_close(&tab.id);
        let root = self.scene.session.root();
        self.scene.session.send_on(root, "Target.closeTarget", &json!({ "targetId": tab.id }));
    }

    pub(super) fn navigate(&self, page: SessionKey, url: &str) -> Result<(), Refused> {
        filter::may_open(url).map_err(|_| Refused::Address)?;
        self.note("navigate", json!({ "url": url }));
        let (scene, notices, params) = (self.scene.clone(), self.notices.clone(), json!({ "url": url }));
        tokio::spawn(async move {
            match scene.session.call_on(page, "Page.navigate", &params).await {
                Ok(reply) => {
                    let reply: Value = serde_json::from_str(reply.get()).unwrap_or_default();
                    if let Some(text) = reply["errorText"].as_str() {
                        tell(&notices, Notice::Failed(text.to_owned()));
                    }
                }
                Err(error) => fail(&notices, &error),
            }
        });
        Ok(())
    }

    pub(super) fn go(&self, page: SessionKey, step: i64) {
        self.note(if step < 0 { "back" } else { "forward" }, json!({}));
        let (scene, notices) = (self.scene.clone(), self.notices.clone());
        tokio::spawn(async move {
            let gone = async {
                let reply = scene.session.call_on(page, "Page.getNavigationHistory", &json!({})).await?;
                let history: History = serde_json::from_str(reply.get()).map_err(|_| CallError::Unreadable)?;
                let index = usize::try_from(history.current_index + step).ok();
                if let Some(visit) = index.and_then(|index| history.entries.get(index)) {
                    let params = json!({ "entryId": visit.id });
                    scene.session.call_on(page, "Page.navigateToHistoryEntry", &params).await?;
                }
                Ok(())
            };
            if let Err(error) = gone.await {
                fail(&notices, &error);
            }
        });
    }

    /// Copies what is selected in a page, wherever in its frames that is.
    pub(super) fn copy(&self, page: SessionKey, frames: Vec<SessionKey>) {
        let (scene, notices) = (self.scene.clone(), self.notices.clone());
        tokio::spawn(async move {
            match selection::read(&scene.session, page, &frames).await {
                Ok(text) => tell(&notices, Notice::Copied(text.chars().take(LONGEST_COPY).collect())),
                Err(error) => fail(&notices, &error),
            }
        });
    }
}

fn fail(notices: &mpsc::Sender<Notice>, error: &CallError) {
    let text = match error {
        CallError::Refused(refusal) => refusal.message.clone(),
        CallError::Closed | CallError::Unreadable => "The browser did not answer".to_owned(),
    };
    tell(notices, Notice::Failed(text));
}

/// A viewer who does not read misses what it is told.
fn tell(notices: &mpsc::Sender<Notice>, notice: Notice) {
    let _missed = notices.try_send(notice);
}
