//! Sessions: from a request to one reason, one bill, and nothing left behind.
//!
//! [`open`] admits and equips, [`live`] is what clients hold on to, [`supervise`] watches and ends, [`settle`] bills;
//! [`tick`] looks after all of them once a second, [`recover`] after those that a dead server left.

pub mod export;
pub mod extra;
mod furnish;
pub mod live;
pub mod look;
mod memory;
pub mod open;
pub mod provide;
mod recover;
mod registry;
mod settle;
mod slots;
pub mod stage;
mod supervise;
mod tick;
mod timeline;
mod verdict;

pub use self::{
    live::{Departure, Live},
    open::OpenRequest,
    recover::Recovered,
};
pub(crate) use self::{
    provide::Provisioning,
    registry::Registry,
    slots::{Slot, Slots, Waiting},
};
