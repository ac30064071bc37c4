//! A session's timeline: what its pages said, asked for, showed, and what was done to them.
//!
//! It watches through a browser-level session of its own, so that it sees the same whether the client is a WebSocket or
//! REST, and emits [`hangar_domain::timeline`] events. It must never slow a page down for what nobody asked to keep, must
//! never hold more than its bounds, and must never let a secret out of here unredacted.
//!
//! Requests come from two sources (`network`). Chromium's trace costs a page nothing but tells nothing before it ends; the
//! `Network` domain tells at once but makes a page of 200 requests a third slower. So the trace always runs, and is ended
//! and begun anew when pages are quiet or somebody asks; meanwhile, and where a client traces itself, the `Network` domain
//! sees to it that nothing is missed (`tracer`, `eyes`).

mod actions;
mod answered;
mod arrive;
mod console;
mod dialogs;
mod downloads;
mod error;
pub mod export;
mod eyes;
pub mod film;
mod follow;
mod gate;
mod network;
mod observed;
mod options;
mod outlet;
mod perfetto;
mod recorder;
pub mod recording;
mod redact;
pub mod screencast;
mod shared;
mod targets;
mod text;
mod tracer;
mod unreachable;
pub mod video;

pub use answered::Answered;
pub use dialogs::Dialogs;
pub use error::Error;
pub use observed::{Observed, ObservedPage};
pub use options::{Limits, Options};
pub use recorder::Recorder;
pub use redact::Redactor;
