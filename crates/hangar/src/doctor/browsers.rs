//! Which browsers there are, and how well they can be shut in.

use std::path::PathBuf;

use hangar_browser::CgroupSupport;

use super::{Check, Status};
use crate::config::IsolationChoice;

/// A browser's file and, where it was asked, its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundBrowser {
    /// The file.
    pub path: PathBuf,
    /// What it calls itself.
    pub version: Option<String>,
}

/// What isolation works here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IsolationFacts {
    /// The highest level that works.
    pub level: IsolationChoice,
    /// Why not a higher one, where there is one.
    pub why_not_higher: Option<String>,
}

/// What is known of the browsers; an `Err` is the sentence that says what is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserFacts {
    /// chromium-headless-shell.
    pub headless_shell: Result<FoundBrowser, String>,
    /// Full chromium.
    pub chromium: Result<FoundBrowser, String>,
    /// What isolation works.
    pub isolation: Result<IsolationFacts, String>,
    /// What control groups can do.
    pub cgroups: CgroupSupport,
}

/// Headless sessions need the shell; only some need full chromium.
pub(super) fn checks(facts: &BrowserFacts, wanted: IsolationChoice) -> Vec<Check> {
    vec![
        browser("headless-shell", &facts.headless_shell, Status::Fail, "install chromium-headless-shell"),
        browser("chromium", &facts.chromium, Status::Warn, "sessions with extensions or a display need it"),
        isolation(&facts.isolation, wanted),
    ]
}

fn browser(name: &'static str, found: &Result<FoundBrowser, String>, missing: Status, advice: &str) -> Check {
    match found {
        Ok(FoundBrowser { path, version }) => {
            let version = version.as_deref().map(|version| format!(", {version}")).unwrap_or_default();
            Check::new(name, Status::Ok, format!("{}{version}", path.display()))
        }
        Err(reason) => Check::new(name, missing, format!("{reason}; {advice}")),
    }
}

fn isolation(facts: &Result<IsolationFacts, String>, wanted: IsolationChoice) -> Check {
    let check = |status, sentence| Check::new("isolation", status, sentence);
    let IsolationFacts { level, why_not_higher } = match facts {
        Ok(facts) => facts,
        Err(reason) => return check(Status::Fail, reason.clone()),
    };
    let reason = why_not_higher.as_deref().map(|reason| format!("; not higher because {reason}")).unwrap_or_default();
    if wanted != IsolationChoice::Auto && strength(wanted) > strength(*level) {
        return check(Status::Fail, format!("{wanted} is asked for, {level} is the highest that works{reason}"));
    }
    let status = match level {
        IsolationChoice::L3 | IsolationChoice::Auto => Status::Ok,
        IsolationChoice::L2 | IsolationChoice::L1 => Status::Warn,
        IsolationChoice::L0 => Status::Fail,
    };
    check(status, format!("{level} works{reason}"))
}

fn strength(level: IsolationChoice) -> u8 {
    match level {
        IsolationChoice::Auto | IsolationChoice::L0 => 0,
        IsolationChoice::L1 => 1,
        IsolationChoice::L2 => 2,
        IsolationChoice::L3 => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(level: IsolationChoice, reason: Option<&str>) -> BrowserFacts {
        let found = FoundBrowser { path: "/usr/bin/x".into(), version: Some("x 156".to_owned()) };
        let isolation = Ok(IsolationFacts { level, why_not_higher: reason.map(str::to_owned) });
        let chromium = Err("chromium is not installed".to_owned());
        BrowserFacts { headless_shell: Ok(found), chromium, isolation, cgroups: CgroupSupport::V2 }
    }

    #[test]
    fn a_missing_shell_fails_and_a_missing_chromium_warns() {
        let mut facts = facts(IsolationChoice::L3, None);
        let statuses = |facts: &BrowserFacts| {
            checks(facts, IsolationChoice::Auto).iter().map(|check| check.status).collect::<Vec<_>>()
        };
        assert_eq!(statuses(&facts), [Status::Ok, Status::Warn, Status::Ok]);
        facts.headless_shell = Err("it is not there".to_owned());
        assert_eq!(statuses(&facts)[0], Status::Fail);
    }

    #[test]
    fn isolation_says_why_it_is_not_higher() {
        let check = |level, wanted| checks(&facts(level, Some("there is no bwrap")), wanted).remove(2);
        let weak = check(IsolationChoice::L2, IsolationChoice::Auto);
        assert_eq!(
            (weak.status, weak.sentence.as_str()),
            (Status::Warn, "L2 works; not higher because there is no bwrap")
        );
        assert_eq!(check(IsolationChoice::L2, IsolationChoice::L3).status, Status::Fail);
        assert_eq!(check(IsolationChoice::L2, IsolationChoice::L1).status, Status::Warn);
        assert_eq!(check(IsolationChoice::L0, IsolationChoice::Auto).status, Status::Fail);
    }
}
