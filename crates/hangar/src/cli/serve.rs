//! `hangar serve`: configuration, logs, lifecycle, then the server itself.

use std::process::ExitCode;

use clap::Args;

use crate::{config, lifecycle, lifecycle::Lifecycle, telemetry};

/// Run the server.
#[derive(Args, Debug)]
pub struct Serve {
    #[command(flatten)]
    flags: config::Flags,
}

impl Serve {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let config = config::Config::load(&self.flags)?;
        let _log = telemetry::start(&config.log)?;
        let lifecycle = Lifecycle::new(config.sessions.drain_timeout);
        let signals = lifecycle::process_signals()?;
        tokio::spawn({
            let lifecycle = lifecycle.clone();
            async move { lifecycle.follow(signals).await }
        });
        crate::serve::run(config, lifecycle).await
    }
}
