//! Downloads go to the session's folder, wherever the client wanted them. Refusing the path instead would break
//! Playwright, which always sends one.

use super::Verdict;
use super::answer::Answer;
use super::command::{self, Command};

/// `Browser.setDownloadBehavior` and `Page.setDownloadBehavior`: the behaviour stays, the path does not.
pub(super) fn set_behavior(command: &Command<'_>) -> Result<Verdict, Answer> {
    let mut params = command.members()?;
    params.remove("downloadPath");
    match command.text("behavior")?.as_deref() {
        Some("allow" | "allowAndName") => {
            let folder = command::raw(&command.surroundings.downloads)?;
            params.insert("downloadPath".to_owned(), folder);
        }
        Some("deny" | "default") => {}
        _ => {
            return Err(Answer::invalid("'behavior' must be deny, allow, allowAndName or default"));
        }
    }
    command.rewritten(&params)
}
