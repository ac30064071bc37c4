//! A browser with everything around it that a session needs: its pipe, its director, its way out.

use std::{path::PathBuf, sync::Arc, time::Duration};

use hangar_cdp::{Meter, Mux};

use crate::{
    egress::{Egress, EgressPolicy, Resolve},
    emulation::Director,
    error::Error,
    launch::{LaunchSpec, Launcher},
    process::Browser,
};

/// The first reply must come within this long of the launch.
const FIRST_REPLY: Duration = Duration::from_secs(15);

/// Makes browsers ready for a client.
pub struct Maker {
    /// Starts the process.
    pub launcher: Arc<Launcher>,
    /// What every launch has in common.
    pub spec: LaunchSpec,
    /// What pages may reach.
    pub policy: Arc<EgressPolicy>,
    /// Resolves names for the egress endpoints.
    pub resolver: Arc<dyn Resolve>,
    /// Counts for all of them.
    pub meter: Arc<Meter>,
}

/// A running browser that nobody has used.
pub struct ReadyBrowser {
    /// The process.
    pub browser: Browser,
    /// Its pipe.
    pub mux: Mux,
    /// Sees and equips every target.
    pub director: Director,
    /// Its way out; refuses everything until it is assigned.
    pub egress: Egress,
}

impl Maker {
    /// Launches a browser and waits for its first reply.
    ///
    /// # Errors
    /// [`Error`] when it does not start or does not answer; nothing is left of it.
    pub async fn make(&self, profile: Option<PathBuf>) -> Result<ReadyBrowser, Error> {
        let spec = LaunchSpec { restore: profile, ..self.spec.clone() };
        let mut browser = self.launcher.launch(spec).await?;
        match tokio::time::timeout(FIRST_REPLY, self.equip(&mut browser)).await {
            Ok(Ok((mux, director, egress))) => Ok(ReadyBrowser { browser, mux, director, egress }),
            Ok(Err(error)) => {
                browser.finish().await?;
                Err(error)
            }
            Err(_) => {
                let said = browser.last_words();
                browser.finish().await?;
                Err(Error::NoReply { said })
            }
        }
    }

    async fn equip(&self, browser: &mut Browser) -> Result<(Mux, Director, Egress), Error> {
        let egress = Egress::serve(browser.bind_egress()?, self.policy.clone(), self.resolver.clone())?;
        let (writer, reader) = browser.take_pipe()?;
        let mux = Mux::start(reader, writer, self.meter.clone());
        let director = Director::start(&mux).await?;
        mux.warm().await?;
        Ok((mux, director, egress))
    }
}

impl ReadyBrowser {
    /// Ends it; nothing is left behind.
    pub async fn finish(self) {
        self.mux.close();
        self.egress.shutdown();
        if let Err(error) = self.browser.finish().await {
            tracing::error!(%error, "a browser left something behind");
        }
    }
}
