//! The egress proxy by real sockets: what it lets through, what it refuses, what it counts, and how it ends.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod chromium;
mod forward;
mod lifetime;
mod own;
mod policy;
mod rig;
mod routes;
mod secrets;
mod through_upstream;
