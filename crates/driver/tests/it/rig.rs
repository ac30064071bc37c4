//! A browser with a driver, and a site of the test's own.

use std::{fs, io::Read as _, net::IpAddr, sync::Arc, time::Duration};

use hangar_browser::{
    Binaries, BinaryKind, EgressPolicy, FindOptions, Isolation, LaunchSpec, Launcher, LauncherConfig, Level, Limits,
    Maker, ReadyBrowser, Upstream, egress::SystemResolver, isolation::Cgroups,
};
use hangar_cdp::{Lanes, Meter};
use hangar_domain::Random;
use hangar_driver::{Driver, Error, WaitUntil};
use hangar_testkit::{site::Site, wait::eventually};
use serde_json::Value;
use tempfile::TempDir;

/// What a test allows an action that must work: the machine is shared.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What it allows one that must fail.
pub(crate) const SHORT: Duration = Duration::from_millis(2000);

struct Urandom;

impl Random for Urandom {
    fn fill(&self, bytes: &mut [u8]) {
        fs::File::open("/dev/urandom").unwrap().read_exact(bytes).unwrap();
    }
}

pub(crate) struct Rig {
    pub(crate) driver: Driver,
    pub(crate) ready: ReadyBrowser,
    pub(crate) site: Site,
    _maker: Maker,
    _data: TempDir,
}

impl Rig {
    /// A browser at these pages (path and HTML), the first of which is shown.
    pub(crate) async fn at(pages: &[(&str, &str)]) -> Self {
        let site = site("127.0.0.1", pages).await;
        Self::on(site, pages[0].0).await
    }

    /// The same with a page whose body this is.
    pub(crate) async fn showing(body: &str) -> Self {
        Self::at(&[("/page", &format!("<!doctype html><title>page</title>{body}"))]).await
    }

    pub(crate) async fn on(site: Site, path: &str) -> Self {
        Self::with(BinaryKind::HeadlessShell, site, path).await
    }

    /// Full Chromium gives every site a process of its own; the shell does not.
    pub(crate) async fn isolating(site: Site, path: &str) -> Self {
        Self::with(BinaryKind::Chromium, site, path).await
    }

    async fn with(binary: BinaryKind, site: Site, path: &str) -> Self {
        hangar_browser::subreaper::become_subreaper().unwrap();
        let data = tempfile::tempdir().unwrap();
        let config = LauncherConfig {
            binaries: Binaries::find(&FindOptions::default()).await.unwrap(),
            isolation: Isolation { level: Level::L3, why_not_higher: Vec::new(), cgroups: Cgroups::detect() },
            data_dir: data.path().to_path_buf(),
            random: Arc::new(Urandom),
            launch_timeout: Duration::from_secs(30),
        };
        let maker = Maker {
            launcher: Launcher::new(config).unwrap(),
            spec: LaunchSpec { binary, restore: None, limits: Limits::default() },
            policy: Arc::new(EgressPolicy::allowing(vec!["127.0.0.0/8".parse().unwrap()])),
            resolver: Arc::new(SystemResolver::new(Duration::from_secs(5))),
            lanes: Lanes::start(1).unwrap(),
            meter: Arc::new(Meter::default()),
        };
        let ready = maker.make(None).await.unwrap();
        ready.egress.assign(Upstream::Direct);
        let driver = Driver::open(&ready.mux).await.unwrap();
        driver.navigate(&site.url(path), WaitUntil::Load, PATIENCE).await.unwrap();
        Self { driver, ready, site, _maker: maker, _data: data }
    }

    pub(crate) async fn go(&self, path: &str) {
        self.driver.navigate(&self.site.url(path), WaitUntil::Load, PATIENCE).await.unwrap();
    }

    pub(crate) async fn js(&self, script: &str) -> Value {
        self.driver.evaluate(script, PATIENCE).await.unwrap()
    }

    pub(crate) async fn click(&self, selector: &str) {
        self.driver.click(selector, PATIENCE).await.unwrap();
    }

    pub(crate) async fn click_fails(&self, selector: &str) -> Error {
        self.driver.click(selector, SHORT).await.unwrap_err()
    }

    /// Waits until the script's value is this.
    pub(crate) async fn comes(&self, script: &str, wanted: impl Into<Value>) {
        let wanted = wanted.into();
        eventually(script, async || match self.driver.evaluate(script, PATIENCE).await {
            Ok(value) if value == wanted => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .await;
    }

    /// Waits for a dialog.
    pub(crate) async fn dialog(&self) -> hangar_driver::Dialog {
        eventually("a dialog", async || self.driver.dialog().ok_or_else(|| "none".to_owned())).await
    }

    pub(crate) async fn end(self) {
        drop(self.driver);
        self.ready.finish().await;
    }
}

pub(crate) async fn site(ip: &str, pages: &[(&str, &str)]) -> Site {
    let html = |&(path, body): &(&str, &str)| {
        let kind = if path.ends_with(".bin") { "application/octet-stream" } else { "text/html" };
        (path.to_owned(), kind.to_owned(), body.to_owned())
    };
    Site::start_with(ip.parse::<IpAddr>().unwrap(), pages.iter().map(html).collect()).await.unwrap()
}
