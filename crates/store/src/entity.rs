//! The tables as SeaORM sees them, one file each, with the way from a row to the domain's type. Portable columns only:
//! TEXT and BIGINT. Must never leave this crate.

#![expect(unreachable_pub, reason = "the derive makes everything beside the model pub, and so must the model be")]

pub(crate) mod account;
pub(crate) mod key;
pub(crate) mod ledger;
pub(crate) mod object;
pub(crate) mod outline;
pub(crate) mod profile;
pub(crate) mod session;
pub(crate) mod setting;
pub(crate) mod term;
pub(crate) mod timeline;
