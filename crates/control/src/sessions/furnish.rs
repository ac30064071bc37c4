//! What a session that was let in gets: a browser that nobody has used, with the client's wishes, and what remembers it.

use std::{sync::Arc, time::Duration};

use hangar_browser::ReadyBrowser;
use hangar_cdp::{
    filter::{Policy, Surroundings},
    mux::{ClientOptions, Gate},
};
use serde_json::json;

use super::{
    live::{Billing, Live, Times},
    memory::Memory,
    open::{Admitted, OpenRequest},
    registry::DRAINED,
    supervise,
};
use crate::{Control, Error};

/// A browser that has everything the session needs, and what remembers it.
pub(crate) struct Furnished {
    browser: ReadyBrowser,
    memory: Memory,
}

impl Control {
    /// A browser that nobody has used, with what the session asked for.
    pub(crate) async fn furnish(&self, admitted: &Admitted) -> Result<Furnished, Error> {
        let browser = self.take_browser(&admitted.request).await?;
        let furnishing = async {
            equip(&browser, &admitted.request).await?;
            self.remember(&browser, admitted).await
        };
        match furnishing.await {
            Ok(memory) => Ok(Furnished { browser, memory }),
            Err(error) => {
                self.tasks.spawn(browser.finish());
                Err(error)
            }
        }
    }

    async fn take_browser(&self, request: &OpenRequest) -> Result<ReadyBrowser, Error> {
        let taken = match &request.profile {
            Some(profile) => self.pool.take_with_profile(self.profiles.saved(profile)).await,
            None => self.pool.take().await,
        };
        taken.map_err(Error::Browser)
    }

    /// From here on the session runs, supervised.
    pub(crate) fn set_off(
        self: &Arc<Self>,
        admitted: Admitted,
        furnished: Furnished,
        idle_limit: Duration,
    ) -> Arc<Live> {
        let Admitted { spec, request, number, hold_ms, asked, slot, mut admission } = admitted;
        let Furnished { browser, memory } = furnished;
        let options = client_options(&browser, &request, memory.gates());
        let times = Times { started: self.clock.monotonic(), idle_limit };
        let founded = Live::found(spec, Billing { number, hold_ms }, times, browser, options, memory);
        founded.live.stage().set_takeover(request.takeover);
        if request.keeps_actions {
            founded.live.stage().set_dialogs_answered(&founded.live);
        }
        if let Some(timeline) = &founded.live.memory.timeline {
            founded.live.stage().set_timeline(timeline.sender(), self.clock.clone());
        }
        if let Some(film) = &founded.live.memory.film {
            founded.live.stage().set_film(film.clone());
        }
        admission.complete();
        let live = founded.live.clone();
        self.registry.insert(live.clone());
        // In this order: either this sees that the server stops, or the server sees this session when it ends them all.
        if self.is_draining() {
            live.end(DRAINED);
        }
        self.metrics.session_opened(self.clock.monotonic() - asked);
        tracing::info!(
            session.id = %live.id(),
            session.number = live.number,
            account.id = %live.spec().account,
            "session opened"
        );
        self.tasks.spawn(supervise::run(self.clone(), founded, slot));
        live
    }
}

/// Brings about what the client asked for, before it has the browser.
async fn equip(browser: &ReadyBrowser, request: &OpenRequest) -> Result<(), Error> {
    browser.egress.assign(request.upstream.clone());
    browser.director.assign(request.switches.emulation.clone());
    browser.director.save_downloads(&browser.browser.dirs().browser.downloads.display().to_string());
    if !request.switches.cookies.is_empty() {
        let params = json!({ "cookies": request.switches.cookies });
        browser.director.session().call("Storage.setCookies", &params).await.map_err(bad_cookies)?;
    }
    Ok(())
}

fn bad_cookies(error: hangar_cdp::mux::CallError) -> Error {
    match error {
        hangar_cdp::mux::CallError::Refused(refusal) => {
            Error::Invalid(format!("'--bot-cookies' was refused by the browser: {}", refusal.message))
        }
        other => Error::Cdp(other),
    }
}

fn client_options(browser: &ReadyBrowser, request: &OpenRequest, gates: Arc<[Arc<dyn Gate>]>) -> ClientOptions {
    let paths = &browser.browser.dirs().browser;
    let surroundings = Surroundings {
        downloads: paths.downloads.display().to_string(),
        uploads: paths.uploads.display().to_string(),
        unknown_domains: false,
    };
    ClientOptions {
        policy: Arc::new(Policy::new(surroundings)),
        drop_console: request.switches.drop_console,
        skip_pauses: request.switches.skip_pauses,
        gates,
    }
}
