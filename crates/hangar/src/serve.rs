//! `hangar serve`: constructs every component, lets them run, and takes them down in order.
//!
//! The order of the end (docs/ARCHITECTURE.md "The end"): at the soft token readiness goes, while the door stays open, so
//! that callers get an answer; when the sessions are over, or at the hard token, the door closes; open requests finish.

use std::{process::ExitCode, sync::Arc, time::Duration};

use anyhow::Context;
use axum::{Json, Router, routing};
use hangar_api::listen::{self, ListenOptions, TlsReload};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{config::Config, lifecycle::Lifecycle};

/// How long tasks may take after the hard token.
const GRACE: Duration = Duration::from_secs(5);

/// Serves until the lifecycle ends. Success is an end that was asked for and came in time.
///
/// # Errors
/// Where the server cannot start: the address, the certificate, the store, the browsers.
pub async fn run(config: Config, lifecycle: Lifecycle) -> anyhow::Result<ExitCode> {
    let descriptors = raise_descriptor_limit();
    let options = listen_options(&config, &lifecycle, descriptors)?;
    let listener = TcpListener::bind(config.door.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.door.listen))?;
    let address = listener.local_addr().context("cannot tell the address")?;

    // The lead's seam: store, browsers, control and api are constructed here, and `router` becomes the api's.
    let router = Router::new().route("/healthz", routing::get(async || Json(json!({ "status": "ok" }))));

    let door = CancellationToken::new();
    let served = listen::serve(listener, router, options, door.clone());
    lifecycle.tasks().spawn(served);
    crate::cli::print(&format!("hangar ready {}://{address}", config.door.scheme()))?;
    tracing::info!(server.address = %address, server.tls = config.door.is_tls(), "ready");

    lifecycle.soft().cancelled().await;
    // The lead's seam: wait here until no session is live, or for the hard token.
    door.cancel();
    let in_time = lifecycle.finish(GRACE).await;
    tracing::info!(server.in_time = in_time, "ended");
    Ok(if in_time { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn listen_options(config: &Config, lifecycle: &Lifecycle, descriptors: usize) -> anyhow::Result<ListenOptions> {
    let tls = match (&config.door.tls_cert, &config.door.tls_key) {
        (Some(certificate), Some(key)) => Some(TlsReload::load(certificate, key)?),
        _ => None,
    };
    if let Some(tls) = tls.clone() {
        lifecycle.on_reload(move || match tls.reload() {
            Ok(()) => tracing::info!("the TLS certificate was read again"),
            Err(error) => tracing::error!(%error, "the old TLS certificate stays in use"),
        });
    }
    let trust_forwarded = Arc::from(config.door.trust_forwarded.as_slice());
    let defaults = ListenOptions::default();
    // Half of the descriptors stay for sessions, whatever strangers do.
    let max_connections = defaults.max_connections.min(descriptors / 2).max(1);
    Ok(ListenOptions { trust_forwarded, tls, max_connections, ..defaults })
}

/// Every session takes several descriptors; the soft limit (often 1,024) is a relic of select(2). Says how many there are.
fn raise_descriptor_limit() -> usize {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "cannot raise the limit on descriptors");
    }
    let now = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(now).unwrap_or(usize::MAX)
}
