//! The gateway face (BotCloud-compatible): one WebSocket URL for a real browser, and six REST operations.
//!
//! Contract: contracts/botcloud.md. One file per operation; [`render`] is the only place that knows its errors' words.

pub mod connect;
mod connection;
pub mod history;
pub mod query;
pub mod quota;
pub mod render;
pub mod usage;
pub mod user_data;

/// Whole minutes of a number of milliseconds, rounded down (contracts/botcloud.md §1).
fn minutes(milliseconds: i64) -> i64 {
    milliseconds.max(0) / 60_000
}
