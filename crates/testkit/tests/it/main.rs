//! The tools that the other crates' tests trust.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod client;
