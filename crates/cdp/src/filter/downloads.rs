//! Downloads go to the session's folder, wherever the client wanted them. Refusing the path instead would break
//! Playwright, which always sends one.

use serde_json::Value;

use super::Verdict;
use super::answer::Answer;
use super::command::Command;

/// `Browser.setDownloadBehavior` and `Page.setDownloadBehavior`: the behaviour stays, the path does not.
pub(super) fn set_behavior(command: &Command<'_>) -> Result<Verdict, Answer> {
    let mut params = command.object()?;
    params.remove("downloadPath");
    match params.get("behavior").and_then(Value::as_str) {
        Some("allow" | "allowAndName") => {
            let folder = command.surroundings.downloads.clone();
            params.insert("downloadPath".to_owned(), Value::String(folder));
        }
        Some("deny" | "default") => {}
        _ => {
            return Err(Answer::invalid("'behavior' must be deny, allow, allowAndName or default"));
        }
    }
    Ok(command.rewritten(params))
}
