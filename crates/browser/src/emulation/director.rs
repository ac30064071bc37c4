//! Hangar's own eyes on every target of one browser: applies the emulation before a target's first script.
//!
//! A session of its own on the multiplexer auto-attaches to every target with `waitForDebuggerOnStart`, tells it what to
//! pretend, and lets it go; a client's own auto-attach waits and resumes independently. The loop that receives events
//! must never wait for a reply: the replies come through the same pipe.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use hangar_cdp::{
    Mux, SessionKey,
    mux::{AttachedToTarget, CallError, Event, Events, InternalSession, TargetInfo},
};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;

use super::{ByContext, Command, Emulation};
use crate::downloads::Downloads;

/// Applies an emulation to every target of one browser, now and later.
pub struct Director {
    shared: Arc<Shared>,
    pages: watch::Receiver<Pages>,
}

/// How many pages there are, and how the last one that went did so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pages {
    /// Pages open now.
    pub open: usize,
    /// Whether the page that went last closed itself: no client had asked for it.
    pub left_by_itself: bool,
}

struct Shared {
    mux: Mux,
    session: InternalSession,
    version: String,
    downloads: Downloads,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Nothing is applied before a client's wishes are known.
    emulation: Option<Emulation>,
    by_context: ByContext,
    targets: HashMap<SessionKey, Target>,
    /// Where downloads go, as the browser sees it.
    downloads: Option<String>,
}

#[derive(Clone)]
struct Target {
    id: String,
    kind: String,
    context: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DetachedFromTarget {
    session_id: String,
}

#[derive(Deserialize)]
struct Version {
    product: String,
}

impl Director {
    /// Attaches to every target of the browser behind `mux`. Until [`Director::assign`] it only lets them go.
    ///
    /// # Errors
    /// [`CallError`] when the browser does not answer as it should.
    pub async fn start(mux: &Mux) -> Result<Self, CallError> {
        let (session, events) = mux.open_session().await?;
        let reply = session.call("Browser.getVersion", &json!({})).await?;
        let version: Version = serde_json::from_str(reply.get()).map_err(|_| CallError::Unreadable)?;
        let version = version.product.rsplit('/').next().unwrap_or_default().to_owned();
        let downloads = Downloads::default();
        let shared = Arc::new(Shared { mux: mux.clone(), session, version, downloads, state: Mutex::default() });
        let (sender, pages) = watch::channel(Pages::default());
        let weak = Arc::downgrade(&shared);
        mux.equip_clients(move |target| weak.upgrade().map(|shared| shared.identity(target)).unwrap_or_default());
        tokio::spawn(follow(shared.clone(), events, sender));
        shared.session.call("Target.setAutoAttach", &auto_attach()).await?;
        Ok(Self { shared, pages })
    }

    /// The browser's full version, such as `156.0.8078.79`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.shared.version
    }

    /// The session for calls of Hangar's own.
    #[must_use]
    pub fn session(&self) -> &InternalSession {
        &self.shared.session
    }

    /// The count of pages as it changes.
    #[must_use]
    pub fn pages(&self) -> watch::Receiver<Pages> {
        self.pages.clone()
    }

    /// Sets what the session pretends; targets that are there already are told at once.
    pub fn assign(&self, emulation: Emulation) {
        let mut state = self.shared.lock();
        state.emulation = Some(emulation);
        let targets: Vec<(SessionKey, Target)> =
            state.targets.iter().map(|(key, value)| (*key, value.clone())).collect();
        targets.iter().for_each(|(session, target)| self.shared.apply(&state, *session, target));
    }

    /// Sets what one browser context pretends, now and for targets to come.
    pub fn assign_context(&self, context: &str, emulation: Emulation) {
        let mut state = self.shared.lock();
        state.by_context.insert(context.to_owned(), emulation);
        let of_context = state.targets.iter().filter(|(_, target)| target.context.as_deref() == Some(context));
        let targets: Vec<(SessionKey, Target)> = of_context.map(|(key, value)| (*key, value.clone())).collect();
        targets.iter().for_each(|(session, target)| self.shared.apply(&state, *session, target));
    }

    /// What a browser context pretends now.
    #[must_use]
    pub fn emulation_of(&self, context: &str) -> Emulation {
        let state = self.shared.lock();
        state.by_context.get(context).or(state.emulation.as_ref()).cloned().unwrap_or_default()
    }

    /// Takes back what was set for a browser context that is no more.
    pub fn forget_context(&self, context: &str) {
        self.shared.lock().by_context.remove(context);
    }

    /// Has the browser save downloads in this folder (absolute, as the browser sees it), each under its guid, and
    /// follows them.
    pub fn save_downloads(&self, folder: &str) {
        self.shared.lock().downloads = Some(folder.to_owned());
        self.save_downloads_again();
    }

    /// Says it again, after a client has left that may have said otherwise.
    pub fn save_downloads_again(&self) {
        self.shared.save_downloads(None);
    }

    /// The same for a browser context: each has a behaviour of its own (CDP `Browser.setDownloadBehavior`).
    pub fn save_downloads_of(&self, context: &str) {
        self.shared.save_downloads(Some(context));
    }

    /// What was downloaded so far.
    #[must_use]
    pub fn downloads(&self) -> &Downloads {
        &self.shared.downloads
    }

    /// Ids of the pages that are open, in no order, each with its browser context.
    #[must_use]
    pub fn open_pages(&self) -> Vec<(String, Option<String>)> {
        let state = self.shared.lock();
        let pages = state.targets.values().filter(|target| target.kind == "page");
        pages.map(|target| (target.id.clone(), target.context.clone())).collect()
    }
}

async fn follow(shared: Arc<Shared>, mut events: Events, pages: watch::Sender<Pages>) {
    while let Some(event) = events.recv().await {
        match event.method.as_str() {
            "Target.attachedToTarget" => shared.attached(&event, &pages),
            "Target.detachedFromTarget" => shared.detached(&event, &pages),
            "Browser.downloadWillBegin" => event.params().into_iter().for_each(|begun| shared.downloads.begun(begun)),
            "Browser.downloadProgress" => {
                event.params().into_iter().for_each(|progress| shared.downloads.progressed(progress));
            }
            _ => {}
        }
    }
}

fn auto_attach() -> serde_json::Value {
    json!({ "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true })
}

impl Shared {
    fn attached(&self, event: &Event, pages: &watch::Sender<Pages>) {
        let Some(attached) = event.params::<AttachedToTarget>() else { return };
        let Some(session) = SessionKey::parse(attached.session_id.as_bytes()) else { return };
        let TargetInfo { target_id: id, r#type: kind, browser_context_id: context } = attached.target_info;
        let is_page = kind == "page";
        let target = Target { id, kind, context };
        let mut state = self.lock();
        self.apply(&state, session, &target);
        state.targets.insert(session, target);
        drop(state);
        self.session.send_on(session, "Target.setAutoAttach", &auto_attach());
        self.session.send_on(session, "Runtime.runIfWaitingForDebugger", &json!({}));
        if is_page {
            pages.send_modify(|pages| pages.open += 1);
        }
    }

    fn detached(&self, event: &Event, pages: &watch::Sender<Pages>) {
        let Some(detached) = event.params::<DetachedFromTarget>() else { return };
        let Some(session) = SessionKey::parse(detached.session_id.as_bytes()) else { return };
        let Some(target) = self.lock().targets.remove(&session) else { return };
        if target.kind == "page" {
            let left_by_itself = !self.mux.was_asked_to_close(&target.id, target.context.as_deref());
            pages.send_modify(|pages| {
                pages.open = pages.open.saturating_sub(1);
                pages.left_by_itself = left_by_itself;
            });
        }
    }

    fn save_downloads(&self, context: Option<&str>) {
        let Some(folder) = self.lock().downloads.clone() else { return };
        let mut params = json!({ "behavior": "allowAndName", "downloadPath": folder, "eventsEnabled": true });
        if let Some(context) = context {
            params["browserContextId"] = json!(context);
        }
        self.session.send_on(self.session.root(), "Browser.setDownloadBehavior", &params);
    }

    /// What a client's session on a target must override too, so that it does not undo what is overridden here.
    fn identity(&self, target: &TargetInfo) -> Vec<Command> {
        let state = self.lock();
        let of_context = target.browser_context_id.as_ref().and_then(|context| state.by_context.get(context));
        let emulation = of_context.or(state.emulation.as_ref());
        emulation.map(|emulation| emulation.identity(&target.r#type, &self.version)).unwrap_or_default()
    }

    fn apply(&self, state: &State, session: SessionKey, target: &Target) {
        let of_context = target.context.as_ref().and_then(|context| state.by_context.get(context));
        let Some(emulation) = of_context.or(state.emulation.as_ref()) else { return };
        for (method, params) in emulation.commands(&target.kind, &self.version) {
            self.session.send_on(session, method, &params);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
