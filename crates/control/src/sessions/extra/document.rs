//! When a page shows another document than the one it shows now.
//!
//! Chromium tells that something of a target has changed; whether it is the document is asked of the page. It must never
//! enable the `Page` domain: dialogs would then stay open that nobody answers.

use std::time::Duration;

use hangar_cdp::{
    Mux, SessionKey,
    mux::{AttachedToTarget, CallError, Event, Events, InternalSession, TargetInfo},
};
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;

/// How long a page may take to say what it shows.
const ASKING: Duration = Duration::from_secs(1);

/// The document that a page shows, and the eyes that were kept on it.
pub(super) struct Document {
    session: InternalSession,
    events: Events,
    page: SessionKey,
    target: String,
    /// `Network.LoaderId`: another one is another document. `None` where the page did not say.
    loader: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Changed {
    target_info: TargetInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    frame_tree: FrameTree,
}

#[derive(Deserialize)]
struct FrameTree {
    frame: Frame,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Frame {
    loader_id: String,
}

impl Document {
    /// Keeps an eye on what the page of this target shows now.
    ///
    /// # Errors
    /// [`CallError`] where there is no such page or the browser does not answer as it should.
    pub(super) async fn of(mux: &Mux, target: &str) -> Result<Self, CallError> {
        let (session, mut events) = mux.open_session().await?;
        let attach = json!({ "targetId": target, "flatten": true });
        session.call("Target.attachToTarget", &attach).await?;
        let page = loop {
            // It is told of the session before it is told that the call succeeded.
            let event = events.recv().await.ok_or(CallError::Closed)?;
            if event.method == "Target.attachedToTarget" {
                break attached(&session, &event)?;
            }
        };
        let discover = json!({ "discover": true, "filter": [{ "type": "page" }] });
        session.call("Target.setDiscoverTargets", &discover).await?;
        let mut document = Self { session, events, page, target: target.to_owned(), loader: None };
        document.loader = document.ask().await;
        Ok(document)
    }

    /// Waits until the page shows another one; for ever once the browser is gone.
    pub(super) async fn left(mut self) {
        while let Some(event) = self.events.recv().await {
            let changed: Option<Changed> = match event.method.as_str() {
                "Target.targetInfoChanged" => event.params(),
                _ => None,
            };
            if changed.is_none_or(|changed| changed.target_info.target_id != self.target) {
                continue;
            }
            let now = self.ask().await;
            if now.is_some() && self.loader.is_some() && now != self.loader {
                return;
            }
            self.loader = self.loader.or(now);
        }
        std::future::pending().await
    }

    async fn ask(&self) -> Option<String> {
        let nothing = json!({});
        let told = timeout(ASKING, self.session.call_on(self.page, "Page.getFrameTree", &nothing)).await.ok()?.ok()?;
        let told: Told = serde_json::from_str(told.get()).ok()?;
        Some(told.frame_tree.frame.loader_id)
    }
}

fn attached(session: &InternalSession, event: &Event) -> Result<SessionKey, CallError> {
    let attached: AttachedToTarget = event.params().ok_or(CallError::Unreadable)?;
    let page = SessionKey::parse(attached.session_id.as_bytes()).ok_or(CallError::Unreadable)?;
    session.equip(page, &attached.target_info);
    Ok(page)
}
