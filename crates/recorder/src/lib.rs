//! A session's timeline: what its pages said, asked for, showed, and what was done to them.
//!
//! It watches through a browser-level session of its own, so that it sees the same whether the client is a WebSocket or
//! REST, and emits [`hangar_domain::timeline`] events. It must never slow a page down for what nobody asked to keep, must
//! never hold more than its bounds, and must never let a secret out of here unredacted.

pub mod recording;
pub mod screencast;
pub mod video;
