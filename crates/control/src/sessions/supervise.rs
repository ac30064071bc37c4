//! Watches one session and ends it: exactly one reason, whatever happens at once.
//!
//! The supervisor alone holds the browser's process and the session's state. It hears of clients, of the browser's exit
//! and of the clock, takes the first end that the state machine accepts, and then puts everything away in an order that
//! lets nothing be seen before it is true: the profile is saved before it is unlocked, the bill is written before the
//! place is free.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use hangar_browser::Browser;
use hangar_domain::{
    EndDetail, EndReason,
    session::{End, Event, State},
};
use tokio::{sync::mpsc, time::MissedTickBehavior};

use super::{
    Slot,
    live::{Command, Departure, Founded, Live},
    settle, verdict,
};
use crate::Control;

/// How often time is looked at.
const TICK: Duration = Duration::from_secs(1);

/// How often the browser is asked whether it lives, in ticks, and how long it may take to say so.
const WATCHDOG_TICKS: u64 = 10;
const WATCHDOG_LIMIT: Duration = Duration::from_secs(20);

/// How often the session's folder is measured, in ticks.
const DISK_TICKS: u64 = 5;

/// Not an `async fn`: that would hold what it is given twice, once as it came and once taken apart, for as long as the
/// session lives.
pub(super) fn run(control: Arc<Control>, founded: Founded, slot: Slot) -> impl Future<Output = ()> + Send {
    let Founded { live, process, mut commands } = founded;
    async move {
        let end = {
            let (control, live, process) = (&*control, &live, &process);
            let mut watch = Watch { control, live, process, state: State::Starting, clients: 0, ticks: 0 };
            watch.until_end(&mut commands).await
        };
        // Boxed, as whatever else a session needs only now and then: it must not weigh on it for its life.
        Box::pin(bury(&control, &live, process, end)).await;
        // Before those who wait for this session's end are told of it: they want the place.
        drop(slot);
        control.registry.remove(live.id());
    }
}

/// Puts the session away once it has ended.
async fn bury(control: &Arc<Control>, live: &Arc<Live>, process: Browser, end: End) {
    live.ending.send_replace(Some(end));
    control.registry.notify();
    let elapsed = control.clock.monotonic().saturating_sub(live.started);
    let ended_at = control.clock.now();
    tracing::info!(
        session.id = %live.id(),
        session.number = live.number(),
        session.reason = end.reason.code(),
        session.detail = end.detail.map(EndDetail::code),
        session.elapsed_ms = elapsed.as_millis() as u64,
        "session ended"
    );
    if end.reason == EndReason::BrowserCrash {
        // It may name the sites that it visited: for whoever looks for the cause, not for the usual log.
        tracing::debug!(session.id = %live.id(), browser.printed = process.last_words(), "the browser's last words");
    }
    settle::put_away(control, live, process, settle::Bill { end, elapsed, ended_at }).await;
    control.metrics.session_ended(end, elapsed);
}

struct Watch<'a> {
    control: &'a Control,
    live: &'a Arc<Live>,
    process: &'a Browser,
    state: State,
    clients: usize,
    ticks: u64,
}

impl Watch<'_> {
    async fn until_end(&mut self, commands: &mut mpsc::Receiver<Command>) -> End {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut pages = self.live.director.pages();
        let exited = self.process.exited();
        tokio::pin!(exited);
        loop {
            let event = tokio::select! {
                command = commands.recv() => command.and_then(|command| self.command(command)),
                status = &mut exited => Some(verdict::exited(status, self.process.oom_killed())),
                () = self.live.mux.ended() => Some(Box::pin(verdict::pipe_lost(self.process)).await),
                // An error says that the director is gone with the pipe, which has its own branch: then this one rests.
                Ok(()) = pages.changed() => verdict::pages(&pages.borrow_and_update()),
                _ = tick.tick() => Box::pin(self.tick()).await,
            };
            if let Some(event) = event
                && let Some(end) = self.step(event)
            {
                return end;
            }
        }
    }

    fn step(&mut self, event: Event) -> Option<End> {
        match self.state.clone().apply(event) {
            Ok(State::Ended(end)) => return Some(end),
            Ok(state) => self.state = state,
            Err(error) => tracing::debug!(%error, session.id = %self.live.id(), "event ignored"),
        }
        None
    }

    fn command(&mut self, command: Command) -> Option<Event> {
        match command {
            Command::Joined => {
                self.clients += 1;
                Some(Event::Attached)
            }
            Command::Left(departure) => {
                self.clients = self.clients.saturating_sub(1);
                self.left(departure)
            }
            Command::Abandoned => self.left(Departure { end: End::plain(EndReason::SocketError), is_final: false }),
            Command::End(end) => Some(Event::Ended(end)),
        }
    }

    /// What it means that a client is gone, where it was the last one.
    fn left(&self, departure: Departure) -> Option<Event> {
        if departure.is_final {
            return Some(Event::Ended(departure.end));
        }
        if self.clients > 0 {
            return None;
        }
        let keep_alive = self.live.keep_alive();
        match keep_alive.is_zero() {
            true => Some(Event::Ended(departure.end)),
            false => Some(Event::Detached { until: self.control.clock.monotonic() + keep_alive }),
        }
    }

    async fn tick(&mut self) -> Option<Event> {
        self.ticks += 1;
        let now = self.control.clock.monotonic();
        match self.state {
            State::Detached { until } if until <= now => {
                return Some(Event::Ended(End::detailed(EndReason::SocketClose, EndDetail::KeepAliveOver)));
            }
            State::Starting | State::Live if self.is_idle() => {
                return Some(Event::Ended(End::plain(EndReason::IdleTimeout)));
            }
            _ => {}
        }
        if self.ticks.is_multiple_of(WATCHDOG_TICKS) {
            self.spawn_watchdog();
        }
        if self.ticks.is_multiple_of(DISK_TICKS) && self.is_over_disk_quota().await {
            return Some(Event::Ended(End::detailed(EndReason::BrowserDisconnect, EndDetail::DiskQuota)));
        }
        settle::hold(self.control, self.live, now).await.map(Event::Ended)
    }

    fn is_idle(&self) -> bool {
        Instant::now().saturating_duration_since(self.live.activity.last()) >= self.live.idle_limit
    }

    async fn is_over_disk_quota(&self) -> bool {
        match self.process.disk_usage().await {
            Ok(bytes) => bytes > self.control.settings.disk_quota,
            Err(error) => {
                tracing::debug!(%error, session.id = %self.live.id(), "the session's folder could not be measured");
                false
            }
        }
    }

    /// Asked aside, so that a browser that does not answer holds up nothing.
    fn spawn_watchdog(&self) {
        let live = self.live.clone();
        tokio::spawn(async move {
            let alive = tokio::select! {
                alive = live.director.session().is_alive(WATCHDOG_LIMIT) => alive,
                _ = live.ending() => true,
            };
            if !alive && !live.mux.is_ended() {
                live.end(End::detailed(EndReason::BrowserDisconnect, EndDetail::BrowserHang));
            }
        });
    }
}

impl Live {
    /// Reserved browser time, milliseconds; `None` without limit.
    pub(super) fn hold(&self) -> Option<i64> {
        let held = self.hold_ms.load(Relaxed);
        (held != i64::MAX).then_some(held)
    }
}
