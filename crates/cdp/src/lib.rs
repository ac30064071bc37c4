//! The data path: WebSocket frames, the CDP envelope, the multiplexer over a browser's pipe, and the policy filter.
//!
//! A client's bytes come in as frames ([`ws`]), are read once as a CDP command ([`envelope`]), judged ([`filter`]), and
//! written to the browser's pipe by the multiplexer ([`mux`]); the browser's messages go the other way without being
//! parsed. This crate must never know accounts, HTTP, or how a browser is started.

pub mod envelope;
pub mod filter;
pub mod lane;
pub mod meter;
pub mod mux;
pub mod outbox;
pub mod relay;
mod room;
pub mod session_key;
pub mod ws;

pub use lane::Lanes;
pub use meter::Meter;
pub use mux::{Client, Mux};
pub use outbox::Outbox;
pub use session_key::SessionKey;
