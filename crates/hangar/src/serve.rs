//! `hangar serve`: constructs every component, lets them run, and takes them down in order.
//!
//! The order of the end (docs/ARCHITECTURE.md "The end"): at the soft token readiness goes, while the door stays open, so
//! that callers get an answer; when the sessions are over, or at the hard token, the door closes; open requests finish.

use std::{process::ExitCode, sync::Arc, time::Duration};

use anyhow::Context;
use hangar_api::listen::{self, ListenOptions, TlsReload};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{config::Config, engine::Engine, lifecycle::Lifecycle};

/// How long tasks may take after the hard token.
const GRACE: Duration = Duration::from_secs(5);

/// Serves until the lifecycle ends. Success is an end that was asked for and came in time.
///
/// # Errors
/// Where the server cannot start: the address, the certificate, the store, the browsers.
pub async fn run(config: Config, lifecycle: Lifecycle) -> anyhow::Result<ExitCode> {
    let descriptors = raise_descriptor_limit();
    let options = listen_options(&config, &lifecycle, descriptors)?;
    // Bound before the browsers start, so that a taken address is said at once; answered only when all is ready.
    let listener = TcpListener::bind(config.door.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.door.listen))?;
    let address = listener.local_addr().context("cannot tell the address")?;
    let Engine { control, faces, node: _node, secret } = Engine::start(&config).await?;
    if let Some(secret) = secret {
        // Beside the ready line, which is the only line on stdout, and not in the log, which is kept.
        crate::cli::print_aside(&format!("hangar key {secret}"))?;
    }

    let door = CancellationToken::new();
    lifecycle.tasks().spawn(control.clone().run_ticks(door.clone()));
    lifecycle.tasks().spawn(listen::serve(listener, hangar_api::router(faces), options, door.clone()));
    crate::cli::print(&format!("hangar ready {}://{address}", config.door.scheme()))?;
    tracing::info!(server.address = %address, server.tls = config.door.is_tls(), "ready");

    lifecycle.soft().cancelled().await;
    tokio::select! {
        () = control.drain(config.sessions.drain_timeout) => {}
        () = lifecycle.hard().cancelled() => control.stop().await,
    }
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
