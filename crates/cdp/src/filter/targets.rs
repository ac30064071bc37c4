//! Rules about sessions within the session. A nested session whose messages travel inside other messages would pass
//! by this filter, so only flat ones exist.

use super::Verdict;
use super::answer::Answer;
use super::command::Command;

/// `Target.attachToTarget` and `Target.setAutoAttach`.
pub(super) fn flat_only(command: &Command<'_>) -> Result<Verdict, Answer> {
    if command.is_true("flatten")? {
        return Ok(Verdict::Forward);
    }
    let method = &command.envelope.method;
    Err(Answer::failed(format!("'{method}' needs 'flatten': true on this service")))
}

/// `Browser.close`.
pub(super) fn close(_: &Command<'_>) -> Result<Verdict, Answer> {
    Ok(Verdict::EndSession)
}
