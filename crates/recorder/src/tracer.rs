//! The trace: begun with the first page, ended and begun anew whenever what it knows is wanted, given up for a client's own.
//!
//! A browser has one tracing session, and a trace tells nothing before it ends. So a *turn* opens every page's `Network`
//! domain and waits until each has said so, ends the trace, reads it, begins the next, and only then closes the pages'
//! again: whatever happens between two traces is told by `Network`. Turns happen when a page has become quiet after a
//! load, some time after it did something else, when somebody asks, when the buffer fills, and before a client's own trace.
//!
//! It *rests* until the first page is there, and during a navigation of somebody who may ask next what that navigation
//! asked for, where it leads to another host: Chromium 156 waits five seconds for the end of a trace in which a process
//! was born, and none is born where nobody traces. `Network` tells of that load, at its own price.
//!
//! This task may wait for replies; the loop over the events never does.

mod config;
pub(crate) mod stream;

use std::{sync::Arc, time::Duration};

use hangar_cdp::mux::HeldCommand;
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::{Instant, timeout},
};

use crate::{
    gate::Gatekeeper,
    shared::{Shared, Trace},
};

/// Wishes that may wait.
pub(crate) const WISHES: usize = 256;
/// How long a page may take to open its eyes; one that does not is busy with itself and asks for nothing meanwhile.
pub(crate) const OPENING: Duration = Duration::from_secs(5);
/// How long the browser may take to write its trace: Chromium 156 waits five seconds for a process that was born while it
/// traced and does not say that it has stopped.
pub(crate) const WRITING: Duration = Duration::from_secs(10);
/// How long after the beginning of a trace pages keep their eyes open: a process that was just being born when it began
/// joins it a moment later, and what its page asks for first is not in it. Processes born later trace from the start.
const YOUNG: Duration = Duration::from_millis(300);
/// How long after a turn the next one is made for a reader.
const BETWEEN: Duration = Duration::from_millis(250);
/// How often it is tried to get the trace back from a client.
const RETRY: Duration = Duration::from_millis(500);

/// What the tracer is asked for.
pub(crate) enum Wish {
    /// What is over by now.
    Flush(oneshot::Sender<()>),
    /// To keep out of the way of a navigation.
    Rest(oneshot::Sender<()>),
    /// A client's command of the `Tracing` domain, to be carried out in order.
    Held(HeldCommand),
    /// Somebody else wants to trace.
    Yield(oneshot::Sender<()>),
    /// They are done.
    Retake(oneshot::Sender<()>),
    /// The recording ends.
    Stop(oneshot::Sender<()>),
}

struct Tracer {
    shared: Arc<Shared>,
    wishes: mpsc::Receiver<Wish>,
    keeper: Arc<Gatekeeper>,
    /// Somebody outside holds the trace until they say so.
    is_yielded: bool,
    retry_at: Option<Instant>,
    /// A wish that was taken before its turn.
    later: Option<Wish>,
    /// When the trace turned last.
    turned_at: Instant,
}

enum Next {
    Wish(Wish),
    /// Something may have become due.
    Due,
    /// Nobody is left to wish for anything.
    Over,
}

pub(crate) async fn run(shared: Arc<Shared>, wishes: mpsc::Receiver<Wish>, keeper: Arc<Gatekeeper>) {
    let turned_at = Instant::now();
    let mut tracer = Tracer { shared, wishes, keeper, is_yielded: false, retry_at: None, later: None, turned_at };
    let stopped = tracer.serve().await;
    if let Some(stopped) = stopped {
        // The asker may have gone.
        let _gone = stopped.send(());
    }
}

/// Begins a trace; false where somebody else traces.
pub(crate) async fn begin(shared: &Shared) -> bool {
    let asked_at = Instant::now();
    let config = config::build(shared.tells_redirects());
    let params = json!({
        "transferMode": "ReturnAsStream", "streamFormat": "proto", "bufferUsageReportingInterval": 2_000,
        "perfettoConfig": config,
    });
    let is_begun = shared.session.call("Tracing.start", &params).await.is_ok();
    let mut state = shared.lock();
    state.trace = if is_begun { Trace::On } else { Trace::Off };
    state.traced_since = Instant::now();
    state.usage = None;
    state.is_filling = false;
    // Where the machine is busy both take longer.
    state.young_until = is_begun.then(|| state.traced_since + YOUNG.max(asked_at.elapsed() * 2));
    is_begun
}

impl Tracer {
    async fn serve(&mut self) -> Option<oneshot::Sender<()>> {
        loop {
            match self.next().await {
                Next::Wish(Wish::Flush(asker)) => self.flush(asker).await,
                Next::Wish(Wish::Rest(asker)) => self.rest(asker).await,
                Next::Wish(Wish::Held(held)) => self.make_way(held).await,
                Next::Wish(Wish::Yield(asker)) => {
                    self.is_yielded = true;
                    self.end().await;
                    // The asker may have gone.
                    let _gone = asker.send(());
                }
                Next::Wish(Wish::Retake(asker)) => {
                    self.is_yielded = false;
                    self.retake().await;
                    let _gone = asker.send(());
                }
                Next::Wish(Wish::Stop(asker)) => {
                    self.end().await;
                    return Some(asker);
                }
                Next::Due => self.look().await,
                Next::Over => return None,
            }
        }
    }

    async fn next(&mut self) -> Next {
        if let Some(wish) = self.later.take() {
            return Next::Wish(wish);
        }
        let wake_at = {
            let state = self.shared.lock();
            [state.quiet_at, state.titles_at, state.young_until, self.retry_at].into_iter().flatten().min()
        };
        tokio::select! {
            wish = self.wishes.recv() => wish.map_or(Next::Over, Next::Wish),
            () = self.shared.stirred.notified() => Next::Due,
            () = sleep_until(wake_at) => Next::Due,
        }
    }

    /// Does what has become due.
    async fn look(&mut self) {
        let now = Instant::now();
        let (is_quiet, has_titles, is_filling) = {
            let mut state = self.shared.lock();
            self.shared.come_of_age(&mut state, now);
            let due = |at: &mut Option<Instant>| at.take_if(|at| *at <= now).is_some();
            (due(&mut state.quiet_at), due(&mut state.titles_at), state.is_filling)
        };
        if has_titles {
            self.shared.refresh().await;
        }
        if is_quiet || is_filling {
            self.end().await;
            self.again().await;
        }
        if self.retry_at.is_some_and(|at| at <= now) {
            self.retake().await;
        }
    }

    /// One turn for all who ask before it begins.
    async fn flush(&mut self, first: oneshot::Sender<()>) {
        let mut askers = vec![first];
        while let Ok(wish) = self.wishes.try_recv() {
            match wish {
                Wish::Flush(asker) => askers.push(asker),
                other => {
                    self.later = Some(other);
                    break;
                }
            }
        }
        if self.shared.lock().trace == Trace::On {
            // Readers that ask without end must not keep the browser busy with its trace.
            tokio::time::sleep_until(self.turned_at + BETWEEN).await;
            self.end().await;
            let shared = self.shared.clone();
            tokio::join!(answer(&shared, askers), self.again());
        } else {
            // Nobody traces; what is on its way here is waited for.
            self.open_eyes().await;
            answer(&self.shared, askers).await;
        }
    }

    /// Leaves what happens next to `Network`, until a page has become quiet. The asker need not wait for what was traced.
    async fn rest(&mut self, asker: oneshot::Sender<()>) {
        // Who has given up waiting is on the way already.
        if asker.is_closed() || self.shared.lock().trace != Trace::On {
            return;
        }
        let is_told = self.put_down().await;
        let _gone = asker.send(());
        if is_told {
            self.read().await;
        }
        self.shared.rest(&mut self.shared.lock());
    }

    /// Gives the trace up for a client, and tries from then on to get it back.
    async fn make_way(&mut self, held: HeldCommand) {
        self.end().await;
        held.forward();
        self.keeper.let_go();
        self.retry_at = Some(Instant::now() + RETRY);
    }

    async fn retake(&mut self) {
        self.retry_at = None;
        let is_off = self.shared.lock().trace == Trace::Off;
        if is_off && !self.is_yielded && !begin(&self.shared).await {
            self.retry_at = Some(Instant::now() + RETRY);
        }
    }

    /// Opens every eye, ends the trace and joins what it tells.
    async fn end(&mut self) {
        if self.put_down().await {
            self.read().await;
        }
    }

    /// Opens every eye and ends the trace; whether there is one to read.
    async fn put_down(&mut self) -> bool {
        let was_on = {
            let mut state = self.shared.lock();
            (state.young_until, state.quiet_at) = (None, None);
            let was_on = state.trace == Trace::On;
            state.trace = if was_on { Trace::Turning } else { Trace::Off };
            was_on
        };
        self.open_eyes().await;
        if !was_on {
            return false;
        }
        self.shared.lock().ended += 1;
        let is_ended = self.shared.session.call("Tracing.end", &json!({})).await.is_ok();
        if !is_ended {
            self.shared.lock().ended -= 1;
            self.shared.trace_lost();
            self.turned();
        }
        is_ended
    }

    /// Joins what the trace that was ended tells.
    async fn read(&mut self) {
        let told = async {
            while !self.shared.lock().is_all_told() {
                self.shared.traced.notified().await;
            }
        };
        // What comes later is joined then; the next trace cannot begin before.
        let _in_time = timeout(WRITING, told).await;
        self.turned();
    }

    /// Nobody traces for us any more.
    fn turned(&mut self) {
        let mut state = self.shared.lock();
        state.trace = Trace::Off;
        state.is_filling = false;
        self.turned_at = Instant::now();
    }

    /// Begins the next trace, now or as soon as the browser has one to give.
    async fn again(&mut self) {
        if !begin(&self.shared).await {
            self.retry_at = Some(Instant::now() + RETRY);
        }
    }

    /// Opens the eyes of every target and waits until each has said so, and with it all that it had said before.
    async fn open_eyes(&self) {
        let sessions = {
            let mut state = self.shared.lock();
            self.shared.open_all_eyes(&mut state)
        };
        let mut opening = JoinSet::new();
        for session in sessions {
            let shared = self.shared.clone();
            let asked = tokio::spawn(async move {
                let params: Value = crate::eyes::network_without_bodies();
                // A target that is gone by now needs no eyes.
                let _gone = shared.session.call_on(session, "Network.enable", &params).await;
                if let Some(target) = shared.lock().targets.get_mut(&session) {
                    target.unanswered -= 1;
                }
            });
            opening.spawn(asked);
        }
        let all = async { while opening.join_next().await.is_some() {} };
        let _in_time = timeout(OPENING, all).await;
    }
}

/// Tells those who asked that what was over by then has been emitted.
async fn answer(shared: &Arc<Shared>, askers: Vec<oneshot::Sender<()>>) {
    shared.refresh().await;
    for asker in askers {
        // The asker may have gone.
        let _gone = asker.send(());
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
