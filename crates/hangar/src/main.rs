//! `hangar`: one binary, a browser cloud. This file is a table of contents.

use std::process::ExitCode;

use clap::Parser;
use hangar::cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    rustls::crypto::ring::default_provider().install_default().expect("nothing else has installed one");
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return hangar::cli::fail(&error.into()),
    };
    let result = runtime.block_on(cli.run());
    // Whatever still blocks a thread must not hold up the end.
    runtime.shutdown_background();
    result.unwrap_or_else(|error| hangar::cli::fail(&error))
}
