//! What a caller without a connection does in a session: one act at a time, each on the timeline, good or bad.
//!
//! The acting itself is the driver's; here is who may, in what order, and what is kept of it. An act goes on when its
//! caller hangs up, so that no page is left half used.

mod act;
mod evidence;
mod perform;
mod prompt;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use hangar_domain::{
    SessionId,
    timeline::{Action, Actor, Event},
};
use hangar_driver::{Dialog, Driver, Move};
use hangar_store::ObjectRow;
use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard, OnceCell};

pub use self::{act::Act, prompt::Prompt};
use crate::{Control, Error, Identity, sessions::Live};

/// An act that may take no time of its own ends after this long.
pub const ACT_LIMIT: Duration = Duration::from_secs(30);

/// What a caller says about an act beside the act.
#[derive(Clone, Debug, Default)]
pub struct Remark {
    /// Why, in an agent's own words.
    pub thought: Option<String>,
    /// Which agent.
    pub agent: Option<String>,
    /// Whether the page's HTML is kept after it.
    pub capture_html: bool,
    /// Whether the console's last lines are kept after it.
    pub capture_logs: bool,
}

/// What came of an act.
#[derive(Clone, Debug)]
pub enum Done {
    /// Nothing to tell.
    Nothing,
    /// A text was written.
    Written {
        /// Into a password field.
        is_secret: bool,
    },
    /// The page is here now.
    Visited {
        /// Its address.
        url: String,
        /// Its title.
        title: String,
        /// Whether there was somewhere to go.
        navigated: bool,
    },
    /// Whether what was waited for is there, or what was to be answered was.
    Yes(bool),
    /// How far the wheel has moved what it was over, CSS pixels, where that can be told.
    Scrolled(Option<u32>),
    /// A value.
    Value(Value),
    /// The page as a tree of text.
    Snapshot {
        /// The tree.
        text: String,
        /// The page's address.
        url: String,
        /// Its title.
        title: String,
    },
    /// A picture, which is kept.
    Picture {
        /// PNG.
        png: Bytes,
        /// Where it is kept.
        object: ObjectRow,
    },
    /// What was read from the page.
    Extracted {
        /// A text, or a list of them.
        data: Value,
        /// Elements it came from.
        count: usize,
    },
}

/// Whose turn it is when an act begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It waits for its own.
    Awaited,
    /// It is the act's already: the session began with it.
    Held,
}

/// The hands of a session's callers.
#[derive(Default)]
pub(crate) struct Hands {
    driver: OnceCell<Driver>,
    /// First come, first served.
    turn: Mutex<()>,
}

impl Hands {
    /// The first turn, for what a session begins with, before anybody else can ask for one.
    pub(crate) fn first_turn(&self) -> Option<MutexGuard<'_, ()>> {
        self.turn.try_lock().ok()
    }

    /// The driver, once somebody has acted.
    pub(crate) fn driver(&self) -> Option<&Driver> {
        self.driver.get()
    }
}

impl Control {
    /// Acts in a session of the account.
    ///
    /// # Errors
    /// [`Error::SessionUnknown`], [`Error::SessionEnded`], [`Error::SessionNotReady`], and whatever the act says.
    pub async fn act(
        self: &Arc<Self>,
        identity: &Identity,
        id: SessionId,
        act: Act,
        remark: Remark,
    ) -> Result<Done, Error> {
        let live = self.actable_session(identity, id).await?;
        let control = self.clone();
        let acting =
            self.tasks.spawn(async move { control.act_in(&live, Actor::Rest, act, remark, Turn::Awaited).await });
        acting.await.unwrap_or(Err(Error::Internal("an act did not come to its end")))
    }

    /// Puts an act that could not be understood on the timeline: each call is there, good or bad.
    ///
    /// # Errors
    /// As [`Control::act`], without the act's own.
    pub async fn note_bad_act(
        &self,
        identity: &Identity,
        id: SessionId,
        name: &str,
        error: &Error,
    ) -> Result<(), Error> {
        let live = self.actable_session(identity, id).await?;
        let name: String = name.chars().filter(char::is_ascii_graphic).take(40).collect();
        let mut action = Action::new(&name, Value::Object(serde_json::Map::new()), Actor::Rest, Duration::ZERO);
        action.success = false;
        action.error = Some(error.to_string());
        live.memory.add(Event::Action(action));
        Ok(())
    }

    /// The dialog that is open in the account's session.
    ///
    /// # Errors
    /// As [`Control::act`], without the act's own.
    pub async fn open_dialog(&self, identity: &Identity, id: SessionId) -> Result<Option<Dialog>, Error> {
        let live = self.actable_session(identity, id).await?;
        Ok(self.driver(&live).await?.dialog())
    }

    /// The live session of this id; one that is over or not there yet says so.
    pub(crate) async fn actable_session(&self, identity: &Identity, id: SessionId) -> Result<Arc<Live>, Error> {
        if self.provisioning.has(id) {
            self.owned_session(identity, id).await?;
            return Err(Error::SessionNotReady);
        }
        let live = self.registry.find(id).filter(|live| live.spec().account == identity.account.id);
        match live.filter(|live| !live.is_ending()) {
            Some(live) => Ok(live),
            None => self.owned_session(identity, id).await.and(Err(Error::SessionEnded)),
        }
    }

    /// Acts and puts it on the timeline.
    pub(crate) async fn act_in(
        &self,
        live: &Arc<Live>,
        by: Actor,
        act: Act,
        remark: Remark,
        turn: Turn,
    ) -> Result<Done, Error> {
        live.touch();
        let began = self.clock.monotonic();
        let done = tokio::select! {
            done = self.admitted(live, &act, turn) => done,
            _ = live.ending() => Err(Error::SessionEnded),
        };
        let took = self.clock.monotonic().saturating_sub(began);
        let mut action = Action::new(act.name(), act.details(), by, took);
        // Where it did not come to writing, nobody has looked what kind of field it is.
        if act.writes() && !matches!(done, Ok(Done::Written { is_secret: false })) {
            Act::mask(&mut action.details);
        }
        if remark.capture_html || remark.capture_logs {
            self.keep_evidence(live, &remark, &mut action.details).await;
        }
        if let Err(error) = &done {
            action.success = false;
            action.error = Some(error.to_string());
        }
        action.thought = remark.thought;
        action.agent = remark.agent;
        live.memory.add(Event::Action(action));
        live.touch();
        done
    }

    /// A person who has control is waited for, or the caller is told at once: as the session was opened.
    async fn admitted(&self, live: &Arc<Live>, act: &Act, turn: Turn) -> Result<Done, Error> {
        if act.touches() {
            live.stage().admit_client_action().await.map_err(|_| Error::ControlTaken)?;
        }
        self.perform(live, act, turn).await
    }

    /// The hands of this session, reached out for at the first act.
    pub(crate) async fn driver<'live>(&self, live: &'live Live) -> Result<&'live Driver, Error> {
        let driver = live.hands.driver.get_or_try_init(|| reach_out(live)).await?;
        // The page's process is older than the trace, whose end it does not hold up then.
        live.memory.ready().await;
        Ok(driver)
    }
}

/// Hands that show in the session's film.
async fn reach_out(live: &Live) -> Result<Driver, hangar_driver::Error> {
    let driver = Driver::open(&live.mux).await?;
    driver.have_page().await?;
    if let Some(film) = live.memory.film.clone() {
        driver.set_witness(Arc::new(move |Move { page, method, params }| {
            film.command(page, Actor::Rest, method, params.to_string().as_bytes());
        }));
    }
    Ok(driver)
}
