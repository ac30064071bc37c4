//! `hangar doctor`: prints the report; exit code 1 where a check failed.

use std::process::ExitCode;

use clap::Args;

use crate::{
    config::{Config, Flags},
    doctor::{BrowserFacts, Report, Status},
};

/// Say what this machine can do, and what is missing.
#[derive(Args, Debug)]
pub struct Doctor {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flags: Flags,
}

impl Doctor {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let config = Config::load(&self.flags)?;
        let report = Report::of(&config, &BrowserFacts::gather(&config).await).await;
        let text = if self.json { serde_json::to_string_pretty(&report)? } else { report.to_string() };
        super::print(text.trim_end())?;
        Ok(if report.status == Status::Fail { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}
