//! The operator API (design.md §7): accounts, keys, nodes, sessions, with an operator's key.

pub mod accounts;
pub mod keys;
pub mod nodes;
pub mod sessions;
