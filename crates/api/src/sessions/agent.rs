//! Agent tasks and task plans: a model runs them, and this server has none (contracts/thinkrun.md §4).

use axum::{body::Bytes, response::Response};
use hangar_control::Error;

use super::{
    auth::Caller,
    fields::{Fields, invalid},
    render,
};

/// Characters of an instruction.
const LONGEST: usize = 10_000;

/// Characters of a question about artifacts.
const LONGEST_QUESTION: usize = 1_000;

const WHY: &str = "Agent tasks are not supported by this server: no model is configured";

/// `POST /api/agent/execute`: looked at like one that could run, then refused.
pub async fn execute(Caller(_): Caller, body: Bytes) -> Response {
    let checking = || {
        let fields = Fields::read(&body)?;
        bounded("instruction", &fields.filled("instruction")?, LONGEST)?;
        let timeout = fields.number("timeoutMs", 300_000.0)?;
        if !(30_000.0..=600_000.0).contains(&timeout) {
            return Err(invalid("'timeoutMs' must be from 30000 to 600000"));
        }
        fields.text("backend")?;
        Err(Error::NotSupported(WHY))
    };
    refused(checking())
}

/// `POST /api/artifacts/chat`.
pub async fn chat(Caller(_): Caller, body: Bytes) -> Response {
    let checking = || {
        bounded("query", &Fields::read(&body)?.filled("query")?, LONGEST_QUESTION)?;
        Err(Error::NotSupported(WHY))
    };
    refused(checking())
}

/// Everything else about tasks.
pub async fn unsupported(Caller(_): Caller) -> Response {
    render::error(&Error::NotSupported(WHY))
}

fn refused(outcome: Result<(), Error>) -> Response {
    render::error(&outcome.err().unwrap_or(Error::NotSupported(WHY)))
}

fn bounded(name: &str, text: &str, most: usize) -> Result<(), Error> {
    let fits = text.chars().count() <= most;
    fits.then_some(()).ok_or_else(|| invalid(format!("'{name}' must have at most {most} characters")))
}
