//! `hangar session`: live sessions through the operator API.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use reqwest::Method;

use super::operator::Operator;

/// Live sessions.
#[derive(Args, Debug)]
pub struct Session {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Those of all accounts
    List(List),
    /// End one
    End(End),
}

#[derive(Args, Debug)]
struct List {
    #[command(flatten)]
    operator: Operator,
}

#[derive(Args, Debug)]
struct End {
    /// The session's id
    id: String,
    #[command(flatten)]
    operator: Operator,
}

impl Session {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self.action {
            Action::List(List { operator }) => {
                operator
                    .ask(Method::GET, "sessions", None, &["id", "accountId", "deviceType", "startedAt", "elapsedMs"])
                    .await?;
            }
            Action::End(End { id, operator }) => {
                operator.ask(Method::DELETE, &format!("sessions/{id}"), None, &["success"]).await?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
