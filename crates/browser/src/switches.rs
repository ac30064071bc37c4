//! The `--…` options of a session: parsed, checked, and turned into what Hangar does.
//!
//! A client never supplies an argument of Chromium's: what is known becomes emulation over CDP or plumbing of our own,
//! what asks for more is accepted with a warning, what is unknown is dropped with a warning, and what is malformed is
//! refused by name (contracts/botcloud.md §4, reference/security.md §3).

mod cookies;
mod table;

use std::collections::HashSet;

use serde_json::Value;

use self::table::{Effect, Rule};
use crate::emulation::{Device, Emulation};

/// Options in one request at most.
const COUNT_LIMIT: usize = 64;

/// Bytes of all names and values at most.
const SIZE_LIMIT: usize = 12 << 10;

/// The session that a list of options describes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Switches {
    /// What its pages are told.
    pub emulation: Emulation,
    /// `--proxy-server`, as it was written.
    pub proxy_server: Option<String>,
    /// Cookies to set before the client has the browser, as `Network.CookieParam`.
    pub cookies: Vec<Value>,
    /// Debugger statements do not pause.
    pub skip_pauses: bool,
    /// Console events are not passed on.
    pub drop_console: bool,
    /// Names of options that were accepted and ignored.
    pub ignored: Vec<String>,
}

/// An option that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSwitch {
    /// More options than any session needs.
    #[error("too many options: at most {COUNT_LIMIT}, and {SIZE_LIMIT} bytes in all")]
    TooMany,
    /// Not of the form `--name` or `--name=value`.
    #[error("'{0}' is not an option of the form --name or --name=value")]
    Malformed(String),
    /// Given twice.
    #[error("'{0}' is given more than once")]
    Repeated(String),
    /// A value that the option does not take.
    #[error("'{name}' takes {takes}")]
    Value {
        /// The option.
        name: String,
        /// What it would take.
        takes: &'static str,
    },
}

impl Switches {
    /// Reads options that arrived as names and values, as in a URL's query.
    ///
    /// # Errors
    /// [`BadSwitch`], naming the option; never its value, which may hold a secret.
    pub fn parse<'a>(device: Device, options: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, BadSwitch> {
        let mut switches = Self { emulation: Emulation { device, ..Emulation::default() }, ..Self::default() };
        let mut seen = HashSet::new();
        let mut size = 0;
        for (name, value) in options {
            size += name.len() + value.len();
            if seen.len() >= COUNT_LIMIT || size > SIZE_LIMIT {
                return Err(BadSwitch::TooMany);
            }
            if !is_name(name) || value.chars().any(char::is_control) {
                return Err(BadSwitch::Malformed(printable(name)));
            }
            if !seen.insert(name) {
                return Err(BadSwitch::Repeated(name.to_owned()));
            }
            switches.take(name, value)?;
        }
        Ok(switches)
    }

    /// Reads options that arrived as one text each, as in `botCloudFlags`; `base` is what they change.
    ///
    /// # Errors
    /// As [`Switches::parse`].
    pub fn parse_flags(base: Emulation, flags: &[String]) -> Result<Self, BadSwitch> {
        let device = base.device;
        let pairs = flags.iter().map(|flag| flag.split_once('=').unwrap_or((flag, "")));
        // Checked as a list of its own first: limits and repetition do not depend on what it changes.
        Self::parse(device, pairs.clone())?;
        let mut switches = Self { emulation: base, ..Self::default() };
        for (name, value) in pairs {
            switches.take(name, value)?;
        }
        Ok(switches)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), BadSwitch> {
        let refused = |takes| BadSwitch::Value { name: name.to_owned(), takes };
        match table::rule(name) {
            Some(Rule::Apply(effect)) => self.apply(effect, value).map_err(refused),
            Some(Rule::Ignore(allowed)) => {
                if !allowed.is_empty() && !allowed.contains(&value) {
                    return Err(refused(table::listed(allowed)));
                }
                self.ignored.push(name.to_owned());
                Ok(())
            }
            Some(Rule::Drop) => Ok(()),
            None => {
                self.ignored.push(name.to_owned());
                Ok(())
            }
        }
    }

    fn apply(&mut self, effect: Effect, value: &str) -> Result<(), &'static str> {
        match effect {
            Effect::Emulate(set) => set(&mut self.emulation, value),
            Effect::ProxyServer => {
                self.proxy_server = Some(value.to_owned());
                Ok(())
            }
            Effect::Cookies => cookies::parse(value).map(|cookies| self.cookies = cookies),
            Effect::SkipPauses => table::flag(value).map(|on| self.skip_pauses = on),
            Effect::DropConsole => table::flag(value).map(|on| self.drop_console = on),
        }
    }
}

/// `--[a-z0-9][a-z0-9-]*`, so that one dash, blanks and upper case never pass for a known name.
fn is_name(name: &str) -> bool {
    name.strip_prefix("--").is_some_and(|rest| {
        rest.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
            && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    })
}

fn printable(name: &str) -> String {
    name.chars().take(64).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::emulation::{ColorScheme, Window};

    fn parse(options: &[(&str, &str)]) -> Result<Switches, BadSwitch> {
        Switches::parse(Device::Mac, options.iter().copied())
    }

    #[test]
    fn plain_emulation_is_done() {
        let switches = parse(&[
            ("--bot-config-timezone", "Europe/Berlin"),
            ("--bot-config-locale", "de-DE"),
            ("--bot-config-languages", "de-DE,de"),
            ("--bot-config-location", "52.5,13.4"),
            ("--bot-config-color-scheme", "dark"),
            ("--bot-config-window", "real"),
            ("--bot-disable-debugger", ""),
        ])
        .unwrap();
        assert_eq!(switches.emulation.timezone.as_deref(), Some("Europe/Berlin"));
        assert_eq!(switches.emulation.languages, ["de-DE", "de"]);
        assert_eq!(switches.emulation.location, Some((52.5, 13.4)));
        assert_eq!(switches.emulation.color_scheme, Some(ColorScheme::Dark));
        assert_eq!(switches.emulation.window, Window::Real);
        assert!(switches.skip_pauses);
        assert_eq!(switches.ignored, Vec::<String>::new());
    }

    #[test]
    fn what_asks_for_more_is_accepted_with_a_warning() {
        let switches = parse(&[("--bot-config-noise-canvas", "true"), ("--renderer-cmd-prefix", "sh")]).unwrap();
        assert_eq!(switches.ignored, ["--bot-config-noise-canvas", "--renderer-cmd-prefix"]);
        assert_eq!(switches.emulation, Emulation::default());
    }

    #[test]
    fn habits_are_dropped_in_silence() {
        assert_eq!(parse(&[("--no-sandbox", ""), ("--headless", "new")]), Ok(Switches::default()));
    }

    #[test]
    fn bad_values_are_refused_by_name() {
        for (name, value) in [
            ("--bot-config-noise-canvas", "perhaps"),
            ("--bot-config-location", "91,0"),
            ("--bot-config-location", "here"),
            ("--bot-config-timezone", "../etc"),
            ("--bot-config-color-scheme", "pink"),
            ("--window-size", "0,0"),
            ("--bot-cookies", "/etc/passwd"),
            ("--bot-disable-debugger", "maybe"),
        ] {
            let error = parse(&[(name, value)]).unwrap_err();
            assert!(matches!(&error, BadSwitch::Value { name: refused, .. } if refused == name), "{name}={value}");
            assert!(!error.to_string().contains(value), "{error} repeats the value");
        }
    }

    #[test]
    fn spellings_that_chromium_would_take_are_malformed() {
        for name in ["-no-sandbox", " --no-sandbox", "--No-Sandbox", "\t--x", "--", "--=x", "no-sandbox", "---x"] {
            assert!(matches!(parse(&[(name, "")]), Err(BadSwitch::Malformed(_))), "{name:?}");
        }
        assert_eq!(parse(&[("--lang", "de"), ("--lang", "en")]), Err(BadSwitch::Repeated("--lang".to_owned())));
    }

    #[test]
    fn flags_change_what_they_name_and_keep_the_rest() {
        let base = Emulation { timezone: Some("Asia/Tokyo".to_owned()), ..Emulation::default() };
        let flags = ["--bot-config-locale=ja-JP".to_owned()];
        let switches = Switches::parse_flags(base, &flags).unwrap();
        assert_eq!(switches.emulation.timezone.as_deref(), Some("Asia/Tokyo"));
        assert_eq!(switches.emulation.locale.as_deref(), Some("ja-JP"));
    }

    proptest! {
        #[test]
        fn any_text_is_answered_and_nothing_unknown_takes_effect(name in "\\PC{0,20}", value in "\\PC{0,20}") {
            if let Ok(switches) = parse(&[(&name, &value)]) {
                prop_assert!(is_name(&name));
                prop_assert!(table::rule(&name).is_some() || switches.ignored == [name]);
            }
        }
    }
}
