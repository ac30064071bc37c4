//! Objects: what a session leaves behind that is more than a row. The row is here, the bytes are in [`Blobs`].

mod blobs;
mod rows;
mod search;

pub use blobs::Blobs;
pub use rows::{ObjectKind, ObjectRow};
pub use search::Found;
