//! The faces: what is said over HTTP and WebSocket, and nothing of what it means.
//!
//! A face turns a request into a call of `control` and its answer into bytes. It must never touch SQL or a browser's
//! process, and no face knows another.

mod assets;
pub mod auth;
pub mod devtools;
pub mod discovery;
pub mod faces;
pub mod gateway;
pub mod listen;
pub mod live;
pub mod operator;
pub mod probe;
pub mod replay;
mod router;
pub mod sessions;
pub mod throttle;
mod upgrade;
mod upgraded;
pub mod welcome;

pub use faces::Faces;
pub use router::router;
