//! Where the browser is: addresses, history, pages, dialogs.

pub(crate) mod dialog;
mod load;
pub(crate) mod location;
pub(crate) mod navigate;
pub(crate) mod pages;
mod proxy;
pub(crate) mod traverse;
