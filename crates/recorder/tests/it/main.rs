//! The recorder on a real headless shell.

mod actions;
mod bounds;
mod console;
mod film;
mod network;
mod pages;
mod tracing;
mod world;
