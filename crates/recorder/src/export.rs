//! A timeline in other people's formats. Pure: from entries and facts to text, written as it is made.
//!
//! Every text of a timeline was written by a stranger: each format escapes it in its own way, and none may let it become
//! anything but text.

mod har;
mod markdown;
mod ndjson;
mod playwright;

use hangar_domain::timeline::Entry;
use jiff::Timestamp;

pub use har::har;
pub use markdown::markdown;
pub use ndjson::ndjson;
pub use playwright::playwright;

/// What the formats say of the session itself.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Its id.
    pub session: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; `None` while it lives.
    pub ended: Option<Timestamp>,
    /// The browser, such as `Chromium 156.0.8078.79`.
    pub browser: String,
}

/// Entries as an export takes them; an error of the store ends the export.
pub type Entries<'a> = &'a mut dyn Iterator<Item = std::io::Result<Entry>>;
