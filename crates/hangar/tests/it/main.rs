//! The binary from outside: its commands, its ready line, its end; and with real browsers, everything that can fail
//! (reference/security.md §8), each case with nothing left behind.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]
#![expect(clippy::print_stdout, reason = "a run says at which isolation it ran")]

mod browser;
mod client;
mod commands;
mod disk;
mod keep_alive;
mod keys;
mod launch;
mod leak;
mod money;
mod profile;
mod queue;
mod reasons;
mod refusals;
mod rig;
mod serve;
mod server;

use std::process::Command;

/// The binary in an empty folder, with none of our variables.
fn hangar(folder: &tempfile::TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hangar"));
    command.current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}
