//! The targets of the browser: attached before their first script, told what to tell, and let go.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use hangar_cdp::{SessionKey, mux};
use hangar_domain::timeline::{Event, Page, PageChange, Title};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, timeout};

use crate::{
    observed::ObservedPage,
    shared::{MOST_TARGETS, Shared, State},
};

/// How long the browser may take to list its pages.
const REFRESHING: Duration = Duration::from_secs(1);

/// One target that is watched.
pub(crate) struct Target {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    /// The page that it belongs to, itself where it is one.
    pub(crate) page: Option<String>,
    /// Whether its `Network` domain is on.
    pub(crate) network: bool,
    /// Commands of the tracer that it has not answered.
    pub(crate) unanswered: u32,
    /// When its latest requests left, as `Network` told them.
    pub(crate) recent: VecDeque<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Page,
    Frame,
    Worker,
    Other,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attached {
    session_id: String,
    target_info: Info,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Info {
    target_id: String,
    r#type: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    url: String,
}

/// The same of the event as the multiplexer reads it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    target_info: mux::TargetInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detached {
    session_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InfoChanged {
    target_info: Info,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Targets {
    target_infos: Vec<Info>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Crashed {
    target_id: String,
}

/// The auto-attach of every session.
pub(crate) fn auto_attach() -> serde_json::Value {
    json!({ "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true })
}

impl Shared {
    pub(crate) fn attached(&self, event: &mux::Event) {
        let Some(Attached { session_id, target_info }) = event.params() else { return };
        let Some(session) = SessionKey::parse(session_id.as_bytes()) else { return };
        if let Some(Told { target_info }) = event.params() {
            self.session.equip(session, &target_info);
        }
        let kind = Kind::of(&target_info.r#type);
        let mut state = self.lock();
        // A service worker is attached once for the browser and once for each of its pages.
        let is_known = state.targets.values().any(|target| target.id == target_info.target_id);
        if !is_known && state.targets.len() < MOST_TARGETS {
            // While a trace runs a page is seen by it alone; a worker's own script only the Network domain names.
            let network = kind == Kind::Worker || (kind != Kind::Other && Self::is_seeing(&state));
            self.watch(session, kind, network);
            let page = match kind {
                Kind::Page => Some(target_info.target_id.clone()),
                _ => state.targets.get(&event.session).and_then(|parent| parent.page.clone()),
            };
            let target = Target {
                id: target_info.target_id.clone(),
                kind,
                page,
                network,
                unanswered: 0,
                recent: VecDeque::new(),
            };
            state.targets.insert(session, target);
            if kind == Kind::Page {
                self.page_attached(&mut state);
            }
        }
        self.session.send_on(session, "Runtime.runIfWaitingForDebugger", &json!({}));
        if kind == Kind::Page && state.observed.page(&target_info.target_id).is_none() {
            self.opened(&mut state, &target_info);
        }
    }

    /// Has a new target tell what is recorded, before its first script.
    fn watch(&self, session: SessionKey, kind: Kind, network: bool) {
        let send = |method: &str| self.session.send_on(session, method, &json!({}));
        if kind != Kind::Other {
            send("Runtime.enable");
            send("Log.enable");
        }
        if network {
            self.session.send_on(session, "Network.enable", &crate::eyes::network_without_bodies());
        }
        if matches!(kind, Kind::Page | Kind::Frame) {
            send("Page.enable");
            send("Inspector.enable");
        }
        self.session.send_on(session, "Target.setAutoAttach", &auto_attach());
    }

    fn opened(&self, state: &mut State, info: &Info) {
        let page = ObservedPage { id: info.target_id.clone(), url: self.url(&info.url), title: self.title(info) };
        state.observed.pages.push(page);
        state.observed.active = Some(info.target_id.clone());
        state.book.frame(&info.target_id, &info.target_id);
        self.emit(Event::Page(Page { page: info.target_id.clone(), change: PageChange::Opened }));
    }

    pub(crate) fn detached(&self, event: &mux::Event) {
        let Some(Detached { session_id }) = event.params() else { return };
        let Some(session) = SessionKey::parse(session_id.as_bytes()) else { return };
        let mut state = self.lock();
        state.attended.forget(session);
        let Some(target) = state.targets.remove(&session) else { return };
        if target.kind == Kind::Page && !state.is_over {
            self.closed(&mut state, &target.id);
        }
    }

    /// Closes every page, and with it the processes that they are in; what they do about it is not recorded.
    pub(crate) async fn close_pages(&self) {
        let pages: Vec<String> = {
            let mut state = self.lock();
            state.is_over = true;
            state.observed.pages.iter().map(|page| page.id.clone()).collect()
        };
        for page in pages {
            let params = json!({ "targetId": page });
            // One that is gone by now needs no closing, and a browser that does not answer has no trace to give.
            let _gone = timeout(REFRESHING, self.session.call("Target.closeTarget", &params)).await;
        }
    }

    fn closed(&self, state: &mut State, id: &str) {
        state.observed.pages.retain(|page| page.id != id);
        if state.observed.active.as_deref() == Some(id) {
            state.observed.active = state.observed.pages.last().map(|page| page.id.clone());
        }
        if state.observed.dialog.as_ref().is_some_and(|dialog| dialog.page == id) {
            state.observed.dialog = None;
        }
        state.crashed.remove(id);
        state.attended.answered.forget_target(id);
        state.leaving.remove(id);
        state.shown.remove(id);
        state.book.page_gone(id);
        self.emit(Event::Page(Page { page: id.to_owned(), change: PageChange::Closed }));
    }

    pub(crate) fn info_changed(&self, event: &mux::Event) {
        if let Some(InfoChanged { target_info }) = event.params() {
            let page = target_info.target_id.clone();
            self.now(target_info);
            self.look_at_arrivals(&mut self.lock(), &page);
        }
    }

    /// Looks at what every page shows: its document, address and title.
    pub(crate) async fn refresh(self: &Arc<Self>) {
        self.look_for_arrivals().await;
        let Ok(Ok(pages)) = timeout(REFRESHING, self.pages()).await else { return };
        pages.into_iter().for_each(|info| self.now(info));
    }

    /// Whether the browser has a page.
    pub(crate) async fn has_page(&self) -> Result<bool, mux::CallError> {
        Ok(!self.pages().await?.is_empty())
    }

    async fn pages(&self) -> Result<Vec<Info>, mux::CallError> {
        let reply = self.session.call("Target.getTargets", &json!({ "filter": [{ "type": "page" }] })).await?;
        // A reply that is not one tells of none.
        Ok(serde_json::from_str(reply.get()).map_or_else(|_| Vec::new(), |Targets { target_infos }| target_infos))
    }

    fn now(&self, target_info: Info) {
        let title = self.title(&target_info);
        let url = self.url(&target_info.url);
        let mut state = self.lock();
        let Some(page) = state.observed.page(&target_info.target_id) else { return };
        page.url = url;
        if page.title != title {
            title.clone_into(&mut page.title);
            if !title.is_empty() {
                self.emit(Event::Title(Title { page: target_info.target_id, title }));
            }
        }
    }

    /// A target's title; Chromium gives a page without one the address, without its scheme.
    fn title(&self, info: &Info) -> String {
        if info.title.is_empty() || info.url.ends_with(&info.title) {
            return String::new();
        }
        self.redactor.text(&info.title, 1024)
    }

    pub(crate) fn target_crashed(&self, event: &mux::Event) {
        if let Some(Crashed { target_id }) = event.params() {
            self.crashed(&target_id);
        }
    }

    pub(crate) fn session_crashed(&self, event: &mux::Event) {
        let id = self.lock().targets.get(&event.session).map(|target| target.id.clone());
        id.iter().for_each(|id| self.crashed(id));
    }

    fn crashed(&self, id: &str) {
        let mut state = self.lock();
        if state.observed.page(id).is_some() && state.crashed.insert(id.to_owned()) {
            state.book.page_gone(id);
            self.emit(Event::Page(Page { page: id.to_owned(), change: PageChange::Crashed }));
        }
    }
}

impl State {
    /// The page that a session belongs to.
    pub(crate) fn page_of(&self, session: SessionKey) -> Option<String> {
        self.targets.get(&session).and_then(|target| target.page.clone())
    }

    /// The session on a target.
    pub(crate) fn session_of(&self, target: &str) -> Option<SessionKey> {
        self.targets.iter().find(|(_, known)| known.id == target).map(|(session, _)| *session)
    }
}

impl Kind {
    fn of(kind: &str) -> Self {
        match kind {
            "page" => Self::Page,
            "iframe" => Self::Frame,
            "worker" | "service_worker" | "shared_worker" => Self::Worker,
            _ => Self::Other,
        }
    }
}
