//! `hangar openapi`: the committed document, which tests hold against the routes.

use std::process::ExitCode;

/// The document of the gateway's REST paths and the operator API.
pub const DOCUMENT: &str = include_str!("../../../../openapi/gateway.json");

pub(super) fn run() -> anyhow::Result<ExitCode> {
    super::print(DOCUMENT.trim_end())?;
    Ok(ExitCode::SUCCESS)
}
