//! A browser with everything around it that a session needs: its pipe, its director, its way out.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use hangar_cdp::{Lanes, Meter, Mux};

use tokio::{
    net::unix::pipe::{Receiver, Sender},
    runtime::Handle,
};

use crate::{
    egress::{Egress, EgressPolicy, Resolve},
    emulation::Director,
    error::Error,
    launch::{EGRESS_PORT, LaunchSpec, Launcher},
    process::{Browser, Pipe},
};

/// How long a browser that has answered once may take to be equipped.
const READY_LIMIT: Duration = Duration::from_secs(5);

/// Makes browsers ready for a client.
pub struct Maker {
    /// Starts the process.
    pub launcher: Launcher,
    /// What every launch has in common.
    pub spec: LaunchSpec,
    /// What pages may reach.
    pub policy: Arc<EgressPolicy>,
    /// Resolves names for the egress endpoints.
    pub resolver: Arc<dyn Resolve>,
    /// Where their messages pass.
    pub lanes: Arc<Lanes>,
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
        let browser = self.launcher.launch(spec).await?;
        let failed = match tokio::time::timeout(READY_LIMIT, self.equip(&browser)).await {
            Ok(Ok((mux, director, egress))) => return Ok(ReadyBrowser { browser, mux, director, egress }),
            Ok(Err(error)) => error,
            Err(_) => Error::NotReady { after: READY_LIMIT },
        };
        browser.finish().await?;
        Err(failed)
    }

    async fn equip(&self, browser: &Browser) -> Result<(Mux, Director, Egress), Error> {
        let (listener, _) = browser.network().listen(EGRESS_PORT).await?;
        let egress = Egress::serve(listener, self.policy.clone(), self.resolver.clone())?;
        let Pipe { sender, receiver } = browser.take_pipe().ok_or(Error::Ended)?;
        let mux = into_mux(self.lanes.next(), sender, receiver, self.meter.clone());
        let mux = mux.map_err(Error::io("moving a browser's pipe to its lane"))?;
        let director = Director::start(&mux).await?;
        mux.warm().await?;
        Ok((mux, director, egress))
    }
}

fn into_mux(lane: Handle, sender: Sender, receiver: Receiver, meter: Arc<Meter>) -> io::Result<Mux> {
    Mux::start(lane, receiver.into_nonblocking_fd()?, sender.into_nonblocking_fd()?, meter)
}

impl ReadyBrowser {
    /// Ends it; nothing is left behind.
    pub async fn finish(self) {
        self.mux.close();
        self.egress.shutdown().await;
        if let Err(error) = self.browser.finish().await {
            tracing::error!(%error, "a browser left something behind");
        }
    }
}
