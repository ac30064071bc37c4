//! The Sessions face (ThinkRun-compatible): a session by REST, acts in it, and what happened in it, also after its end.
//!
//! Contract: contracts/thinkrun.md. One file per group of operations; [`render`] is the only place that knows its errors'
//! words, and [`wire`] the only one that knows how its times and statuses are spelled.

pub mod actions;
pub mod agent;
pub mod artifacts;
mod auth;
pub mod create;
pub mod detail;
#[cfg(test)]
mod documented;
pub mod export;
mod fields;
pub mod links;
pub mod list;
pub mod logs;
pub mod named;
pub mod objects;
pub mod perform;
mod query;
pub mod recording;
mod render;
mod wire;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{any, get, post},
};

use crate::faces::Faces;

/// The longest body: a named text at its longest, were all of it escaped.
const BODY: usize = 4 << 20;

/// Every path of this face.
pub fn router() -> Router<Arc<Faces>> {
    Router::new()
        .route("/api/sessions", get(list::list).post(create::create))
        .route("/api/sessions/{id}", get(detail::get).delete(detail::delete))
        .route("/api/sessions/{id}/health", get(detail::health))
        .route("/api/sessions/{id}/actions", get(actions::list))
        .route("/api/sessions/{id}/console", get(logs::console))
        .route("/api/sessions/{id}/network", get(logs::network))
        .route("/api/sessions/{id}/export", get(export::export))
        .route("/api/sessions/{id}/links", post(links::create))
        .route("/api/sessions/{id}/artifacts", get(artifacts::list).post(named::put))
        .route("/api/sessions/{id}/artifacts/{name}", get(named::get).delete(named::delete))
        .route("/api/sessions/{id}/dialog", get(perform::dialog).post(perform::answer_dialog))
        .route("/api/sessions/{id}/recording/export", get(recording::state).post(recording::start))
        .route("/api/sessions/{id}/{action}", post(perform::perform))
        .route("/api/artifacts/search", get(named::search))
        .route("/api/artifacts/chat", post(agent::chat))
        .route("/api/agent/execute", post(agent::execute))
        .route("/api/agent/{task}/{operation}", any(agent::unsupported))
        .route("/api/tasks", any(agent::unsupported))
        .route("/api/tasks/{*rest}", any(agent::unsupported))
        .route("/objects/{token}", get(objects::get))
        .route("/health", get(detail::service))
        .layer(DefaultBodyLimit::max(BODY))
}
