//! Downloads go to the session's folder, wherever the client wanted them. Refusing the path instead would break
//! Playwright, which always sends one. Files are named by their guid, so that no page can choose or overwrite one.

use super::Verdict;
use super::answer::Answer;
use super::command::{self, Command};

/// `Browser.setDownloadBehavior` and `Page.setDownloadBehavior`: what is allowed goes to our folder under its guid; deny
/// and default stay as they are.
pub(super) fn set_behavior(command: &Command<'_>) -> Result<Verdict, Answer> {
    let mut params = command.members()?;
    params.remove("downloadPath");
    match command.text("behavior")?.as_deref() {
        Some("allow" | "allowAndName") => {
            let folder = command::raw(&command.surroundings.downloads)?;
            params.insert("behavior".to_owned(), command::raw("allowAndName")?);
            params.insert("downloadPath".to_owned(), folder);
        }
        Some("deny" | "default") => {}
        _ => {
            return Err(Answer::invalid("'behavior' must be deny, allow, allowAndName or default"));
        }
    }
    command.rewritten(&params)
}
