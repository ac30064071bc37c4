//! `hangar config`: is it right, and what is it?

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::config::{Config, Flags};

/// The configuration.
#[derive(Args, Debug)]
pub struct ConfigCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Say what is wrong with it, if anything
    Check(Layered),
    /// Print it as a file, all layers merged, without secrets
    Dump(Layered),
}

#[derive(Args, Debug)]
struct Layered {
    #[command(flatten)]
    flags: Flags,
}

impl ConfigCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self.action {
            Action::Check(Layered { flags }) => {
                Config::load(&flags)?;
                super::print("the configuration is good")?;
            }
            Action::Dump(Layered { flags }) => super::print(Config::load(&flags)?.dump().trim_end())?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
