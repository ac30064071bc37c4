//! What is alive while somebody views a session: a CDP session of Hangar's own on every page, and the book of tabs.
//!
//! Its loop receives events and must never wait for a reply. Chromium tells of a dialog, and leaves it open, for whoever has
//! enabled `Page`, and dismisses it at once otherwise. Viewers are to see it, so the scene enables `Page`; where nobody is
//! there who could answer, it then does what Chromium would have done, so that looking changes nothing.

mod heard;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use hangar_cdp::{
    Mux, SessionKey,
    mux::{CallError, Event, Events, InternalSession},
};
use hangar_recorder::screencast::Screencasts;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;

use super::{
    door::Door,
    tabs::{Tab, Tabs},
    token::Token,
};

/// How often titles are read while somebody views.
const TITLES: Duration = Duration::from_millis(700);

/// Dialogs that are open, by their page's target id.
pub(super) type KnownDialogs = Vec<(String, hangar_driver::Dialog)>;

pub(super) struct Scene {
    pub(super) session: InternalSession,
    pub(super) screencasts: Arc<Screencasts>,
    pub(super) door: Arc<Door>,
    mux: Mux,
    hands: Arc<dyn Fn() -> KnownDialogs + Send + Sync>,
    tabs: Mutex<Tabs>,
    shown: watch::Sender<Arc<Tabs>>,
    /// Viewers now, and those of them who may control.
    viewers: AtomicUsize,
    controllers: AtomicUsize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    target_id: String,
    r#type: String,
    title: String,
    url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TargetList {
    target_infos: Vec<PageInfo>,
}

impl Scene {
    /// Looks at every page of the browser, now and later.
    pub(super) async fn start(
        mux: &Mux,
        screencasts: Arc<Screencasts>,
        door: Arc<Door>,
        hands: Arc<dyn Fn() -> KnownDialogs + Send + Sync>,
    ) -> Result<Arc<Self>, CallError> {
        let (session, events) = mux.open_session().await?;
        let scene = Arc::new(Self {
            session,
            screencasts,
            door,
            mux: mux.clone(),
            hands,
            tabs: Mutex::default(),
            shown: watch::Sender::default(),
            viewers: AtomicUsize::new(0),
            controllers: AtomicUsize::new(0),
        });
        tokio::spawn(read_titles(Arc::downgrade(&scene)));
        tokio::spawn(follow(Arc::downgrade(&scene), events, scene.door.token(), scene.door.acted()));
        let pages = json!([{ "type": "page" }]);
        // Listed newest first (seen on Chromium 156); what is discovered comes in no order.
        let open = scene.list_pages().await?;
        scene.change(|tabs| open.iter().rev().for_each(|page| tabs.seen(&page.target_id, &page.title, &page.url)));
        let discover = json!({ "discover": true, "filter": pages });
        scene.session.call("Target.setDiscoverTargets", &discover).await?;
        scene.session.call("Target.setAutoAttach", &attach_to("page")).await?;
        scene.door.set_watched(true);
        scene.look_at_dialogs();
        Ok(scene)
    }

    pub(super) fn shown(&self) -> watch::Receiver<Arc<Tabs>> {
        self.shown.subscribe()
    }

    /// Viewers now.
    pub(super) fn viewers(&self) -> usize {
        self.viewers.load(Relaxed)
    }

    pub(super) fn entered(&self, may_control: bool) {
        self.viewers.fetch_add(1, Relaxed);
        if may_control {
            self.controllers.fetch_add(1, Relaxed);
        }
    }

    pub(super) fn left(&self, may_control: bool) {
        self.viewers.fetch_sub(1, Relaxed);
        if may_control && self.controllers.fetch_sub(1, Relaxed) == 1 {
            let open: Vec<Tab> = self.lock().list.iter().filter(|tab| tab.dialog.is_some()).cloned().collect();
            open.iter().for_each(|tab| self.let_dialog_go(tab));
        }
    }

    /// Chromium tells nobody of a dialog who comes after it (seen on 156): whoever acts over REST knows of theirs.
    fn look_at_dialogs(&self) {
        let known = (self.hands)();
        self.change(|tabs| tabs.known_dialogs(&known));
    }

    /// Notes that a page's end was asked for, so that it is not taken for the page's own.
    pub(super) fn expect_close(&self, target: &str) {
        self.mux.expect_close(target);
    }

    /// Changes the book and tells the viewers.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Tabs) -> T) -> T {
        let mut tabs = self.lock();
        let changed = change(&mut tabs);
        let now = Arc::new(tabs.clone());
        self.shown.send_if_modified(|shown| {
            let is_news = **shown != *now;
            *shown = now;
            is_news
        });
        changed
    }

    async fn list_pages(&self) -> Result<Vec<PageInfo>, CallError> {
        let params = json!({ "filter": [{ "type": "page" }] });
        let reply = self.session.call("Target.getTargets", &params).await?;
        let list: TargetList = serde_json::from_str(reply.get()).map_err(|_| CallError::Unreadable)?;
        Ok(list.target_infos)
    }

    /// Has the viewers told what is, although nothing of it has changed.
    pub(super) fn tell_again(&self) {
        self.shown.send_modify(|_| {});
    }

    fn on_every_frame(&self, act: impl Fn(SessionKey)) {
        self.lock().list.iter().flat_map(|tab| tab.session.iter().chain(&tab.frames)).copied().for_each(act);
    }

    fn intercept_choosers(&self, session: SessionKey, token: Token) {
        let params = json!({ "enabled": token != Token::Client });
        self.session.send_on(session, "Page.setInterceptFileChooserDialog", &params);
    }

    fn shows_dialog(&self) -> bool {
        self.lock().list.iter().any(|tab| tab.dialog.is_some())
    }

    fn lock(&self) -> MutexGuard<'_, Tabs> {
        self.tabs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.door.set_watched(false);
        self.door.forget_dialogs();
    }
}

fn attach_to(kind: &str) -> serde_json::Value {
    json!({ "autoAttach": true, "waitForDebuggerOnStart": false, "flatten": true, "filter": [{ "type": kind }] })
}

async fn follow(
    scene: Weak<Scene>,
    mut events: Events,
    mut token: watch::Receiver<Token>,
    mut acted: watch::Receiver<Option<Box<str>>>,
) {
    // An open dialog would be dismissed with the scene; it is the client's, and outlives those who looked at it.
    let mut _kept: Option<Arc<Scene>> = None;
    loop {
        // What the wait borrows must not keep the scene alive.
        let woken = tokio::select! {
            event = events.recv() => match event {
                Some(event) => Woken::Event(event),
                None => return,
            },
            Ok(()) = token.changed() => Woken::Token,
            Ok(()) = acted.changed() => Woken::Acted,
        };
        let Some(scene) = scene.upgrade() else { return };
        match woken {
            Woken::Event(event) => {
                let token = *token.borrow();
                scene.heard(&event, token);
            }
            Woken::Token => {
                let token = *token.borrow_and_update();
                scene.on_every_frame(|session| scene.intercept_choosers(session, token));
            }
            Woken::Acted => {
                let target = acted.borrow_and_update().clone();
                target.into_iter().for_each(|target| {
                    scene.change(|tabs| tabs.acted(&target));
                });
            }
        }
        _kept = scene.shows_dialog().then_some(scene);
    }
}

/// Chromium tells of a new address, but not of the title that comes with the document (seen on Chromium 156).
async fn read_titles(scene: Weak<Scene>) {
    loop {
        tokio::time::sleep(TITLES).await;
        let Some(scene) = scene.upgrade() else { return };
        let Ok(pages) = scene.list_pages().await else { return };
        scene.change(|tabs| pages.iter().for_each(|page| tabs.named(&page.target_id, &page.title, &page.url)));
        scene.look_at_dialogs();
    }
}

enum Woken {
    Event(Box<Event>),
    Token,
    Acted,
}
