//! `--bot-cookies`: inline JSON only, never a path.

use serde::{Deserialize, Serialize};
use serde_json::Value;

const TAKES: &str = "inline JSON: a list of cookies with name, value and domain or url";

/// Cookies in one request at most.
const LIMIT: usize = 500;

/// The fields of `Network.CookieParam` that a client may set.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Cookie {
    name: String,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secure: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_only: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    same_site: Option<SameSite>,
    #[serde(skip_serializing_if = "Option::is_none", alias = "expirationDate")]
    expires: Option<f64>,
}

#[derive(Deserialize, Serialize)]
enum SameSite {
    Strict,
    Lax,
    None,
}

pub(super) fn parse(text: &str) -> Result<Vec<Value>, &'static str> {
    let cookies: Vec<Cookie> = serde_json::from_str(text).map_err(|_| TAKES)?;
    if cookies.len() > LIMIT {
        return Err("at most 500 cookies");
    }
    let placed = |cookie: &Cookie| cookie.url.is_some() || cookie.domain.is_some();
    if !cookies.iter().all(placed) {
        return Err(TAKES);
    }
    cookies.iter().map(|cookie| serde_json::to_value(cookie).map_err(|_| TAKES)).collect()
}
