//! Whose fault an error is, and whether asking again helps: the two things that a caller does something about.

use std::time::Duration;

/// The party that has to change something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The caller's request.
    Client,
    /// The account's plan, money or limits.
    Account,
    /// The browser.
    Browser,
    /// The page or the site that it visits.
    Site,
    /// This server or what it stands on.
    Host,
}

/// Whether the same request may be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It would fail in the same way.
    Never,
    /// At once.
    Now,
    /// After this long.
    After(Duration),
}
