//! What a caller wants kept beside an act: the page's HTML, the console's last lines.

use std::time::Duration;

use hangar_store::{EntriesPage, ObjectKind};
use serde_json::{Value, json};

use super::Remark;
use crate::{Control, objects::NewObject, sessions::Live};

/// How long a page may take to show itself once an act is over.
pub(super) const LOOK: Duration = Duration::from_secs(3);

/// Console lines that are kept beside an act.
const LINES: u64 = 200;

impl Control {
    /// Keeps what was asked for and names it in the act's details. What cannot be had is left out: the act is over.
    pub(super) async fn keep_evidence(&self, live: &Live, remark: &Remark, details: &mut Value) {
        let mut kept = Vec::new();
        if remark.capture_html
            && let Some(driver) = live.hands.driver.get()
            && let Ok(html) = driver.html(LOOK).await
        {
            kept.extend(self.keep(live, "html", "text/html; charset=utf-8", html).await);
        }
        if remark.capture_logs {
            let lines = self.console_tail(live).await;
            kept.extend(self.keep(live, "logs", "application/x-ndjson", lines).await);
        }
        details["evidence"] = json!(kept);
    }

    async fn keep(&self, live: &Live, what: &str, content_type: &str, text: String) -> Option<Value> {
        let object = NewObject {
            account: live.spec().account,
            session: live.id(),
            kind: ObjectKind::Evidence,
            name: None,
            content_type: content_type.to_owned(),
            metadata: None,
            bytes: text.into(),
        };
        match self.keep_object(object).await {
            Ok(row) => Some(json!({ "type": what, "objectId": row.id })),
            Err(error) => {
                tracing::warn!(%error, session.id = %live.id(), what, "evidence could not be kept");
                None
            }
        }
    }

    async fn console_tail(&self, live: &Live) -> String {
        if let Some(timeline) = &live.memory.timeline {
            timeline.flush().await;
        }
        let page = EntriesPage { kind: Some("console"), after: 0, offset: 0, limit: LINES, newest_first: true };
        let mut lines = self.store.timeline_page(live.number(), page).await.unwrap_or_default();
        lines.reverse();
        let lines = lines.iter().filter_map(|line| serde_json::to_string(&line.entry).ok());
        lines.fold(String::new(), |text, line| text + &line + "\n")
    }
}
