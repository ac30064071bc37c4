//! A server as it is spoken to over HTTP: by its operator, and by whoever asks for what is its own.

use serde_json::{Value, json};

use super::{KEY, Server};
use crate::{
    http::{self, Reply},
    wait::eventually,
};

/// An account with a key.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// The account's id.
    pub id: String,
    /// The key's.
    pub key_id: String,
    /// The secret.
    pub token: String,
}

impl Server {
    /// The operator, whose plan has no limits.
    #[must_use]
    pub fn operator(&self) -> Tenant {
        Tenant { id: String::new(), key_id: String::new(), token: KEY.to_owned() }
    }

    /// One request with a token; panics where there is no reply at all.
    pub async fn api(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> Reply {
        let reply = http::request(self.address, method, path, Some(token), body.as_ref()).await;
        reply.unwrap_or_else(|error| panic!("{method} {path}: {error:#}\n{}", self.tail()))
    }

    /// `GET` with a token; panics where the status is not 200.
    pub async fn get(&self, path: &str, token: &str) -> Value {
        let reply = self.api("GET", path, token, None).await;
        assert_eq!(reply.head.status, 200, "{path}: {}", reply.text);
        reply.json()
    }

    /// Makes an account with a key.
    pub async fn tenant(&self, plan: Value, balance: f64) -> Tenant {
        let body = json!({ "name": "a test", "plan": plan, "balance": balance });
        let made = self.api("POST", "/operator/v1/accounts", KEY, Some(body)).await.json();
        let id = made["id"].as_str().unwrap_or_else(|| panic!("no account: {made}")).to_owned();
        let path = format!("/operator/v1/accounts/{id}/keys");
        let keyed = self.api("POST", &path, KEY, Some(json!({ "name": "k", "level": "write" }))).await.json();
        let text = |name: &str| keyed[name].as_str().unwrap_or_else(|| panic!("no key: {keyed}")).to_owned();
        Tenant { id, key_id: text("id"), token: text("secret") }
    }

    /// Changes an account.
    pub async fn patch(&self, tenant: &Tenant, body: Value) -> Value {
        let reply = self.api("PATCH", &format!("/operator/v1/accounts/{}", tenant.id), KEY, Some(body)).await;
        assert_eq!(reply.head.status, 200, "{}", reply.text);
        reply.json()
    }

    /// The ended sessions of an account, newest first.
    pub async fn history(&self, token: &str) -> Vec<Value> {
        self.get("/api/history", token).await["sessions"].as_array().cloned().unwrap_or_default()
    }

    /// The row of a session, as soon as it has ended.
    pub async fn row(&self, token: &str, session: &str) -> Value {
        eventually(&format!("the end of {session}"), async || {
            let rows = self.history(token).await;
            rows.into_iter().find(|row| row["sessionId"] == session).ok_or_else(|| format!("no row\n{}", self.tail()))
        })
        .await
    }

    /// The value of a metric.
    pub async fn metric(&self, name: &str) -> f64 {
        let text = self.api("GET", "/metrics", KEY, None).await.text;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no metric {name} in\n{text}"))
    }
}
