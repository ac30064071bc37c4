//! Sessions from start to history. Start and end are one transaction each: whoever holds the account's lock decides.

mod abandon;
mod end;
mod extend;
mod heartbeat;
mod history;
mod hold;
mod list;
mod open;
mod read;
mod start;

pub use end::EndSession;
pub use extend::Extension;
pub use history::{HistoryPage, HistoryQuery, HistoryRow};
pub use list::SessionsPage;
pub use read::{Ended, OpenSession, SessionRow};
pub use start::{StartRefusal, StartSession, Started};
