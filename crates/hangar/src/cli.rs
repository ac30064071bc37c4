//! The command line: one subcommand per file, each a thin caller of something that knows better.

pub mod account;
pub mod config;
pub mod doctor;
pub mod key;
pub mod openapi;
mod operator;
pub mod serve;
pub mod session;
mod table;

use std::{io::Write, process::ExitCode};

use clap::{Parser, Subcommand};

/// A self-hosted browser cloud: real Chromium browsers behind one WebSocket URL.
#[derive(Debug, Parser)]
#[command(name = "hangar", version, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Serve),
    /// Say what this machine can do, and what is missing
    Doctor(doctor::Doctor),
    /// Keys of an account
    Key(key::Key),
    /// Accounts
    Account(account::Account),
    /// Live sessions
    Session(session::Session),
    /// Print the OpenAPI document of a face
    Openapi(openapi::OpenapiCommand),
    /// The configuration
    Config(config::ConfigCommand),
}

impl Cli {
    /// Does what was asked.
    ///
    /// # Errors
    /// What stopped it, to be shown as it is.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Serve(command) => command.run().await,
            Command::Doctor(command) => command.run().await,
            Command::Key(command) => command.run().await,
            Command::Account(command) => command.run().await,
            Command::Session(command) => command.run().await,
            Command::Openapi(command) => command.run(),
            Command::Config(command) => command.run(),
        }
    }
}

/// Writes a line on stdout. A reader that has gone away is an error, not a panic.
///
/// # Errors
/// Where stdout does not take it.
pub fn print(line: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    Ok(stdout.flush()?)
}

/// Writes a line on stderr, beside what a program reads.
///
/// # Errors
/// Where stderr does not take it.
pub fn print_aside(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stderr().lock(), "{line}")?)
}

/// Shows why the program ends, with its causes.
#[must_use]
pub fn fail(error: &anyhow::Error) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "hangar: {error:#}");
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn switches_need_no_value_and_take_one() {
        let parses = |arguments: &[&str]| Cli::try_parse_from([&["hangar", "serve"], arguments].concat()).is_ok();
        assert!(parses(&["--allow-no-sandbox", "--pool=1"]));
        assert!(parses(&["--allow-no-sandbox=false", "--pool", "1"]));
        assert!(!parses(&["--pool"]));
        assert!(!parses(&["--no-such-flag"]));
    }
}
