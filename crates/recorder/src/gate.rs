//! The recorder's gate at a client's commands: notes what the client does, and holds its `Tracing` until ours is out of
//! the way. It must never wait, and costs a command that it does not know one comparison of its name.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use hangar_cdp::mux::{Gate, HeldCommand, Outgoing, Passage};
use tokio::sync::mpsc;

use crate::{
    actions::{Deed, Seen},
    shared::Shared,
    tracer::Wish,
};

/// Parameters beyond this are not looked at.
const LONGEST: usize = 64 << 10;

pub(crate) struct Gatekeeper {
    pub(crate) shared: Weak<Shared>,
    pub(crate) wishes: mpsc::Sender<Wish>,
    pub(crate) deeds: mpsc::Sender<Deed>,
    /// Commands of the `Tracing` domain that wait for their turn.
    held: AtomicUsize,
}

impl Gatekeeper {
    pub(crate) fn new(shared: &Arc<Shared>, wishes: mpsc::Sender<Wish>, deeds: mpsc::Sender<Deed>) -> Arc<Self> {
        Arc::new(Self { shared: Arc::downgrade(shared), wishes, deeds, held: AtomicUsize::new(0) })
    }

    /// A held command has been sent on.
    pub(crate) fn let_go(&self) {
        self.held.fetch_sub(1, Ordering::AcqRel);
    }

    fn note(&self, command: &Outgoing<'_>, method: &'static str) {
        if command.params.len() > LONGEST {
            return;
        }
        let Some(shared) = self.shared.upgrade() else { return };
        let target = command.client.target_of(command.session).map(String::from);
        let (at, since) = (shared.clock.now(), Instant::now());
        let seen = Seen { at, since, target, method, params: command.params.into(), answer: command.answer() };
        // A client that acts faster than that is a program in a loop; what it does then is counted.
        if self.deeds.try_send(Deed::Seen(seen)).is_err() {
            shared.outlet.miss();
        }
    }

    /// What a client sets that the recorder must know of, or must not undo.
    fn heed(&self, command: &Outgoing<'_>) {
        let Some(shared) = self.shared.upgrade() else { return };
        match command.method {
            "Page.enable" | "Page.disable" => {
                if let Some(page) = command.client.target_of(command.session) {
                    let is_enabled = command.method == "Page.enable";
                    shared.reattend(|attended| attended.answered.note(command.client.root(), page, is_enabled));
                }
            }
            "Network.enable" => shared.lock().is_network_enabled = true,
            // Under the lock: no `Network.disable` is sent after this command.
            _ => shared.lock().is_pinned = true,
        }
    }
}

impl Gate for Gatekeeper {
    fn consider(&self, command: &Outgoing<'_>) -> Passage {
        let Some((domain, method)) = command.method.split_once('.') else { return Passage::Pass };
        match domain {
            "Input" => {
                if let Some(method) = input(method, command.params) {
                    self.note(command, method);
                }
            }
            "Page" => match method {
                "enable" | "disable" => self.heed(command),
                _ => page(method).into_iter().for_each(|method| self.note(command, method)),
            },
            "Target" if method == "createTarget" => self.note(command, "Target.createTarget"),
            "Target" if method == "closeTarget" => self.note(command, "Target.closeTarget"),
            "Network"
                if matches!(
                    method,
                    "enable" | "emulateNetworkConditions" | "emulateNetworkConditionsByRule" | "overrideNetworkState"
                ) =>
            {
                self.heed(command);
            }
            "Tracing" => {
                let is_first = method == "start" && self.shared.strong_count() > 0;
                if is_first || self.held.load(Ordering::Acquire) > 0 {
                    return Passage::Hold;
                }
            }
            _ => {}
        }
        Passage::Pass
    }

    fn hold(&self, held: HeldCommand) {
        self.held.fetch_add(1, Ordering::AcqRel);
        if let Err(refused) = self.wishes.try_send(Wish::Held(held)) {
            self.let_go();
            // The recording is over, or there are more than anybody sends: the browser has the last word.
            if let Wish::Held(held) = refused.into_inner() {
                held.forward();
            }
        }
    }
}

/// The methods of `Input` that somebody would call an action; most mouse events only move.
fn input(method: &str, params: &[u8]) -> Option<&'static str> {
    let says = |word: &str| params.windows(word.len()).any(|window| window == word.as_bytes());
    match method {
        "insertText" => Some("Input.insertText"),
        "dispatchKeyEvent" if !says("\"keyUp\"") => Some("Input.dispatchKeyEvent"),
        "dispatchMouseEvent" if params.len() < 1024 && !says("\"mouseMoved\"") => Some("Input.dispatchMouseEvent"),
        "dispatchTouchEvent" if says("\"touchStart\"") => Some("Input.dispatchTouchEvent"),
        "synthesizeScrollGesture" => Some("Input.synthesizeScrollGesture"),
        _ => None,
    }
}

fn page(method: &str) -> Option<&'static str> {
    match method {
        "navigate" => Some("Page.navigate"),
        "reload" => Some("Page.reload"),
        "navigateToHistoryEntry" => Some("Page.navigateToHistoryEntry"),
        "captureScreenshot" => Some("Page.captureScreenshot"),
        "close" => Some("Page.close"),
        "handleJavaScriptDialog" => Some("Page.handleJavaScriptDialog"),
        _ => None,
    }
}
