//! `hangar doctor`: what this machine can do, and what is missing, in sentences that say what to do.
//!
//! A check looks and leaves nothing behind. What the browser crate knows comes in through [`BrowserFacts`], so that this
//! module needs no browser to be tested.

mod browsers;
mod cgroups;
mod clock;
mod database;
mod disk;
mod facts;
mod limits;
mod ports;

use std::fmt;

use serde::Serialize;

pub use self::browsers::{BrowserFacts, FoundBrowser, IsolationFacts};
use crate::config::Config;

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// The server works, but less well than it could.
    Warn,
    /// The server does not start or does not work.
    Fail,
}

/// One check and its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at; stable.
    pub name: &'static str,
    /// How it went.
    pub status: Status,
    /// What was found, and what to do about it.
    pub sentence: String,
}

impl Check {
    fn new(name: &'static str, status: Status, sentence: impl Into<String>) -> Self {
        Self { name, status, sentence: sentence.into() }
    }
}

/// All checks.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The worst of them.
    pub status: Status,
    /// In the order in which they are shown.
    pub checks: Vec<Check>,
}

impl Report {
    /// Looks at everything that `config` depends on.
    pub async fn of(config: &Config, browsers: &BrowserFacts) -> Self {
        let mut checks = browsers::checks(browsers, config.browsers.isolation);
        checks.extend([
            cgroups::check(&browsers.cgroups),
            database::check(&config.storage).await,
            disk::check(&config.storage.data_dir),
            ports::address(config.door.listen),
            ports::ephemeral(&std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default()),
            limits::descriptors(config.sessions.max_sessions),
            clock::check(&crate::machine::SystemClock::start()),
        ]);
        Self::from_checks(checks)
    }

    fn from_checks(checks: Vec<Check>) -> Self {
        let status = checks.iter().map(|check| check.status).max().unwrap_or(Status::Ok);
        Self { status, checks }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
        for Check { name, status, sentence } in &self.checks {
            let status = match status {
                Status::Ok => "ok  ",
                Status::Warn => "warn",
                Status::Fail => "FAIL",
            };
            writeln!(f, "{status}  {name:width$}  {sentence}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_check_is_the_report_s_status() {
        let checks = |statuses: &[Status]| statuses.iter().map(|status| Check::new("x", *status, "y")).collect();
        assert_eq!(Report::from_checks(checks(&[Status::Ok, Status::Warn])).status, Status::Warn);
        assert_eq!(Report::from_checks(checks(&[Status::Fail, Status::Ok])).status, Status::Fail);
        let report = Report::from_checks(vec![Check::new("disk", Status::Fail, "is full")]);
        assert_eq!(report.to_string(), "FAIL  disk  is full\n");
    }
}
