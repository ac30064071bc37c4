//! The one door to SQL: SQLite and PostgreSQL from one source of entities, migrations and queries.
//!
//! What must happen together happens in one transaction here: a start holds quota, a slot and a profile or nothing at
//! all; an end releases them and writes exactly one bill. No other crate may build a statement, and this crate must
//! never read a clock, make an id, or decide a price: it is given the first two and asks [`hangar_domain`] for the third.
//!
//! Every change to an account's meters first locks the account's row (`FOR UPDATE` on PostgreSQL; on SQLite the one
//! writer's `BEGIN IMMEDIATE` is the lock), then a profile's, then a session's. Keep that order: it is why nothing
//! here can deadlock.

mod account;
mod column;
mod entity;
mod error;
mod key;
mod ledger;
mod migration;
mod object;
mod profile;
mod session;
mod setting;
mod store;
mod timeline;

pub use account::{AccountPatch, NewAccount, Usage};
pub use error::Error;
pub use ledger::{EntryKind, LedgerRow};
pub use object::{Blobs, Found, ObjectKind, ObjectRow};
pub use profile::{AtLimit, ProfileDeletion};
pub use session::{
    EndSession, Ended, Extension, HistoryPage, HistoryQuery, HistoryRow, OpenSession, SessionRow, SessionsPage,
    StartRefusal, StartSession, Started,
};
pub use store::{Kind, Store};
pub use timeline::{EntriesPage, Numbered, Outline};
