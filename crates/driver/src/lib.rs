//! Acts in a page over CDP as a careful person would: finds the element, waits until it can be used, uses it.
//!
//! It is what a REST action does, and later a bot's step and an agent's tool. One file per operation. It must never act on
//! an element that a person could not have acted on, and never waits longer than it was allowed to.
//!
//! # What an action sees
//! - **Its page** is the current one: the first that was open, until [`Driver::switch_to`]. A popup does not become
//!   current; where the current page closes, the page opened last does; where none is left, the next action opens one.
//! - **A selector** is CSS and means the first match: in the main document, then in its open shadow roots, then the same
//!   in each child frame. What is only in a closed shadow root is [`Error::ElementInShadowDom`]; what is in a frame that
//!   no input gets to (invisible, covered, crashed, silent) is [`Error::ElementInIframe`].
//! - **Input** waits until the element is visible, keeps its place for two animation frames, is enabled, and would get
//!   the click. It is real input (CDP `Input`), sent as a whole, so that no button and no key stays down.
//! - **A dialog** is held. The action that opened it is done; others wait until it is answered.

mod address;
mod browse;
mod call;
mod deadline;
mod driver;
mod error;
mod follow;
mod frames;
mod input;
mod look;
mod model;
mod read;
mod seek;
mod world;
mod write;

pub use browse::{
    dialog::{Dialog, DialogKind},
    navigate::{Visited, WaitUntil},
    pages::PageInfo,
    traverse::Traversed,
};
pub use driver::Driver;
pub use error::Error;
pub use input::{
    scroll::Direction,
    witness::{Move, Witness},
};
pub use look::wait::Sight;
pub use read::extract::{Extract, Extracted, Format};
pub use write::Written;
