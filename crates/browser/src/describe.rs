//! What a browser tells of itself over HTTP: the description of its protocol, and its DevTools frontend.
//!
//! Both are only served on a debugging port, which no browser of a client may ever have. So a browser that no client ever
//! gets is started once per version, with its port inside a network namespace that holds nothing else, asked, and ended;
//! the answers are kept in files. Below L3 there is no such namespace, and this is not done.

mod frontend;
mod http;

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    error::Error,
    find::BinaryKind,
    isolation::Limits,
    launch::{LaunchSpec, Launcher, inspectable::PORT},
    process::Browser,
};
use http::Port;

/// How long all of the asking may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Where the answers of one version are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// A JSON file: what `GET /json/protocol` answers.
    pub protocol: PathBuf,
    /// A folder with the files of the DevTools frontend, of which `inspector.html` is the page; `None` where the browser
    /// was built without it.
    pub frontend: Option<PathBuf>,
}

impl Description {
    /// The description of `version`, from the files in `cache` or from a browser started for it. Files of other versions
    /// are removed.
    ///
    /// # Errors
    /// [`Error::IsolationUnavailable`] below L3; [`Error`] when the browser does not start or does not answer.
    pub async fn fetch(launcher: &Launcher, limits: Limits, version: &str, cache: &Path) -> Result<Self, Error> {
        let version: String = version.chars().filter(|letter| letter.is_ascii_digit() || *letter == '.').collect();
        let protocol = cache.join(format!("protocol-{version}.json"));
        let frontend = cache.join(format!("devtools-{version}"));
        if !protocol.is_file() {
            clear(cache).map_err(Error::io("clearing the cache"))?;
            ask(launcher, limits, &protocol, &frontend).await?;
        }
        Ok(Self { protocol, frontend: frontend.is_dir().then_some(frontend) })
    }
}

/// The headless shell is what clients get, so its protocol counts; where it has no frontend, full Chromium may.
async fn ask(launcher: &Launcher, limits: Limits, protocol: &Path, frontend: &Path) -> Result<(), Error> {
    let shell = Inspectable::start(launcher, limits, BinaryKind::HeadlessShell).await?;
    let description = shell.get("/json/protocol").await;
    let kept = shell.keep_frontend(frontend).await;
    shell.browser.finish().await?;
    if !kept? && launcher.binaries().get(BinaryKind::Chromium).is_ok() {
        let chromium = Inspectable::start(launcher, limits, BinaryKind::Chromium).await?;
        let kept = chromium.keep_frontend(frontend).await;
        chromium.browser.finish().await?;
        kept?;
    }
    // Written last: this file says that all is there.
    let written = description.and_then(|description| replace(protocol, &description));
    written.map_err(Error::io("keeping the protocol's description"))
}

struct Inspectable {
    browser: Browser,
}

impl Inspectable {
    async fn start(launcher: &Launcher, limits: Limits, binary: BinaryKind) -> Result<Self, Error> {
        let browser = launcher.launch_inspectable(LaunchSpec { binary, restore: None, limits }).await?;
        Ok(Self { browser })
    }

    async fn get(&self, path: &str) -> io::Result<Vec<u8>> {
        let answer = async { Port::connect(&self.browser, PORT).await?.get(path).await };
        let body = tokio::time::timeout(LIMIT, answer).await.map_err(io::Error::other)??;
        body.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// False where the browser has no frontend.
    async fn keep_frontend(&self, folder: &Path) -> Result<bool, Error> {
        let copied = async { frontend::copy(Port::connect(&self.browser, PORT).await?, folder).await };
        let copied = tokio::time::timeout(LIMIT, copied).await.unwrap_or_else(|late| Err(io::Error::other(late)));
        copied.map_err(Error::io("keeping the DevTools frontend"))
    }
}

/// Removes what earlier versions left.
fn clear(cache: &Path) -> io::Result<()> {
    std::fs::create_dir_all(cache)?;
    for entry in std::fs::read_dir(cache)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with("devtools-") {
            std::fs::remove_dir_all(&path)?;
        } else if name.starts_with("protocol-") {
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Writes a file that is whole or not there.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    std::fs::write(&new, content)?;
    std::fs::rename(new, path)
}
