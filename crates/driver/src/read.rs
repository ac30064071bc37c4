//! What a page holds: a script's result, elements' texts and attributes, the document.

mod deep;
pub(crate) mod document;
pub(crate) mod evaluate;
pub(crate) mod extract;
