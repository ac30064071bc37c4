//! Sessions: from a request to one reason, one bill, and nothing left behind.
//!
//! [`open`] admits and equips, [`live`] is what clients hold on to, [`supervise`] watches and ends, [`settle`] bills;
//! [`tick`] looks after all of them once a second, [`recover`] after those that a dead server left.

pub mod extra;
pub mod live;
pub mod open;
mod recover;
mod registry;
mod settle;
mod slots;
pub mod stage;
mod supervise;
mod tick;
mod verdict;

pub use self::{
    live::{Departure, Live},
    open::OpenRequest,
    recover::Recovered,
};
pub(crate) use self::{
    registry::Registry,
    slots::{Slot, Slots, Waiting},
};
