//! What a client's commands pass: open unless a person has control.
//!
//! Input and navigation then wait, in order and within bounds, or are refused with a typed error; everything else passes.
//! A session without viewers pays a comparison and one atomic load per command. The door must never wait in a client's own task.

mod acts;
mod waiting;

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU8, Ordering::Relaxed},
    },
    time::Duration,
};

use hangar_cdp::{
    Client,
    mux::{CdpError, Gate, HeldCommand, Outgoing, Passage},
};
use hangar_recorder::{Answered, Dialogs};
use tokio::sync::watch;

use self::{
    acts::{DIALOG, acts},
    waiting::Waiting,
};
use super::{
    takeover::{CONTROL_TAKEN, ControlTaken, Takeover},
    token::{TakenByOther, Token, ViewerId},
};

/// A person whose connection breaks keeps control for this long, to come back.
const GRACE: Duration = Duration::from_secs(10);

/// Somebody has to look at the commands: bits of [`Door::reasons`].
const SHUT: u8 = 1;
const WATCHED: u8 = 2;

pub(super) struct Door {
    /// Why commands are looked at; zero lets everything pass unread.
    reasons: AtomicU8,
    state: Mutex<State>,
    token: watch::Sender<Token>,
    /// The page that the client acted in last, while somebody watches.
    acted: watch::Sender<Option<Box<str>>>,
    /// Where the recording is told that dialogs are a person's.
    recorded: OnceLock<Dialogs>,
}

#[derive(Default)]
struct State {
    takeover: Takeover,
    waiting: Waiting,
    /// Pages that show a dialog, while somebody watches.
    dialogs: HashSet<Box<str>>,
    /// Connections of each person.
    present: HashMap<ViewerId, usize>,
    answered: Answered,
}

impl Door {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            reasons: AtomicU8::new(0),
            state: Mutex::default(),
            token: watch::Sender::new(Token::default()),
            acted: watch::Sender::new(None),
            recorded: OnceLock::new(),
        })
    }

    pub(super) fn token(&self) -> watch::Receiver<Token> {
        self.token.subscribe()
    }

    pub(super) fn acted(&self) -> watch::Receiver<Option<Box<str>>> {
        self.acted.subscribe()
    }

    pub(super) fn set_takeover(&self, takeover: Takeover) {
        self.lock().takeover = takeover;
    }

    pub(super) fn set_recorded(&self, dialogs: Dialogs) {
        // There is one recording for a session's whole life.
        let _again = self.recorded.set(dialogs);
    }

    pub(super) fn set_watched(&self, is_watched: bool) {
        match is_watched {
            true => self.reasons.fetch_or(WATCHED, Relaxed),
            false => self.reasons.fetch_and(!WATCHED, Relaxed),
        };
    }

    /// A page that somebody acted in.
    pub(super) fn note_acted(&self, target: &str) {
        self.acted.send_if_modified(|last| {
            let is_new = last.as_deref() != Some(target);
            if is_new {
                *last = Some(target.into());
            }
            is_new
        });
    }

    pub(super) fn take(&self, viewer: ViewerId) -> Result<(), TakenByOther> {
        self.change(|token| token.take(viewer))
    }

    pub(super) fn share(&self, viewer: ViewerId) -> Result<(), TakenByOther> {
        self.change(|token| token.share(viewer))
    }

    pub(super) fn release(&self, viewer: ViewerId) {
        // A release is never refused.
        let _released = self.change(|token| Ok(token.release(viewer)));
    }

    fn change(&self, step: impl FnOnce(Token) -> Result<Token, TakenByOther>) -> Result<(), TakenByOther> {
        let state = self.lock();
        let token = step(*self.token.borrow())?;
        if !token.lets_client() {
            self.reasons.fetch_or(SHUT, Relaxed);
        }
        let is_new = self.token.send_if_modified(|current| std::mem::replace(current, token) != token);
        if let Some(dialogs) = self.recorded.get().filter(|_| is_new) {
            dialogs.attend(token != Token::Client);
        }
        drop(state);
        if token.lets_client() {
            self.let_go();
        }
        Ok(())
    }

    /// Sends on what waited, in order; what comes meanwhile joins the end of the queue.
    fn let_go(&self) {
        loop {
            let mut state = self.lock();
            if !self.token.borrow().lets_client() {
                return;
            }
            let Some(held) = state.waiting.next() else {
                self.reasons.fetch_and(!SHUT, Relaxed);
                return;
            };
            drop(state);
            self.pass_on(held);
        }
    }

    /// Forgets what a client that has left was waiting for.
    pub(super) fn forget(&self, client: &Arc<Client>) {
        let mut state = self.lock();
        state.answered.forget_client(client.root());
        let gone = state.waiting.of(client);
        drop(state);
        drop(gone);
        if let Some(dialogs) = self.recorded.get() {
            dialogs.client_left(client.root());
        }
    }

    pub(super) fn entered(&self, viewer: ViewerId) {
        *self.lock().present.entry(viewer).or_default() += 1;
    }

    /// One connection of a person is over: control goes back unless they return in time.
    pub(super) fn left(self: &Arc<Self>, viewer: ViewerId) {
        let mut state = self.lock();
        let Some(connections) = state.present.get_mut(&viewer) else { return };
        *connections -= 1;
        if *connections > 0 {
            return;
        }
        state.present.remove(&viewer);
        drop(state);
        let token = *self.token.borrow();
        if token.release(viewer) == token {
            return;
        }
        let door = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(GRACE).await;
            let Some(door) = door.upgrade() else { return };
            if !door.lock().present.contains_key(&viewer) {
                door.release(viewer);
            }
        });
    }

    /// Waits until the client may act.
    pub(super) async fn admit(&self) -> Result<(), ControlTaken> {
        let mut token = self.token();
        loop {
            if token.borrow_and_update().lets_client() {
                return Ok(());
            }
            if self.lock().takeover == Takeover::Refuse {
                return Err(ControlTaken);
            }
            token.changed().await.map_err(|_| ControlTaken)?;
        }
    }

    /// Notes whether a page shows a dialog.
    pub(super) fn set_dialog(&self, target: &str, is_open: bool) {
        let mut state = self.lock();
        match is_open {
            true => state.dialogs.insert(target.into()),
            false => state.dialogs.remove(target),
        };
    }

    /// Nobody looks at the dialogs any more.
    pub(super) fn forget_dialogs(&self) {
        self.lock().dialogs.clear();
    }

    /// Dialogs of all pages are answered, whether or not a client has enabled `Page`.
    pub(super) fn answer_all(&self) {
        self.lock().answered.answer_all();
    }

    /// Whether somebody keeps this page's dialogs open, to answer them.
    pub(super) fn is_answered(&self, target: &str) -> bool {
        self.lock().answered.has(target)
    }

    /// A page is gone.
    pub(super) fn forget_target(&self, target: &str) {
        self.lock().answered.forget_target(target);
    }

    /// The client's answer to a dialog that a person has answered meanwhile has nothing left to do.
    fn pass_on(&self, held: HeldCommand) {
        let is_answer = held.method().as_deref() == Some(DIALOG);
        if is_answer && held.target().is_none_or(|target| !self.lock().dialogs.contains(&target)) {
            return held.resolve();
        }
        held.forward();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gate for Door {
    fn consider(&self, command: &Outgoing<'_>) -> Passage {
        if let "Page.enable" | "Page.disable" = command.method {
            if let Some(target) = command.client.target_of(command.session) {
                self.lock().answered.note(command.client.root(), target, command.method == "Page.enable");
            }
            return Passage::Pass;
        }
        let reasons = self.reasons.load(Relaxed);
        if reasons == 0 || !acts(command.method) {
            return Passage::Pass;
        }
        if reasons & SHUT != 0 {
            return Passage::Hold;
        }
        if let Some(target) = command.client.target_of(command.session) {
            self.note_acted(&target);
        }
        Passage::Pass
    }

    fn hold(&self, held: HeldCommand) {
        let mut state = self.lock();
        // Shut is also a door whose queue still drains: order holds for what comes then.
        let is_shut = self.reasons.load(Relaxed) & SHUT != 0;
        if !is_shut {
            drop(state);
            return self.pass_on(held);
        }
        // An answer to a dialog waits in any case: clients answer by themselves and do not expect to be refused.
        let is_refused = state.takeover == Takeover::Refuse
            && !self.token.borrow().lets_client()
            && held.method().as_deref() != Some(DIALOG);
        let refused = if is_refused { Some(held) } else { state.waiting.join(held) };
        drop(state);
        if let Some(held) = refused {
            let error = CdpError { code: -32000, message: ControlTaken.to_string() };
            held.refuse_as(&error, CONTROL_TAKEN);
        }
    }
}
