//! What a tenant may not do: each attack of the threat table, tried end to end against the real binary and a real
//! Chromium, at the highest isolation that this machine has.
//!
//! One file per attack. A test looks at what happened (a canary's hits, a file's content, a process's arguments), never
//! at a status alone, and has a control that shows that the same attack would be seen.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]
#![expect(clippy::print_stdout, reason = "what a test saw, for whoever reads its output")]

mod client;
mod emulation;
mod files;
mod leftovers;
mod nesting;
mod other_tenants;
mod processes;
mod proxies;
mod secrets;
mod server;
mod ssrf;
mod switches;

use std::{future::Future, time::Duration};

/// How long anything may take on a busy machine before the test says that it hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// Waits for `what`, and fails instead of hanging.
async fn within<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(LIMIT, future).await {
        Ok(output) => output,
        Err(_) => panic!("{what}: nothing after {LIMIT:?}"),
    }
}
