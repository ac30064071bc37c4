//! Everything that an operator can set, read once at the start.
//!
//! Four layers, the later wins: defaults (which fit the machine), `hangar.toml`, `HANGAR_…` variables, flags. Every name is
//! the same in all of them: `idle_timeout` in the file is `HANGAR_IDLE_TIMEOUT` and `--idle-timeout`. The result is a tree
//! with one part per component. Nothing else in the workspace may read a variable, and no secret may be shown.

pub mod browsers;
pub mod capacity;
pub mod door;
mod layers;
pub mod log;
mod section;
pub mod sessions;
pub mod setting;
pub mod storage;

use std::{collections::BTreeMap, fmt::Write, path::PathBuf};

use clap::Args;

pub use self::{
    browsers::{Browsers, IsolationChoice},
    capacity::Capacity,
    door::Door,
    log::{Log, LogFormat},
    sessions::Sessions,
    setting::{DatabaseUrl, Secret},
    storage::Storage,
};
use self::{layers::Layers, section::Entry, setting::Setting};

/// The file that is read where it exists and no other is named.
const FILE: &str = "hangar.toml";

/// The configuration, checked and complete.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens and whom it believes.
    pub door: Door,
    /// Where it keeps things.
    pub storage: Storage,
    /// Which browsers, how many, and what they may do.
    pub browsers: Browsers,
    /// How long and how many.
    pub sessions: Sessions,
    /// What it says about itself.
    pub log: Log,
}

/// The flags of all parts, as they were typed.
#[derive(Args, Clone, Debug, Default)]
pub struct Flags {
    /// Configuration file [default: hangar.toml in the working directory, if there is one]
    #[arg(long, value_name = "FILE", env = "HANGAR_CONFIG")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    door: door::DoorFlags,
    #[command(flatten)]
    storage: storage::StorageFlags,
    #[command(flatten)]
    browsers: browsers::BrowsersFlags,
    #[command(flatten)]
    sessions: sessions::SessionsFlags,
    #[command(flatten)]
    log: log::LogFlags,
}

impl Flags {
    /// No flag but the file's name.
    #[must_use]
    pub fn with_file(config: Option<PathBuf>) -> Self {
        Self { config, ..Self::default() }
    }

    fn given(&self) -> Vec<(&'static str, String)> {
        [self.door.given(), self.storage.given(), self.browsers.given(), self.sessions.given(), self.log.given()]
            .concat()
    }
}

/// Why the configuration cannot be used: every fault that was found, a sentence each.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(pub Vec<String>);

/// All keys that may stand in the file.
fn keys() -> Vec<&'static str> {
    [Door::KEYS, Storage::KEYS, Browsers::KEYS, Sessions::KEYS, Log::KEYS].concat()
}

impl Config {
    /// Reads all layers on this machine.
    ///
    /// # Errors
    /// Where the file cannot be read, a key is unknown, or a value is wrong.
    pub fn load(flags: &Flags) -> Result<Self, ConfigError> {
        Self::from_layers(flags, &std::env::vars().collect(), Capacity::of_this_machine())
    }

    /// The same from given variables and on a given machine.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn from_layers(
        flags: &Flags,
        variables: &BTreeMap<String, String>,
        capacity: Capacity,
    ) -> Result<Self, ConfigError> {
        let file = flags.config.clone().or_else(|| std::path::Path::new(FILE).exists().then(|| FILE.into()));
        let mut layers = Layers::new(file.as_deref(), &keys(), variables, &flags.given())?;
        let config = Self {
            door: Door::read(&mut layers, capacity),
            storage: Storage::read(&mut layers, capacity),
            browsers: Browsers::read(&mut layers, capacity),
            sessions: Sessions::read(&mut layers, capacity),
            log: Log::read(&mut layers, capacity),
        };
        let mut faults = layers.into_faults();
        config.check(&mut faults);
        if faults.is_empty() { Ok(config) } else { Err(ConfigError(faults)) }
    }

    /// What only shows when values are seen together.
    fn check(&self, faults: &mut Vec<String>) {
        if self.door.tls_cert.is_some() != self.door.tls_key.is_some() {
            faults.push("`tls_cert` and `tls_key` are only good together".to_owned());
        }
        if self.browsers.isolation == IsolationChoice::L0 && !self.browsers.allow_no_sandbox {
            faults.push("`isolation` L0 runs browsers without a sandbox and needs `allow_no_sandbox`".to_owned());
        }
    }

    /// The whole configuration as a file that would give it, secrets left out.
    #[must_use]
    pub fn dump(&self) -> String {
        let parts = [
            ("door", self.door.entries()),
            ("storage", self.storage.entries()),
            ("browsers", self.browsers.entries()),
            ("sessions", self.sessions.entries()),
            ("log", self.log.entries()),
        ];
        let mut text = String::new();
        for (name, entries) in parts {
            let _ = writeln!(text, "# {name}");
            for Entry { key, value } in entries {
                let _ = match value {
                    Some(value) => writeln!(text, "{key} = {value}"),
                    None => writeln!(text, "# {key} is not set"),
                };
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests;
