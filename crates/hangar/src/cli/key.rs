//! `hangar key`: an account's keys through the operator API. A secret is shown once, when it is made.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use reqwest::Method;
use serde_json::json;

use super::operator::Operator;

/// Keys of an account.
#[derive(Args, Debug)]
pub struct Key {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a key; its secret is shown this once
    Create(Create),
    /// The keys of an account
    List(List),
    /// Take a key back
    Revoke(Revoke),
}

#[derive(Args, Debug)]
struct Create {
    /// Whose
    #[arg(long)]
    account: String,
    /// What it may do
    #[arg(long, value_enum, default_value_t = Level::Write)]
    level: Level,
    /// Its name
    #[arg(long, default_value = "default")]
    name: String,
    /// When it stops working, as in 2030-01-01T00:00:00Z [default: never]
    #[arg(long, value_name = "TIME")]
    expires_at: Option<String>,
    #[command(flatten)]
    operator: Operator,
}

#[derive(Args, Debug)]
struct List {
    /// Whose
    #[arg(long)]
    account: String,
    #[command(flatten)]
    operator: Operator,
}

#[derive(Args, Debug)]
struct Revoke {
    /// Whose
    #[arg(long)]
    account: String,
    /// The key's id
    id: String,
    #[command(flatten)]
    operator: Operator,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Level {
    Read,
    Write,
    Admin,
    Operator,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
            Self::Operator => "operator",
        }
    }
}

impl Key {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self.action {
            Action::Create(Create { account, level, name, expires_at, operator }) => {
                let mut body = json!({ "name": name, "level": level.name() });
                if let Some(expires_at) = expires_at {
                    body["expiresAt"] = json!(expires_at);
                }
                operator.ask(Method::POST, &format!("accounts/{account}/keys"), Some(body), &["id", "secret"]).await?;
            }
            Action::List(List { account, operator }) => {
                let columns = ["id", "name", "level", "createdAt", "expiresAt", "revokedAt"];
                operator.ask(Method::GET, &format!("accounts/{account}/keys"), None, &columns).await?;
            }
            Action::Revoke(Revoke { account, id, operator }) => {
                operator.ask(Method::DELETE, &format!("accounts/{account}/keys/{id}"), None, &["success"]).await?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
