//! `/json/version`, `/json/list`, `/json/protocol`: what a DevTools port would answer, answered by the gateway.
//!
//! Clients read `webSocketDebuggerUrl` and dial it as it is, so it echoes the whole query; it is never given without a
//! valid token, because one client would then use it instead of its own URL (contracts/botcloud.md §6).

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, header::CONTENT_TYPE, request::Parts};
use serde_json::{Value, json};

use crate::{
    faces::{self, Shared, json_response},
    gateway::query::Query,
};

/// `GET /json/version`, with and without a slash at its end.
pub async fn version(State(faces): Shared, parts: Parts) -> Response {
    if let Err(response) = authorize(&faces, &parts).await {
        return response;
    }
    let facts = &faces.facts.browser;
    let body = json!({
        "Browser": facts.product.replacen("HeadlessChrome", "Chrome", 1),
        "Protocol-Version": facts.protocol,
        "User-Agent": facts.user_agent,
        "V8-Version": facts.js,
        "WebKit-Version": format!("537.36 ({})", facts.revision),
        "webSocketDebuggerUrl": websocket_url(&parts),
    });
    json_response(StatusCode::OK, &body)
}

/// `GET /json/list`: a browser is made when its WebSocket opens, so before that there is exactly one thing to open.
pub async fn list(State(faces): Shared, parts: Parts) -> Response {
    if let Err(response) = authorize(&faces, &parts).await {
        return response;
    }
    let target = json!({
        "description": "",
        "devtoolsFrontendUrl": "",
        "id": "browser",
        "title": "Hangar",
        "type": "browser",
        "url": "",
        "webSocketDebuggerUrl": websocket_url(&parts),
    });
    json_response(StatusCode::OK, &Value::Array(vec![target]))
}

/// `GET /json/protocol`: the domains that this service offers.
pub async fn protocol(State(faces): Shared, parts: Parts) -> Response {
    if let Err(response) = authorize(&faces, &parts).await {
        return response;
    }
    if !faces.described.is_possible() {
        let text = "The protocol's description needs isolation L3 on this server";
        return faces::error(StatusCode::NOT_IMPLEMENTED, text);
    }
    match faces.described.answers().await {
        Ok(answers) => ([(CONTENT_TYPE, "application/json")], answers.protocol.to_string()).into_response(),
        Err(error) => {
            tracing::warn!(%error, "no browser could be asked for its protocol");
            faces::error(StatusCode::SERVICE_UNAVAILABLE, "The protocol's description could not be had")
        }
    }
}

async fn authorize(faces: &crate::Faces, parts: &Parts) -> Result<(), Response> {
    let query = Query::parse(parts.uri.query().unwrap_or_default());
    let header = parts.headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = header.and_then(|value| value.strip_prefix("Bearer "));
    faces.identify(query.get("token").or(bearer), faces::address(&parts.extensions)).await.map(drop)
}

fn websocket_url(parts: &Parts) -> String {
    let scheme = if faces::is_tls(parts) { "wss" } else { "ws" };
    let host = faces::host(parts);
    let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{scheme}://{host}/devtools/browser/hangar{query}")
}
