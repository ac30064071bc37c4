//! Tests over the public interface of the crate, one file per feature.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod corpus;
mod mux;
