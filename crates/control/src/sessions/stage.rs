//! What those who view a session share: its tabs, its dialogs, and who has control.
//!
//! Every session has a stage; it is empty, and costs an atomic load per command, until somebody comes. It must never let
//! a person and the client act at once unless the person offered that, and never let somebody act whose link does not
//! say so.

mod act;
mod door;
mod drive;
mod entrance;
mod files;
mod hands;
mod live_url;
mod scene;
mod selection;
mod tabs;
mod takeover;
mod token;
mod viewer;
mod wish;

use std::sync::{Arc, Mutex, OnceLock, Weak};

use hangar_browser::Dirs;
use hangar_cdp::{
    Client, Mux,
    mux::{CallError, Gate},
    relay::Activity,
};
use hangar_domain::{
    Clock,
    timeline::{Action, Actor, Control, Entry, Event},
};
use hangar_driver::Driver;
use hangar_recorder::{Dialogs, film::Film, recording::Gesture, screencast::Screencasts};
use tokio::sync::mpsc;

use self::{
    door::Door,
    live_url::Known,
    scene::{KnownDialogs, Scene},
};
pub use self::{
    entrance::{Entrance, LONGEST_LIFE, Link, LinkScope, LiveRefusal, USUAL_LIFE},
    tabs::{Chooser, Dialog, Tab, Tabs},
    takeover::{CONTROL_TAKEN, ControlTaken, Takeover},
    token::{TakenByOther, Token, ViewerId},
    viewer::{Notice, Refused, Viewer},
    wish::{FilePiece, Wish},
};
use super::Live;

/// Viewers of one session.
pub const MOST_VIEWERS: usize = 32;

/// Why nobody more may view.
#[derive(Debug, thiserror::Error)]
pub enum NotEntered {
    /// There are [`MOST_VIEWERS`] already.
    #[error("too many people view this session")]
    Full,
    /// The browser does not answer.
    #[error("the browser does not answer")]
    Browser(#[from] CallError),
}

/// What viewers of one session share.
pub struct Stage {
    door: Arc<Door>,
    mux: Mux,
    dirs: Arc<Dirs>,
    screencasts: Arc<Screencasts>,
    activity: Arc<Activity>,
    scene: tokio::sync::Mutex<Weak<Scene>>,
    live_url: Mutex<Option<Known>>,
    timeline: OnceLock<(mpsc::Sender<Entry>, Arc<dyn Clock>)>,
    film: OnceLock<Arc<Film>>,
    live: OnceLock<Weak<Live>>,
}

impl Stage {
    pub(crate) fn new(
        mux: Mux,
        dirs: Arc<Dirs>,
        activity: Arc<Activity>,
        screencasts: Option<Arc<Screencasts>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            door: Door::new(),
            screencasts: screencasts.unwrap_or_else(|| Arc::new(Screencasts::new(&mux))),
            mux,
            dirs,
            activity,
            scene: tokio::sync::Mutex::default(),
            live_url: Mutex::default(),
            timeline: OnceLock::new(),
            film: OnceLock::new(),
            live: OnceLock::new(),
        })
    }

    /// What the clients' commands pass.
    pub(crate) fn gate(&self) -> Arc<dyn Gate> {
        self.door.clone()
    }

    /// The pages' pictures; whoever records is one more watcher.
    #[must_use]
    pub fn screencasts(&self) -> &Arc<Screencasts> {
        &self.screencasts
    }

    /// Has the recording leave dialogs to a person who has control.
    pub(crate) fn set_recorded(&self, dialogs: Dialogs) {
        self.door.set_recorded(dialogs);
    }

    /// Sends what people do, and who has control, to the session's timeline. What it does not take is dropped.
    pub fn set_timeline(&self, entries: mpsc::Sender<Entry>, clock: Arc<dyn Clock>) {
        if self.timeline.set((entries.clone(), clock.clone())).is_err() {
            return;
        }
        let mut token = self.door.token();
        tokio::spawn(async move {
            while token.changed().await.is_ok() {
                let holder = token.borrow_and_update().name().to_owned();
                let entry = Entry { at: clock.now(), event: Event::Control(Control { holder }) };
                if entries.send(entry).await.is_err() {
                    return;
                }
            }
        });
    }

    /// Shows what people's hands do in the session's film, too.
    pub fn set_film(&self, film: Arc<Film>) {
        // There is one for a session's whole life.
        let _again = self.film.set(film);
    }

    /// What becomes of the client's actions while a person has control.
    pub fn set_takeover(&self, takeover: Takeover) {
        self.door.set_takeover(takeover);
    }

    /// Dialogs are answered over REST: they stay open for that, whoever looks at them.
    pub fn set_dialogs_answered(&self, live: &Arc<Live>) {
        self.door.answer_all();
        let _again = self.live.set(Arc::downgrade(live));
    }

    /// The dialogs that whoever acts over REST holds open.
    fn known_dialogs(&self) -> KnownDialogs {
        let live = self.live.get().and_then(Weak::upgrade);
        live.and_then(|live| live.hands.driver().map(Driver::dialogs)).unwrap_or_default()
    }

    /// Answers one of them for a person.
    fn answer_known(&self, page: String, accept: bool, text: Option<String>) {
        let Some(live) = self.live.get().and_then(Weak::upgrade) else { return };
        tokio::spawn(async move {
            let Some(driver) = live.hands.driver() else { return };
            if let Err(error) = driver.answer_dialog_on(&page, accept, text.as_deref()).await {
                tracing::debug!(%error, "a person's answer to a dialog came to nothing");
            }
        });
    }

    /// Waits until the client may act, or refuses at once, as was chosen; for faces whose actions are no CDP commands.
    ///
    /// # Errors
    /// [`ControlTaken`].
    pub async fn admit_client_action(&self) -> Result<(), ControlTaken> {
        self.door.admit().await
    }

    /// The client acts in this page: those who have chosen no other look at it.
    pub fn client_acted(&self, target: &str) {
        self.door.note_acted(target);
    }

    /// Somebody comes to view.
    ///
    /// # Errors
    /// [`NotEntered`].
    pub async fn enter(
        self: &Arc<Self>,
        id: ViewerId,
        entrance: &Entrance,
    ) -> Result<(Viewer, mpsc::Receiver<Notice>), NotEntered> {
        if entrance.may_control {
            entrance.live.memory.ready().await;
        }
        let mut known = self.scene.lock().await;
        let scene = match known.upgrade() {
            Some(scene) => scene,
            None => {
                let stage = Arc::downgrade(self);
                let hands = Arc::new(move || stage.upgrade().map(|stage| stage.known_dialogs()).unwrap_or_default());
                Scene::start(&self.mux, self.screencasts.clone(), self.door.clone(), hands).await?
            }
        };
        *known = Arc::downgrade(&scene);
        if scene.viewers() >= MOST_VIEWERS {
            return Err(NotEntered::Full);
        }
        Ok(Viewer::new(self.clone(), scene, id, entrance))
    }

    /// Shows this page to everybody who views; true where there is nobody, or such a page.
    pub(crate) async fn show(&self, target: &str) -> bool {
        match self.scene.lock().await.upgrade() {
            Some(scene) => scene.change(|tabs| tabs.show(target)),
            None => true,
        }
    }

    /// A client has left: what it waited for is void.
    pub(crate) fn client_left(&self, client: &Arc<Client>) {
        self.door.forget(client);
    }

    fn touch(&self) {
        self.activity.touch();
    }

    fn hand(&self, page: &str, what: Gesture, at: (f64, f64)) {
        if let Some(film) = self.film.get() {
            film.hand(page, Actor::Person, what, at);
        }
    }

    fn acted(&self, action: Action) {
        if let Some((entries, clock)) = self.timeline.get() {
            // A timeline that is behind says itself how much it missed.
            let _missed = entries.try_send(Entry { at: clock.now(), event: Event::Action(action) });
        }
    }
}
