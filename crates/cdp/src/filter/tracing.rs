//! Traces are read as a stream, which the client pulls; pushed as events they would fill every buffer on the way.

use super::Verdict;
use super::answer::Answer;
use super::command::Command;

/// `Tracing.start`.
pub(super) fn start(command: &Command<'_>) -> Result<Verdict, Answer> {
    if command.param("perfettoConfig")?.is_some() {
        return Err(Answer::failed("'perfettoConfig' is not available on this service"));
    }
    if command.text("transferMode")?.as_deref() != Some("ReturnAsStream") {
        return Err(Answer::failed("'Tracing.start' needs 'transferMode': 'ReturnAsStream' on this service"));
    }
    Ok(Verdict::Forward)
}
