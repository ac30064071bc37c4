//! The crate against the real Chromium of this machine.

mod client;
mod end;
mod failure;
mod level;
mod profile;
mod world;
