//! The driver of one browser: its session on the pipe, and what an action begins with.

use std::{
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use hangar_cdp::{Mux, mux::InternalSession};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;

use crate::{
    call::dialog_reason,
    deadline::Deadline,
    error::{DIALOG, Error},
    follow::{auto_attach, follow},
    input::witness::Witness,
    model::{Model, Page, Spot, Tab},
};

/// How long attaching to the pages of a browser may take.
const OPEN_LIMIT: Duration = Duration::from_secs(10);

/// How long an action waits for a navigation that has begun to show its document: what follows a click on a link
/// should see where it leads.
const LEAVING_LIMIT: Duration = Duration::from_secs(1);

/// Acts in the pages of one browser. Dropping it ends its CDP session and nothing else.
///
/// Every action takes the longest that it may last; zero is no time at all, not for ever. Where one is dropped before its end, input that was sent is
/// complete: no button and no key stays down.
pub struct Driver {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) mux: Mux,
    pub(crate) session: InternalSession,
    model: Mutex<Model>,
    changes: watch::Sender<()>,
    pub(crate) witness: OnceLock<Arc<Witness>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Targets {
    target_infos: Vec<TargetInfo>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TargetInfo {
    target_id: String,
    r#type: String,
}

impl Driver {
    /// Attaches to every page of the browser behind `mux`, now and later.
    ///
    /// # Errors
    /// [`Error::Gone`], [`Error::Protocol`] or [`Error::OperationTimeout`] where the browser does not answer as it should.
    pub async fn open(mux: &Mux) -> Result<Self, Error> {
        let deadline = Deadline::after(OPEN_LIMIT);
        let attaching = async {
            let refused = |error| Error::refused("Target.setAutoAttach", error);
            let (session, events) = mux.open_session().await.map_err(refused)?;
            let (changes, _) = watch::channel(());
            let (model, witness) = (Mutex::default(), OnceLock::new());
            let shared = Arc::new(Shared { mux: mux.clone(), session, model, changes, witness });
            tokio::spawn(follow(Arc::downgrade(&shared), events));
            shared.session.call("Target.setAutoAttach", &auto_attach()).await.map_err(refused)?;
            let targets = shared.session.call("Target.getTargets", &json!({})).await.map_err(refused)?;
            let targets: Targets =
                serde_json::from_str(targets.get()).map_err(|_| Error::unreadable("Target.getTargets"))?;
            let is_known =
                |model: &Model, target: &TargetInfo| target.r#type != "page" || model.page(&target.target_id).is_some();
            let known = |model: &Model| targets.target_infos.iter().all(|target| is_known(model, target)).then_some(());
            shared.until(deadline, known).await;
            Ok(Self { shared })
        };
        let late = |_| Error::OperationTimeout { limit: OPEN_LIMIT, why: "the browser does not answer".to_owned() };
        tokio::time::timeout_at(deadline.at(), attaching).await.map_err(late)?
    }

    /// Opens a page where there is none.
    ///
    /// # Errors
    /// [`Error::Gone`], [`Error::Protocol`] or [`Error::OperationTimeout`] where the browser does not open one.
    pub async fn have_page(&self) -> Result<(), Error> {
        self.tab(Deadline::after(OPEN_LIMIT)).await.map(drop)
    }

    /// Whether the browser itself answers within `limit`; a page may hang all the same.
    pub async fn is_responsive(&self, limit: Duration) -> bool {
        self.shared.session.is_alive(limit).await
    }

    /// The page to act in, once no dialog is open there and no navigation is just taking place.
    pub(crate) async fn begin(&self, deadline: Deadline) -> Result<Tab, Error> {
        let tab = self.tab(deadline).await?;
        let settled = |model: &Model| model.page(&tab.id).is_none_or(|page| !page.document.is_leaving).then_some(());
        if self.shared.until(deadline.at_most(LEAVING_LIMIT), settled).await.is_none() {
            // It takes its time; the actions that follow do not wait for it again.
            self.shared.change(|model| {
                let page = model.pages.iter_mut().find(|page| page.tab.id == tab.id);
                page.into_iter().for_each(|page| page.document.is_leaving = false);
            });
        }
        match self.without_dialog(&tab, deadline).await? {
            (_, true) => Err(Error::Crashed),
            (tab, false) => Ok(tab),
        }
    }

    /// The page to navigate in. One that has crashed gets a new renderer by that.
    pub(crate) async fn begin_navigation(&self, deadline: Deadline) -> Result<Tab, Error> {
        let tab = self.tab(deadline).await?;
        let (tab, crashed) = self.without_dialog(&tab, deadline).await?;
        if !crashed {
            return Ok(tab);
        }
        let fresh = Tab { spot: Spot::new(tab.spot.session), ..tab };
        self.shared.change(|model| {
            let page = model.page_at(fresh.spot.session);
            page.into_iter().for_each(|page| (page.crashed, page.tab) = (false, fresh.clone()));
        });
        Ok(fresh)
    }

    /// The page as it is once no dialog is open, and whether it has crashed.
    async fn without_dialog(&self, tab: &Tab, deadline: Deadline) -> Result<(Tab, bool), Error> {
        let mut gone = false;
        let quiet = |model: &Model| match model.page(&tab.id) {
            Some(Page { dialog: None, tab, crashed, .. }) => Some((tab.clone(), *crashed)),
            Some(_) => None,
            None => {
                gone = true;
                Some((tab.clone(), false))
            }
        };
        let found = self.shared.until(deadline, quiet).await;
        if gone {
            return Err(if self.shared.mux.is_ended() { Error::Gone } else { Error::PageNavigated });
        }
        found.ok_or_else(|| Error::OperationTimeout {
            limit: deadline.limit(),
            why: dialog_reason(&mut self.shared.lock(), tab.spot.session).unwrap_or_else(|| DIALOG.to_owned()),
        })
    }

    /// The current page; a new one where none is left.
    async fn tab(&self, deadline: Deadline) -> Result<Tab, Error> {
        if self.shared.mux.is_ended() {
            return Err(Error::Gone);
        }
        let current = |model: &Model| model.current().map(|page| page.tab.clone());
        if let Some(tab) = current(&self.shared.lock()) {
            return Ok(tab);
        }
        let blank = json!({ "url": "about:blank" });
        let refused = |error| Error::refused("Target.createTarget", error);
        let late = || Error::OperationTimeout { limit: deadline.limit(), why: "no page could be opened".to_owned() };
        let created = tokio::time::timeout_at(deadline.at(), self.shared.session.call("Target.createTarget", &blank));
        created.await.map_err(|_| late())?.map_err(refused)?;
        self.shared.until(deadline, current).await.ok_or_else(late)
    }
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is known, and wakes whoever waits for it.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Model)) {
        change(&mut self.lock());
        self.changes.send_replace(());
    }

    /// Waits until `look` sees something; `None` at the deadline.
    pub(crate) async fn until<T>(&self, deadline: Deadline, mut look: impl FnMut(&Model) -> Option<T>) -> Option<T> {
        let mut changes = self.changes.subscribe();
        loop {
            if let Some(seen) = look(&self.lock()) {
                return Some(seen);
            }
            tokio::time::timeout_at(deadline.at(), changes.changed()).await.ok()?.ok()?;
        }
    }
}
