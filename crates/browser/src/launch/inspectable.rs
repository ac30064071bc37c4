//! A browser with a debugging port, which no client may ever have: only inside a network namespace of its own, where
//! nothing but this server and the browser itself reaches the port.

use super::{LaunchSpec, Launcher};
use crate::{error::Error, isolation::Level, process::Browser};

/// The port, inside the namespace.
pub(crate) const PORT: u16 = 9222;

impl Launcher {
    /// Starts a browser that also answers on [`PORT`] of its own loopback. It must be ended without having opened a page.
    pub(crate) async fn launch_inspectable(&self, spec: LaunchSpec) -> Result<Browser, Error> {
        let level = self.level();
        if level < Level::L3 {
            let why = vec![(Level::L3, format!("browsers run at {level} here"))];
            return Err(Error::IsolationUnavailable { wanted: Level::L3.to_string(), why });
        }
        self.start(spec, Some(PORT)).await
    }
}
