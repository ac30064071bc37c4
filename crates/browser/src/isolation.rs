//! How far a browser is kept from everything else.
//!
//! Levels fall by what the machine allows. Whatever the level, this module must never call one working that was not
//! tried: detection starts a real browser.

use std::{fmt, str::FromStr};

mod bwrap;
pub mod cgroup;
mod detect;
pub(crate) mod uid;

pub(crate) use bwrap::{Bwrap, BwrapArgs};
pub use cgroup::{CgroupSupport, Cgroups};
pub use detect::DetectOptions;

/// How far a browser is kept from the machine and from other browsers (security.md §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// No sandbox at all.
    L0,
    /// Chromium's own sandbox, the server's user.
    L1,
    /// A user per session, Chromium's sandbox, a cgroup.
    L2,
    /// L2 in namespaces of its own: files, processes and network of the machine are not there.
    L3,
}

impl Level {
    /// Whether a session gets a user id of its own.
    #[must_use]
    pub fn own_uid(self) -> bool {
        self >= Self::L2
    }

    /// Whether Chromium's own sandbox is on.
    #[must_use]
    pub fn sandbox(self) -> bool {
        self >= Self::L1
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Which level the operator wants (`--isolation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// The highest that works.
    Auto,
    /// This one or none.
    Level(Level),
}

/// Not `auto` or the name of a level.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("isolation is one of auto, L3, L2, L1, L0")]
pub struct ParseRequestError;

impl FromStr for Request {
    type Err = ParseRequestError;

    fn from_str(text: &str) -> Result<Self, ParseRequestError> {
        match text.to_ascii_uppercase().as_str() {
            "AUTO" => Ok(Self::Auto),
            "L0" => Ok(Self::Level(Level::L0)),
            "L1" => Ok(Self::Level(Level::L1)),
            "L2" => Ok(Self::Level(Level::L2)),
            "L3" => Ok(Self::Level(Level::L3)),
            _ => Err(ParseRequestError),
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Level(level) => level.fmt(f),
        }
    }
}

/// What one browser may use; enforced by its cgroup, so only where that has the controllers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Memory of all its processes, in bytes.
    pub memory_bytes: u64,
    /// Processes and threads.
    pub pids: u64,
    /// Of one core: 150 is one and a half.
    pub cpu_percent: Option<u32>,
}

impl Default for Limits {
    /// 2 GB, 1024 tasks, no limit on the processor (security.md §6).
    fn default() -> Self {
        Self { memory_bytes: 2_000_000_000, pids: 1024, cpu_percent: None }
    }
}

/// The isolation that this machine gives.
#[derive(Clone, Debug)]
pub struct Isolation {
    /// The level that browsers are started at.
    pub level: Level,
    /// For `doctor`: every higher level and why it does not work.
    pub why_not_higher: Vec<(Level, String)>,
    /// What limits and kills the browsers.
    pub cgroups: Cgroups,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_read_and_print_the_same() {
        for text in ["auto", "L0", "L1", "L2", "L3"] {
            assert_eq!(text.parse::<Request>().unwrap().to_string(), text);
        }
        assert_eq!("l3".parse(), Ok(Request::Level(Level::L3)));
        assert_eq!("L4".parse::<Request>(), Err(ParseRequestError));
    }

    #[test]
    fn each_level_adds_to_the_one_below() {
        assert!(!Level::L0.sandbox() && Level::L1.sandbox() && Level::L3.sandbox());
        assert!(!Level::L1.own_uid() && Level::L2.own_uid() && Level::L3.own_uid());
    }
}
