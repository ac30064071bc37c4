//! A caller of a running server's operator API.

use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use reqwest::Method;
use serde_json::Value;

use super::table::table;
use crate::config::{Config, Flags, Secret, setting::Setting};

/// Where the server is, and with which key to ask it.
#[derive(Args, Debug)]
pub(super) struct Operator {
    /// The server [default: the `listen` address of the configuration]
    #[arg(long, value_name = "URL", env = "HANGAR_SERVER")]
    server: Option<String>,
    /// An operator's key [default: the configuration's `bootstrap_key`]
    #[arg(long, value_name = "SECRET", env = "HANGAR_KEY", hide_env_values = true, value_parser = Secret::parse)]
    key: Option<Secret>,
    /// Print the reply as JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Configuration file
    #[arg(long, value_name = "FILE", env = "HANGAR_CONFIG")]
    config: Option<std::path::PathBuf>,
}

impl Operator {
    /// Asks, and prints `columns` of the reply.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        columns: &[&str],
    ) -> anyhow::Result<()> {
        let reply = self.call(method, path, body).await?;
        let text = if self.json { serde_json::to_string_pretty(&reply)? } else { table(&reply, columns) };
        super::print(text.trim_end())
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let (server, key) = self.target()?;
        let url = format!("{server}/operator/v1/{path}");
        let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).no_proxy().build()?;
        let request = client.request(method, &url).bearer_auth(key.expose());
        let request = if let Some(body) = body { request.json(&body) } else { request };
        let response = request.send().await.with_context(|| format!("cannot reach the server at {server}"))?;
        let status = response.status();
        let text = response.text().await.context("the reply broke off")?;
        let reply = serde_json::from_str(&text).unwrap_or(Value::Null);
        if !status.is_success() {
            bail!("the server answered {status}: {}", reply["error"].as_str().unwrap_or("no reason given"));
        }
        Ok(reply)
    }

    /// The configuration is only read where something is missing.
    fn target(&self) -> anyhow::Result<(String, Secret)> {
        if let (Some(server), Some(key)) = (&self.server, &self.key) {
            return Ok((server.trim_end_matches('/').to_owned(), key.clone()));
        }
        let config = Config::load(&Flags::with_file(self.config.clone()))?;
        let mut address = config.door.listen;
        if address.ip().is_unspecified() {
            address.set_ip(if address.is_ipv4() {
                [127, 0, 0, 1].into()
            } else {
                std::net::Ipv6Addr::LOCALHOST.into()
            });
        }
        let server = self.server.clone().unwrap_or_else(|| format!("{}://{address}", config.door.scheme()));
        let key = self.key.clone().or(config.storage.bootstrap_key);
        let key = key.context("no key: give --key, HANGAR_KEY or the bootstrap key")?;
        Ok((server.trim_end_matches('/').to_owned(), key))
    }
}
