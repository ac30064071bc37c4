//! What the browser tells of itself, asked for when somebody first wants to know.
//!
//! Asking starts a browser (see [`Description`]), so a server that nobody asks never pays for it, and one that has asked
//! before reads files.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use hangar_browser::{Description, Error, Launcher, Level, Limits};
use hangar_cdp::filter;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::OnceCell;

/// Whom to ask, and what was answered.
pub struct Described {
    /// Starts the browser that is asked.
    pub launcher: Launcher,
    /// What that browser may use.
    pub limits: Limits,
    /// The browser's full version, such as `156.0.8078.79`.
    pub version: String,
    /// Where the answers are kept.
    pub cache: PathBuf,
    /// The answers, once they are there.
    pub answers: OnceCell<Arc<Answers>>,
}

/// What the browser told.
pub struct Answers {
    /// The protocol's description as JSON: what clients may use of it.
    pub protocol: Arc<str>,
    /// The folder of the DevTools frontend, where the browser has one.
    pub frontend: Option<PathBuf>,
}

/// A domain of the protocol, its members as they are written.
type Domain<'a> = BTreeMap<&'a str, &'a RawValue>;

#[derive(Deserialize, Serialize)]
struct Protocol<'a> {
    #[serde(borrow)]
    version: &'a RawValue,
    #[serde(borrow)]
    domains: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

impl Described {
    /// Whether this machine's isolation lets a browser be asked.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        self.launcher.level() >= Level::L3
    }

    /// The answers; the first caller waits some seconds for them. A failure is tried again by the next.
    ///
    /// # Errors
    /// [`Error`] when the browser cannot be asked.
    pub async fn answers(self: &Arc<Self>) -> Result<Arc<Answers>, Error> {
        if let Some(answers) = self.answers.get() {
            return Ok(answers.clone());
        }
        // A task of its own, so that a caller who hangs up does not cut it short.
        let this = self.clone();
        let asked = tokio::spawn(async move { this.answers.get_or_try_init(|| this.ask()).await.cloned() });
        asked.await.unwrap_or_else(|error| Err(unreadable(std::io::Error::other(error))))
    }

    async fn ask(&self) -> Result<Arc<Answers>, Error> {
        let Description { protocol, frontend } =
            Description::fetch(&self.launcher, self.limits, &self.version, &self.cache).await?;
        let text = tokio::fs::read_to_string(protocol).await.map_err(unreadable)?;
        let protocol = offered(&text).map_err(|error| unreadable(error.into()))?;
        Ok(Arc::new(Answers { protocol: protocol.into(), frontend }))
    }
}

fn unreadable(source: std::io::Error) -> Error {
    Error::Io { what: "reading what the browser tells of itself".to_owned(), source }
}

/// The description without what the policy filter refuses.
fn offered(protocol: &str) -> serde_json::Result<String> {
    let Protocol { version, domains } = serde_json::from_str(protocol)?;
    let kept: Vec<Box<RawValue>> =
        domains.into_iter().filter_map(|domain| offered_of(domain.get()).transpose()).collect::<Result<_, _>>()?;
    serde_json::to_string(&Protocol { version, domains: kept.iter().map(|domain| &**domain).collect() })
}

/// A domain with the commands that are offered; `None` where there are none.
fn offered_of(domain: &str) -> serde_json::Result<Option<Box<RawValue>>> {
    let mut members: Domain<'_> = serde_json::from_str(domain)?;
    let (Some(name), Some(commands)) = (members.get("domain"), members.get("commands")) else { return Ok(None) };
    let name: &str = serde_json::from_str(name.get())?;
    let mut commands: Vec<&RawValue> = serde_json::from_str(commands.get())?;
    commands.retain(|command| {
        let named = serde_json::from_str::<Named>(command.get());
        named.is_ok_and(|command| filter::is_offered(&format!("{name}.{}", command.name)))
    });
    if commands.is_empty() {
        return Ok(None);
    }
    let commands = serde_json::value::to_raw_value(&commands)?;
    members.insert("commands", &commands);
    serde_json::value::to_raw_value(&members).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_offered_is_described() {
        let protocol = r#"{"version":{"major":"1","minor":"3"},"domains":[
            {"domain":"Page","types":[{"id":"X"}],"commands":[{"name":"navigate","parameters":[1.0]},{"name":"addCompilationCache"}]},
            {"domain":"SystemInfo","commands":[{"name":"getInfo"}]},
            {"domain":"NoSuchDomain","commands":[{"name":"enable"}]}]}"#;
        let expected = concat!(
            r#"{"version":{"major":"1","minor":"3"},"domains":[{"commands":[{"name":"navigate","parameters":[1.0]}],"#,
            r#""domain":"Page","types":[{"id":"X"}]}]}"#
        );
        assert_eq!(offered(protocol).unwrap(), expected);
    }
}
