//! What passes between a client and its browser: WebSocket frames, the CDP envelope, the policy filter, the multiplexer.
//!
//! This crate knows no SQL and no HTTP face, and must never log the content of a message.

pub mod envelope;
pub mod filter;
pub mod ws;
