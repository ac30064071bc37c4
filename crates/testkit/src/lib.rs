//! What the tests of several crates stand on: sites, proxies and canaries on loopback. Development only.
//!
//! Everything here listens on a free port and ends when it is dropped. Nothing here sleeps: a test waits for a
//! condition or releases one.

pub mod site;
pub mod upstream_proxy;
