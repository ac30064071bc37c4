//! Tests over the public interface of the crate, one file per feature.

mod corpus;
mod mux;
