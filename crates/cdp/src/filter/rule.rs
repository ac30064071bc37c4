//! What can be said about a method. A rule is data in [`super::table`]; a check is a function beside its subject.

use super::Verdict;
use super::answer::Answer;
use super::command::Command;

/// Looks at the params. `Err` is the refusal that the client gets.
pub(super) type Check = fn(&Command<'_>) -> Result<Verdict, Answer>;

/// What happens to a command by its method alone.
#[derive(Clone, Copy)]
pub(super) enum Rule {
    /// It goes to the browser as it is.
    Forward,
    /// Chromium may know it, this service does not offer it.
    Deny,
    /// It is answered as Chromium answers what it does not know.
    Unknown,
    /// The params decide.
    Check(Check),
}
