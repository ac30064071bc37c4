//! Commands with an end to their patience: by the deadline, or when the page that they went to is lost.

use std::time::Duration;

use hangar_cdp::SessionKey;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{
    deadline::Deadline,
    driver::Shared,
    error::{DIALOG, Error},
    model::{Model, Spot},
};

/// How much later than the next document a script's reply may come.
const LATE_REPLY: Duration = Duration::from_millis(500);

impl Shared {
    /// Sends a command and reads its result as `T`.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        spot: &Spot,
        method: &'static str,
        params: &impl Serialize,
        deadline: Deadline,
    ) -> Result<T, Error> {
        let reply = self.call_raw(spot, method, params, deadline).await?;
        serde_json::from_str(reply.get()).map_err(|_| Error::unreadable(method))
    }

    /// The same, as the browser wrote it.
    pub(crate) async fn call_raw(
        &self,
        spot: &Spot,
        method: &'static str,
        params: &impl Serialize,
        deadline: Deadline,
    ) -> Result<Box<RawValue>, Error> {
        tokio::select! {
            biased;
            reply = self.session.call_on(spot.session, method, params) => {
                reply.map_err(|error| Error::refused(method, error))
            }
            () = self.left_behind(spot.session, method, deadline) => Err(Error::PageNavigated),
            () = spot.lost.cancelled() => Err(self.why_lost(spot.session)),
            () = tokio::time::sleep_until(deadline.at()) => Err(self.timeout(spot.session, deadline)),
        }
    }

    /// Completes where a script's document has been replaced and its reply has not come: where a navigation changes the
    /// process, Chromium sometimes forgets to say that it never will (seen on 156 under load).
    async fn left_behind(&self, session: SessionKey, method: &'static str, deadline: Deadline) {
        let loader = self.lock().page_at(session).map(|page| page.document.loader.clone());
        let Some(loader) = loader.filter(|loader| method.starts_with("Runtime.") && !loader.is_empty()) else {
            return std::future::pending().await;
        };
        let replaced = |model: &Model| {
            let page = model.pages.iter().find(|page| page.tab.spot.session == session);
            page.is_some_and(|page| page.document.loader != loader).then_some(())
        };
        match self.until(deadline, replaced).await {
            Some(()) => tokio::time::sleep(LATE_REPLY).await,
            None => std::future::pending().await,
        }
    }

    fn why_lost(&self, session: SessionKey) -> Error {
        match self.lock().page_at(session) {
            Some(page) if page.crashed => Error::Crashed,
            _ if self.mux.is_ended() => Error::Gone,
            _ => Error::PageNavigated,
        }
    }

    fn timeout(&self, session: SessionKey, deadline: Deadline) -> Error {
        let why = dialog_reason(&mut self.lock(), session);
        Error::OperationTimeout {
            limit: deadline.limit(),
            why: why.unwrap_or_else(|| "the page does not answer".to_owned()),
        }
    }
}

/// Says that a dialog is open on the session's page, if one is.
pub(crate) fn dialog_reason(model: &mut Model, session: SessionKey) -> Option<String> {
    let (_, dialog) = model.page_of(session)?.dialog.as_ref()?;
    Some(format!("{DIALOG} ({})", dialog.kind.name()))
}
