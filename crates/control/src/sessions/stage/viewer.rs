//! Somebody in the live view: what they see, and what becomes of their wishes.
//!
//! Whether they may act is decided here and nowhere else: by their link's scope and by who has control, wish by wish.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hangar_cdp::{SessionKey, mux::CallError};
use hangar_domain::timeline::{Action, Actor};
use hangar_recorder::screencast::{Frame, Watch, Wish as Picture};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::{
    Entrance, Stage,
    files::Upload,
    scene::Scene,
    tabs::{Tab, Tabs},
    token::{Token, ViewerId},
    wish::{KeyEvent, MouseEvent, TouchEvent, Wish},
};

/// Answers that may wait for a viewer; more are dropped.
const NOTICES: usize = 16;

/// Why a wish is not fulfilled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The link is for viewing only.
    #[error("This link is for viewing only")]
    ReadOnly,
    /// Somebody else has control.
    #[error("Another person has control")]
    Taken,
    /// Control has not been taken.
    #[error("Take control first")]
    NotInControl,
    /// Something in it is out of bounds.
    #[error("The message is not valid")]
    Invalid,
    /// The address may not be opened.
    #[error("This address cannot be opened here")]
    Address,
    /// There is no such tab.
    #[error("There is no such tab")]
    NoTab,
    /// They point at a picture that they have not been sent yet.
    #[error("There is no picture to point at yet")]
    NoPicture,
    /// The files are more than may be sent.
    #[error("The files are too large")]
    TooLarge,
}

impl Refused {
    /// A stable word for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ReadOnly => "READ_ONLY",
            Self::Taken => "CONTROL_TAKEN",
            Self::NotInControl => "NOT_IN_CONTROL",
            Self::Invalid => "INVALID",
            Self::Address => "ADDRESS_REFUSED",
            Self::NoTab => "NO_SUCH_TAB",
            Self::NoPicture => "NO_PICTURE",
            Self::TooLarge => "TOO_LARGE",
        }
    }
}

/// What a viewer is told later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The text that they copied.
    Copied(String),
    /// What they asked for went wrong, in the browser's words.
    Failed(String),
}

/// Somebody who views a session; gone when dropped.
pub struct Viewer {
    pub(super) stage: Arc<Stage>,
    pub(super) scene: Arc<Scene>,
    id: ViewerId,
    may_control: bool,
    /// The link that they came by, where handing back ends it.
    link: Option<CancellationToken>,
    /// The tab that they chose to look at, and in which turn.
    choice: Mutex<Option<(u64, String)>>,
    /// The picture that they saw last.
    frame: Mutex<Option<Arc<Frame>>>,
    pub(super) upload: Mutex<Upload>,
    /// Keys pressed that are on no timeline yet.
    typed: Mutex<u32>,
    pub(super) notices: mpsc::Sender<Notice>,
}

impl Viewer {
    pub(super) fn new(
        stage: Arc<Stage>,
        scene: Arc<Scene>,
        id: ViewerId,
        entrance: &Entrance,
    ) -> (Self, mpsc::Receiver<Notice>) {
        let (notices, told) = mpsc::channel(NOTICES);
        let (may_control, link) = (entrance.may_control, entrance.ended.clone());
        scene.entered(may_control);
        stage.door.entered(id);
        let (choice, frame, upload, typed) = (Mutex::default(), Mutex::default(), Mutex::default(), Mutex::default());
        (Self { stage, scene, id, may_control, link, choice, frame, upload, typed, notices }, told)
    }

    /// Whether their link lets them control.
    #[must_use]
    pub fn may_control(&self) -> bool {
        self.may_control
    }

    /// The tabs as they change.
    #[must_use]
    pub fn tabs(&self) -> watch::Receiver<Arc<Tabs>> {
        self.scene.shown()
    }

    /// Who has control, as it changes.
    #[must_use]
    pub fn token(&self) -> watch::Receiver<Token> {
        self.stage.door.token()
    }

    /// Whether they may act now.
    #[must_use]
    pub fn is_in_control(&self) -> bool {
        self.may_control && self.stage.door.token().borrow().lets(self.id)
    }

    /// The tab that they look at: the one they chose while it is there, else the common one.
    #[must_use]
    pub fn looks_at(&self, tabs: &Tabs) -> Option<String> {
        let choice = lock(&self.choice).clone().filter(|(turn, id)| *turn == tabs.turn && tabs.get(id).is_some());
        choice.map(|(_, id)| id).or_else(|| tabs.current.clone())
    }

    /// Pictures of a tab.
    ///
    /// # Errors
    /// [`CallError`] when it is gone or the browser does not answer.
    pub async fn watch(&self, tab: &str, picture: Picture) -> Result<Watch, CallError> {
        self.scene.screencasts.watch(tab, picture).await
    }

    /// Notes the picture that they see: where they point is a point of it.
    pub fn saw(&self, frame: &Arc<Frame>) {
        *lock(&self.frame) = Some(frame.clone());
    }

    /// Gives up whatever control they have.
    pub fn hand_back(&self) {
        self.note_typed();
        self.stage.door.release(self.id);
    }

    /// Does what they ask for, if they may.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn wish(&self, wish: Wish) -> Result<(), Refused> {
        if !self.may_control && !wish.is_looking() {
            return Err(Refused::ReadOnly);
        }
        if !wish.is_sound() {
            return Err(Refused::Invalid);
        }
        match wish {
            Wish::Take => self.stage.door.take(self.id).map_err(|_| Refused::Taken),
            Wish::Share => self.stage.door.share(self.id).map_err(|_| Refused::Taken),
            Wish::Done => {
                self.hand_back();
                self.link.iter().for_each(CancellationToken::cancel);
                Ok(())
            }
            Wish::Switch { tab } => self.switch(tab),
            wish => self.act(wish).await,
        }
    }

    fn switch(&self, id: String) -> Result<(), Refused> {
        let tabs = self.scene.shown().borrow().clone();
        tabs.get(&id).ok_or(Refused::NoTab)?;
        *lock(&self.choice) = Some((tabs.turn, id));
        // What is sent depends on the choice too.
        self.scene.tell_again();
        Ok(())
    }

    async fn act(&self, wish: Wish) -> Result<(), Refused> {
        if !self.is_in_control() {
            return Err(if self.stage.door.token().borrow().lets_client() {
                Refused::NotInControl
            } else {
                Refused::Taken
            });
        }
        self.stage.touch();
        let tabs = self.scene.shown().borrow().clone();
        if matches!(wish, Wish::Open) {
            self.open();
            return Ok(());
        }
        let looked_at = self.looks_at(&tabs).ok_or(Refused::NoTab)?;
        let tab = tabs.get(&looked_at).ok_or(Refused::NoTab)?;
        let page = tab.session.ok_or(Refused::NoTab)?;
        self.stage.door.note_acted(&tab.id);
        match wish {
            Wish::Close { tab } => {
                let tab = tabs.get(&tab).ok_or(Refused::NoTab)?;
                self.close(tab);
                Ok(())
            }
            Wish::Navigate { url } => self.navigate(page, &url),
            Wish::File(piece) => self.receive(&piece),
            Wish::Choose { chooser } => self.choose(tab, chooser).await,
            wish if wish.is_pointing() && lock(&self.frame).is_none() => Err(Refused::NoPicture),
            wish => {
                self.send(tab, page, &wish);
                Ok(())
            }
        }
    }

    /// What needs no answer, or gets it later.
    fn send(&self, tab: &Tab, page: SessionKey, wish: &Wish) {
        let frame = lock(&self.frame).clone();
        self.film(&tab.id, wish, frame.as_deref());
        match (wish, frame) {
            (Wish::Mouse(mouse), Some(frame)) => {
                if mouse.event == MouseEvent::Down {
                    let (x, y) = frame.point(mouse.x, mouse.y);
                    self.note("click", json!({ "x": x.round(), "y": y.round() }));
                }
                self.scene.mouse(page, &frame, mouse);
            }
            (Wish::Wheel(wheel), Some(frame)) => self.scene.wheel(page, &frame, wheel),
            (Wish::Touch(touch), Some(frame)) => {
                if touch.event == TouchEvent::Start {
                    self.note("tap", json!({ "fingers": touch.points.len() }));
                }
                self.scene.touch(page, &frame, touch);
            }
            (Wish::Key(key), _) => {
                // Only how many keys were pressed: what is typed may be a password.
                if key.event == KeyEvent::Down && !key.repeat {
                    *lock(&self.typed) += 1;
                }
                self.scene.key(page, key);
            }
            (Wish::Text { text }, _) => {
                self.note("type", json!({ "characters": text.chars().count() }));
                self.scene.text(page, text);
            }
            (Wish::Copy, _) => self.copy(page, tab.frames.clone()),
            (Wish::Back, _) => self.go(page, -1),
            (Wish::Forward, _) => self.go(page, 1),
            (Wish::Reload, _) => {
                self.note("reload", json!({}));
                self.scene.session.send_on(page, "Page.reload", &json!({}));
            }
            (Wish::Dialog { accept, text }, _) if tab.dialog.is_some() => {
                self.note("dialog", json!({ "accept": accept }));
                if tab.dialog.as_ref().is_some_and(|dialog| dialog.is_earlier) {
                    return self.stage.answer_known(tab.id.clone(), *accept, text.clone());
                }
                let mut params = json!({ "accept": accept });
                if let Some(text) = text {
                    params["promptText"] = json!(text);
                }
                self.scene.session.send_on(page, "Page.handleJavaScriptDialog", &params);
            }
            _ => {}
        }
    }

    /// Puts what they did on the session's timeline, behind what they typed before it.
    pub(super) fn note(&self, what: &str, details: Value) {
        self.note_typed();
        self.stage.acted(Action::new(what, details, Actor::Person, Duration::ZERO));
    }

    fn note_typed(&self) {
        let keys = std::mem::take(&mut *lock(&self.typed));
        if keys > 0 {
            self.stage.acted(Action::new("type", json!({ "keys": keys }), Actor::Person, Duration::ZERO));
        }
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.note_typed();
        self.scene.left(self.may_control);
        self.stage.door.left(self.id);
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
