//! What the tests of several crates stand on: sites, proxies and canaries on loopback, a server in a process of its own,
//! a client that may misbehave, and the oracle that nothing was left. Development only.
//!
//! Everything here listens on a free port and ends when it is dropped. Nothing here lets time pass: a test waits for a
//! condition or releases one.

pub mod census;
pub mod certificate;
pub mod clean;
pub mod client;
pub mod http;
pub mod server;
pub mod site;
pub mod upstream_proxy;
pub mod wait;
