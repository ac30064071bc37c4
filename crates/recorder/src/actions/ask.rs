//! Asking a page, in the background and not for long.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::Notary;
use crate::targets::Kind;

/// How long a page may take to say what was clicked or typed into.
const ASKING: Duration = Duration::from_millis(300);

impl Notary {
    /// What an expression is worth in a page, where it says so in time.
    pub(super) async fn ask(&self, target: Option<&str>, expression: &str) -> Option<Value> {
        #[derive(Deserialize)]
        struct Evaluated {
            result: Evaluation,
        }
        #[derive(Deserialize)]
        struct Evaluation {
            value: Option<Value>,
        }
        let session = {
            let state = self.shared.lock();
            let session = state.session_of(target?)?;
            let kind = state.targets.get(&session)?.kind;
            matches!(kind, Kind::Page | Kind::Frame).then_some(session)?
        };
        let params = json!({ "expression": expression, "returnByValue": true, "silent": true, "timeout": 200 });
        let asked = self.shared.session.call_on(session, "Runtime.evaluate", &params);
        let reply = timeout(ASKING, asked).await.ok()?.ok()?;
        if reply.get().len() > 16 << 10 {
            return None;
        }
        serde_json::from_str::<Evaluated>(reply.get()).ok()?.result.value
    }
}
