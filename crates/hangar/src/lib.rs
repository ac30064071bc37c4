//! The binary's parts: command line, configuration, telemetry, lifecycle.
//!
//! Here everything is constructed and nothing is decided: what a session, an account or a face is belongs to the crates
//! below. Only this crate reads variables, the machine's clock and its randomness.

pub mod cli;
pub mod config;
pub mod doctor;
pub mod engine;
pub mod lifecycle;
pub mod machine;
pub mod node;
pub mod serve;
pub mod telemetry;
