//! Names to addresses: the one place that asks the DNS for a browser.
//!
//! A lookup must be made once for each connection, and only what it returned may be dialled. A resolver knows no
//! policy; whoever calls it checks every address.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

/// The most addresses that are taken from one answer.
const MAX_ADDRESSES: usize = 32;

/// Turns names into addresses.
pub trait Resolve: Send + Sync {
    /// The addresses of `host`, in the order in which they should be tried. An empty list and an error mean the same:
    /// there is no way to this name. `port` is the one that will be dialled.
    fn lookup<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}

/// The system's resolver (`getaddrinfo`), with a limit in time.
#[derive(Clone, Copy, Debug)]
pub struct SystemResolver {
    timeout: Duration,
}

impl SystemResolver {
    /// A resolver that gives up after `timeout`. The thread behind it may live longer; the runtime bounds their number.
    #[must_use]
    pub fn new(timeout: Duration) -> Self {
        Self { timeout }
    }
}

impl Default for SystemResolver {
    /// Gives up after 5 seconds.
    fn default() -> Self {
        Self::new(Duration::from_secs(5))
    }
}

impl Resolve for SystemResolver {
    fn lookup<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        async move {
            let found = tokio::time::timeout(self.timeout, tokio::net::lookup_host((host, port))).await??;
            let mut addresses = Vec::new();
            for address in found.map(|address| address.ip()) {
                if !addresses.contains(&address) {
                    addresses.push(address);
                }
                if addresses.len() == MAX_ADDRESSES {
                    break;
                }
            }
            Ok(addresses)
        }
        .boxed()
    }
}
