//! The engine of a server, put together from the configuration: browsers, store, use cases, faces.
//!
//! What an earlier server left is taken away, and its sessions are billed, before this returns: nobody may connect
//! before the books are straight.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use hangar_api::{
    Faces,
    faces::{BrowserFacts, Facts},
    throttle::{Connects, FailedKeys},
};
use hangar_browser::{
    Binaries, BinaryKind, DetectOptions, EgressPolicy, FindOptions, Isolation, LaunchSpec, Launcher, LauncherConfig,
    Limits, Maker, Pool, Profiles, Version,
    egress::{SystemResolver, Trust},
    subreaper, sweep,
};
use hangar_cdp::{Lanes, Meter};
use hangar_control::{Control, Parts, Recordings, Settings, described::Described, recordings::Bounds};
use hangar_domain::{Clock, Random};
use hangar_store::{Blobs, Store};
use tokio::sync::OnceCell;

use crate::{
    config::{Browsers, Config},
    machine::{OsRandom, SystemClock},
    node::Node,
};

/// A browser that has not answered after this long is given up.
const LAUNCH_TIMEOUT: Duration = Duration::from_secs(15);

/// A running engine.
pub struct Engine {
    /// The use cases.
    pub control: Arc<Control>,
    /// What the router needs.
    pub faces: Arc<Faces>,
    /// The data folder, this server's until its end.
    pub node: Node,
    /// The operator's secret, where one was made on this first start.
    pub secret: Option<String>,
}

impl Engine {
    /// Puts everything together, and takes away what an earlier server left.
    ///
    /// # Errors
    /// Where the browsers, the isolation or the database do not work as configured.
    pub async fn start(config: &Config) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        let random: Arc<dyn Random> = Arc::new(OsRandom);
        let meter = Arc::new(Meter::default());
        let data_dir = &config.storage.data_dir;
        std::fs::create_dir_all(data_dir).with_context(|| format!("cannot make {}", data_dir.display()))?;
        // Before anything of an earlier server's is taken away: that one must not be there any more.
        let node = Node::take(data_dir, &*clock, &*random)?;
        subreaper::become_subreaper()?;
        let store = Store::connect(config.storage.database().expose()).await.context("cannot open the database")?;
        let swept = sweep::sweep(data_dir).await?;
        let isolation = isolation(config, random.clone()).await?;
        let level = isolation.1.level;
        let maker = maker(config, isolation, random.clone(), meter.clone())?;
        let (launcher, limits) = (maker.launcher.clone(), maker.spec.limits);
        let (pool, version) = warm_up(maker, config).await?;
        let database = store.kind().name();
        let parts = Parts {
            store,
            blobs: Blobs::folder(&data_dir.join("objects"))?,
            pool,
            profiles: Profiles::open(data_dir)?,
            recordings: recordings(config)?,
            clock: clock.clone(),
            random,
            settings: settings(config),
            meter,
            node: node.id,
            browser: version.product.clone(),
        };
        let control = Control::new(parts).await?;
        let recovered = control.recover().await?;
        tracing::info!(folders = swept, sessions = recovered.sessions, profiles = recovered.profiles, "recovered");
        let secret = control.bootstrap(config.storage.bootstrap_key.as_ref().map(|key| key.expose())).await?;
        let faces = Faces {
            control: control.clone(),
            failed_keys: FailedKeys::new(clock.clone()),
            connects: Connects::new(clock),
            described: Arc::new(Described {
                launcher,
                limits,
                version: version.product.rsplit('/').next().unwrap_or_default().to_owned(),
                cache: data_dir.join("cache"),
                answers: OnceCell::new(),
            }),
            facts: Facts { isolation: level.to_string(), browser: browser_facts(version), database },
        };
        Ok(Self { control, faces: Arc::new(faces), node, secret })
    }
}

/// The browsers of this machine, and how they can be kept apart on it.
///
/// # Errors
/// Where a browser is missing or the level that was asked for does not work.
pub async fn isolation(config: &Config, random: Arc<dyn Random>) -> anyhow::Result<(Binaries, Isolation)> {
    let Browsers { headless_shell, chromium, isolation, allow_no_sandbox, .. } = &config.browsers;
    let options = FindOptions { headless_shell: headless_shell.clone(), chromium: chromium.clone() };
    let binaries = Binaries::find(&options).await?;
    let options = DetectOptions {
        request: isolation.to_string().parse().context("an isolation level that the browsers do not know")?,
        allow_l0: *allow_no_sandbox,
        binaries: binaries.clone(),
        data_dir: config.storage.data_dir.clone(),
        random,
    };
    let isolation = Isolation::detect(&options).await?;
    for (level, why) in &isolation.why_not_higher {
        tracing::warn!(isolation.level = %isolation.level, isolation.higher = %level, why, "a higher isolation does not work");
    }
    Ok((binaries, isolation))
}

fn maker(
    config: &Config,
    (binaries, isolation): (Binaries, Isolation),
    random: Arc<dyn Random>,
    meter: Arc<Meter>,
) -> anyhow::Result<Maker> {
    let launcher = Launcher::new(LauncherConfig {
        binaries,
        isolation,
        data_dir: config.storage.data_dir.clone(),
        random,
        launch_timeout: LAUNCH_TIMEOUT,
    })?;
    let limits = Limits {
        memory_bytes: config.browsers.session_memory.0,
        pids: u64::from(config.browsers.session_pids),
        cpu_percent: config.browsers.session_cpu,
    };
    Ok(Maker {
        launcher,
        spec: LaunchSpec { binary: BinaryKind::HeadlessShell, restore: None, limits },
        policy: Arc::new(policy(&config.browsers)?),
        resolver: Arc::new(SystemResolver::default()),
        lanes: Lanes::start(Lanes::default_count()).context("no thread for the data path")?,
        meter,
    })
}

/// What pages may reach, by which way, and which proxies are believed.
fn policy(browsers: &Browsers) -> anyhow::Result<EgressPolicy> {
    let mut policy = EgressPolicy::allowing(browsers.egress_allow.clone());
    policy.routes = browsers.egress_routes.clone();
    if let Some(path) = &browsers.upstream_ca {
        let pem = std::fs::read(path).with_context(|| format!("cannot read `upstream_ca` {}", path.display()))?;
        let unusable = || format!("`upstream_ca` {} cannot be used", path.display());
        policy.trust = Trust::with_pem(&pem).with_context(unusable)?;
    }
    for upstream in policy.routes.upstreams() {
        let refused = || format!("`egress_routes` leads to {upstream}, which needs to be in `egress_allow`");
        policy.check_upstream(upstream).with_context(refused)?;
    }
    Ok(policy)
}

/// Starts the first browser before the rest of the pool: a server that cannot have one must not say that it is ready.
async fn warm_up(maker: Maker, config: &Config) -> anyhow::Result<(Pool, Version)> {
    let first = maker.make(None).await.context("the first browser did not start")?;
    let version = first.browser.version().clone();
    Ok((Pool::start(maker, config.browsers.pool as usize, first), version))
}

fn recordings(config: &Config) -> anyhow::Result<Arc<Recordings>> {
    let storage = &config.storage;
    let bounds = Bounds {
        each: storage.recording_size.0,
        all: storage.recording_disk.0,
        retention: storage.recording_retention,
    };
    let folder = storage.data_dir.join("recordings");
    Recordings::open(folder.clone(), bounds).with_context(|| format!("cannot use {}", folder.display()))
}

fn settings(config: &Config) -> Settings {
    Settings {
        max_sessions: config.sessions.max_sessions as usize,
        queue_length: config.sessions.queue_length as usize,
        queue_wait: config.sessions.queue_wait,
        idle_timeout: config.sessions.idle_timeout,
        keep_alive_max: config.sessions.keep_alive_max,
        allow_direct: config.browsers.allow_direct,
        disk_quota: config.browsers.session_disk.0,
        ..Settings::default()
    }
}

fn browser_facts(version: Version) -> BrowserFacts {
    BrowserFacts {
        product: version.product,
        protocol: version.protocol_version,
        user_agent: version.user_agent,
        js: version.js_version,
        revision: version.revision,
    }
}
