//! Which process does the browser's networking: Chromium may begin another when one breaks.

use serde::Deserialize;
use serde_json::json;

use crate::shared::Shared;

/// `SystemInfo.getProcessInfo`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Processes {
    process_info: Vec<Process>,
}

#[derive(Deserialize)]
struct Process {
    r#type: String,
    id: u64,
}

/// Its id, as the browser counts processes. A browser that is young begins it for this.
pub(super) async fn find(shared: &Shared) -> Option<u64> {
    if let Some(id) = listed(shared).await {
        return Some(id);
    }
    // It keeps the cookies, so that there is one once they have been told.
    shared.session.call("Storage.getCookies", &json!({})).await.ok()?;
    listed(shared).await
}

async fn listed(shared: &Shared) -> Option<u64> {
    let told = shared.session.call("SystemInfo.getProcessInfo", &json!({})).await.ok()?;
    let processes: Processes = serde_json::from_str(told.get()).ok()?;
    processes.process_info.into_iter().find(|process| process.r#type.starts_with("network")).map(|process| process.id)
}
