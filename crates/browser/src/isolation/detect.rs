//! Which level works here, found out by starting a browser at it.

use std::{path::PathBuf, sync::Arc, time::Duration};

use hangar_domain::Random;

use super::{Bwrap, CgroupSupport, Cgroups, Isolation, Level, Limits, Request};
use crate::{
    error::Error,
    find::{Binaries, BinaryKind},
    launch::{LaunchSpec, Launcher, LauncherConfig},
};

const PROBE_TIMEOUT: Duration = Duration::from_secs(10);
const FROM_THE_TOP: [Level; 4] = [Level::L3, Level::L2, Level::L1, Level::L0];

/// What detection works with.
pub struct DetectOptions {
    /// Which level is wanted.
    pub request: Request,
    /// Whether L0 may be used; never without the operator having said so.
    pub allow_l0: bool,
    /// The browsers of this machine.
    pub binaries: Binaries,
    /// The server's data folder; the probes live in it like any session.
    pub data_dir: PathBuf,
    /// For the names of the probes' folders.
    pub random: Arc<dyn Random>,
}

impl Isolation {
    /// Tries the wanted level, or for `auto` each from the top until one works. Takes one launch of a browser per try.
    ///
    /// # Errors
    /// [`Error::IsolationUnavailable`] with the reason of every level that was tried.
    pub async fn detect(options: &DetectOptions) -> Result<Self, Error> {
        let cgroups = Cgroups::detect();
        let mut why = Vec::new();
        let wanted = FROM_THE_TOP.into_iter().filter(|level| match options.request {
            Request::Auto => true,
            Request::Level(wanted) => *level == wanted,
        });
        for level in wanted {
            match attempt(options, level, &cgroups).await {
                Ok(()) => {
                    return Ok(Self { level, why_not_higher: why, cgroups });
                }
                Err(reason) => why.push((level, reason)),
            }
        }
        Err(Error::IsolationUnavailable { wanted: options.request.to_string(), why })
    }
}

async fn attempt(options: &DetectOptions, level: Level, cgroups: &Cgroups) -> Result<(), String> {
    cheap(level, options.allow_l0, cgroups)?;
    let launcher = Launcher::new(LauncherConfig {
        binaries: options.binaries.clone(),
        isolation: Isolation { level, why_not_higher: Vec::new(), cgroups: cgroups.clone() },
        data_dir: options.data_dir.clone(),
        random: Arc::clone(&options.random),
        launch_timeout: PROBE_TIMEOUT,
    });
    let spec = LaunchSpec { binary: BinaryKind::HeadlessShell, restore: None, limits: Limits::default() };
    let browser = launcher.map_err(|error| error.to_string())?.launch(spec).await.map_err(|error| error.to_string())?;
    browser.finish().await.map_err(|error| error.to_string())
}

/// What is known without starting anything.
fn cheap(level: Level, allow_l0: bool, cgroups: &Cgroups) -> Result<(), String> {
    let is_root = rustix::process::geteuid().is_root();
    match level {
        Level::L3 if Bwrap::find().is_none() => Err("bubblewrap (bwrap) is not installed".to_owned()),
        Level::L3 | Level::L2 if !is_root => {
            Err("the server is not root, so it cannot give sessions users of their own".to_owned())
        }
        Level::L3 | Level::L2 => match cgroups.support() {
            CgroupSupport::None(reason) => Err(format!("no control groups: {reason}")),
            _ => Ok(()),
        },
        Level::L1 if is_root => Err("the server is root, and Chromium's sandbox does not start as root".to_owned()),
        Level::L0 if !allow_l0 => Err("running without a sandbox was not allowed".to_owned()),
        Level::L1 | Level::L0 => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_sandbox_needs_a_word_of_the_operator() {
        let cgroups = Cgroups::detect();
        assert!(cheap(Level::L0, false, &cgroups).is_err());
        assert_eq!(cheap(Level::L0, true, &cgroups), Ok(()));
    }
}
