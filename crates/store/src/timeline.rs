//! Timelines: written in batches, kept within a bound, read in pages.

mod append;
pub(crate) mod outline;
mod page;

pub use outline::Outline;
pub use page::{EntriesPage, Numbered};
