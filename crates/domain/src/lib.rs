//! The words of the system: ids, entities, state machines, money, error codes.
//!
//! Everything else speaks in these types, so that a rule (what a session may become, what a minute costs) stands in
//! one place. This crate must never read a clock, make a random number, or do IO: it is given what it needs.

pub mod account;
pub mod bill;
pub mod clock;
pub mod end_reason;
pub mod fault;
pub mod id;
pub mod key;
pub mod money;
pub mod plan;
pub mod profile;
pub mod session;
pub mod timeline;

pub use account::{Account, AccountStatus};
pub use clock::{Clock, Random};
pub use end_reason::{EndDetail, EndReason};
pub use fault::{Fault, Retry};
pub use id::{AccountId, BootId, KeyId, LedgerId, NodeId, ObjectId, SessionId};
pub use key::{Key, KeyLevel};
pub use money::Micros;
pub use plan::{Plan, PlanLimits};
pub use profile::ProfileId;
