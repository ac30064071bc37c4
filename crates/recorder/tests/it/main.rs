//! The recorder on a real headless shell.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod actions;
mod bounds;
mod console;
mod crowded;
mod film;
mod load;
mod network;
mod pages;
mod trace_lost;
mod tracing;
mod world;
