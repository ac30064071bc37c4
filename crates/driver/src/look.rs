//! What a page shows: waiting for it, its outline, its picture.

pub(crate) mod outline;
pub(crate) mod screenshot;
pub(crate) mod snapshot;
pub(crate) mod wait;
