//! Asks the machine: finds the browsers, starts one at each level until one works, makes a control group.

use std::{path::Path, sync::Arc};

use hangar_browser::{
    Binaries, Binary, BinaryKind, DetectOptions, Error, Isolation, Level, Request, isolation::Cgroups, subreaper,
};

use super::browsers::{BrowserFacts, FoundBrowser, IsolationFacts};
use crate::{
    config::{Config, IsolationChoice},
    machine::OsRandom,
};

impl BrowserFacts {
    /// Takes a launch of a browser per level that is tried.
    pub async fn gather(config: &Config) -> Self {
        let browsers = &config.browsers;
        let shell = Binary::find(BinaryKind::HeadlessShell, browsers.headless_shell.as_deref()).await;
        let chromium = Binary::find(BinaryKind::Chromium, browsers.chromium.as_deref()).await;
        let isolation = match &shell {
            Ok(shell) => detect(config, Binaries { headless_shell: shell.clone(), chromium: None }).await,
            Err(_) => Err("not tried, because there is no browser to try it with".to_owned()),
        };
        let cgroups = Cgroups::detect().support().clone();
        Self { headless_shell: found(shell), chromium: found(chromium), isolation, cgroups }
    }
}

fn found(browser: Result<Binary, Error>) -> Result<FoundBrowser, String> {
    let found = |Binary { path, version }| FoundBrowser { path, version: Some(version) };
    browser.map(found).map_err(|error| error.to_string())
}

async fn detect(config: &Config, binaries: Binaries) -> Result<IsolationFacts, String> {
    let data_dir = &config.storage.data_dir;
    let was_there = data_dir.exists();
    let detected = attempt(config, binaries, data_dir).await;
    if !was_there && let Err(error) = std::fs::remove_dir_all(data_dir) {
        tracing::debug!(%error, "nothing was made for the attempt");
    }
    let Isolation { level, why_not_higher, .. } = detected.map_err(|error| error.to_string())?;
    let reasons: Vec<String> = why_not_higher.iter().map(|(level, why)| format!("{level}: {why}")).collect();
    Ok(IsolationFacts { level: choice(level), why_not_higher: (!reasons.is_empty()).then(|| reasons.join("; ")) })
}

async fn attempt(config: &Config, binaries: Binaries, data_dir: &Path) -> Result<Isolation, Error> {
    subreaper::become_subreaper()?;
    let options = DetectOptions {
        request: Request::Auto,
        allow_l0: config.browsers.allow_no_sandbox,
        binaries,
        data_dir: data_dir.to_path_buf(),
        random: Arc::new(OsRandom),
    };
    Isolation::detect(&options).await
}

fn choice(level: Level) -> IsolationChoice {
    match level {
        Level::L0 => IsolationChoice::L0,
        Level::L1 => IsolationChoice::L1,
        Level::L2 => IsolationChoice::L2,
        Level::L3 => IsolationChoice::L3,
    }
}
