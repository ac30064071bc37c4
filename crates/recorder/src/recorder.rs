//! The handle on one session's recording.

use std::{sync::Arc, time::Duration};

use hangar_cdp::{Mux, mux::Gate};
use hangar_domain::{
    Clock,
    timeline::{Action, Entry, Event, Request},
};
use serde_json::json;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    Dialogs, Error, Observed, Options, Redactor,
    actions::{self, Deed},
    follow,
    gate::Gatekeeper,
    shared::{Shared, Trace},
    targets,
    tracer::{self, Wish},
};

/// How long a flush may take: pages open their eyes, the trace is written, the receiver takes what there is.
const FLUSHING: Duration = Duration::from_secs(1).saturating_add(tracer::OPENING).saturating_add(tracer::WRITING);

/// How long a flush waits for a receiver that does not keep up.
const DRAINING: Duration = Duration::from_secs(2);

/// How long the end waits for the trace before it closes the pages: Chromium 156 waits five seconds for a process that does
/// not say that it has stopped, unless that process goes.
const PATIENCE: Duration = Duration::from_millis(300);

/// How long a navigation waits for the trace to be put down.
const LEAVING: Duration = Duration::from_millis(100);

/// One session's recording. Ends, with its CDP session, when dropped.
pub struct Recorder {
    shared: Arc<Shared>,
    gate: Arc<Gatekeeper>,
    wishes: mpsc::Sender<Wish>,
    deeds: mpsc::Sender<Deed>,
    tasks: Vec<JoinHandle<()>>,
    /// Cancelled when somebody is about to act.
    wanted: CancellationToken,
    /// Cancelled once everything is seen.
    begun: CancellationToken,
}

impl Recorder {
    /// Has what happens in the browser behind `mux` recorded, from the moment that somebody waits for it ([`Self::ready`]):
    /// a trace that begins before anybody acts is in the way of who asked for the session, and of the end of the trace
    /// itself, where processes are born in it. Entries go to `entries` in the order in which they
    /// become known; where it is full they wait here, and beyond [`crate::Limits`] they are dropped with a marker.
    ///
    /// # Errors
    /// [`Error::Browser`] when the browser does not answer as it should.
    pub async fn start(
        mux: &Mux,
        clock: Arc<dyn Clock>,
        options: Options,
        entries: mpsc::Sender<Entry>,
    ) -> Result<Self, Error> {
        let (session, events) = mux.open_session().await?;
        let shared = Arc::new(Shared::new(session, clock, options));
        let (wishes, wished) = mpsc::channel(tracer::WISHES);
        let (deeds, done) = mpsc::channel(actions::DEEDS);
        let gate = Gatekeeper::new(&shared, wishes.clone(), deeds.clone());
        let pump = {
            let shared = shared.clone();
            async move { shared.outlet.pump(entries, &*shared.clock).await }
        };
        // Not on the browser's lane: a trace takes milliseconds to read, and clients wait there.
        let mut tasks = vec![
            tokio::spawn(follow::follow(shared.clone(), events)),
            tokio::spawn(pump),
            tokio::spawn(actions::run(shared.clone(), done)),
        ];
        let (wanted, begun) = (CancellationToken::new(), CancellationToken::new());
        tasks.push(tokio::spawn({
            let (shared, gate, wanted, begun) = (shared.clone(), gate.clone(), wanted.clone(), begun.clone());
            async move {
                wanted.cancelled().await;
                if let Err(error) = begin(&shared).await {
                    tracing::warn!(%error, "a recording sees nothing: the browser does not let itself be watched");
                }
                begun.cancel();
                tracer::run(shared, wished, gate).await;
            }
        }));
        Ok(Self { shared, gate, wishes, deeds, tasks, wanted, begun })
    }

    /// Waits until it sees everything: where there is a page, its trace takes up to a third of a second to begin. Nobody
    /// should act in the browser before.
    pub async fn ready(&self) {
        self.wanted.cancel();
        self.begun.cancelled().await;
    }

    /// What a client's commands must pass, so that they are noted and its own trace gets its turn
    /// ([`hangar_cdp::mux::ClientOptions::gates`]).
    #[must_use]
    pub fn gate(&self) -> Arc<dyn Gate> {
        self.gate.clone()
    }

    /// Where to say who answers dialogs.
    #[must_use]
    pub fn dialogs(&self) -> Dialogs {
        Dialogs::of(&self.shared)
    }

    /// Takes secrets out of text as this recording does.
    #[must_use]
    pub fn redactor(&self) -> &Redactor {
        &self.shared.redactor
    }

    /// Has everything that is over by now emitted and, unless the receiver is slow, received. Callers at the same time
    /// share one turn of the trace. Takes at most about ten seconds, usually under 100 ms.
    pub async fn flush(&self) {
        // A task that is gone has nothing left to emit.
        let (acted, asked) = oneshot::channel();
        let _gone = self.deeds.send(Deed::Flush(acted)).await;
        let _in_time = timeout(FLUSHING, asked).await;
        self.wish(Wish::Flush).await;
        self.shared.outlet.drain(DRAINING).await;
    }

    /// Has every document emitted that a page shows by now, and received; requests keep waiting for their trace. The browser
    /// is asked only where something has happened since it was asked last. False where nothing has happened yet at all.
    pub async fn catch_up(&self) -> bool {
        if self.shared.lock().is_refresh_due() {
            self.shared.refresh().await;
        }
        if !self.shared.has_happened() {
            return false;
        }
        self.shared.outlet.drain(DRAINING).await;
        true
    }

    /// Requests under way, oldest first. Those that only the trace knows are not among them before it turns.
    #[must_use]
    pub fn pending(&self) -> Vec<Request> {
        let mut pending = self.shared.lock().book.pending();
        pending.iter_mut().for_each(|request| self.shared.clean(request));
        pending
    }

    /// What the session shows now.
    #[must_use]
    pub fn observed(&self) -> Observed {
        self.shared.lock().observed.clone()
    }

    /// Somebody is about to have the page go to `url` and may then ask what it asked for. Takes a few milliseconds, at most
    /// a moment where the browser is busy.
    pub async fn navigating(&self, url: &str) {
        let host = |url: &str| Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
        let shown = self.shared.lock().observed.active_page().and_then(|page| host(&page.url));
        // A document of the same host gets the process of the one that is shown, and so does the first one of a page, which
        // `Network` would see too late.
        if shown.is_some_and(|shown| host(url).is_some_and(|host| host != shown)) {
            let _in_time = timeout(LEAVING, self.wish(Wish::Rest)).await;
        }
    }

    /// Gives the browser's one tracing session up, for somebody who does not come through [`Self::gate`]. Until
    /// [`Self::retake_tracing`] the `Network` domain sees everything.
    pub async fn yield_tracing(&self) {
        self.wish(Wish::Yield).await;
    }

    /// Traces again.
    pub async fn retake_tracing(&self) {
        self.wish(Wish::Retake).await;
    }

    /// Puts an action of a REST caller or a person on the timeline.
    pub fn act(&self, mut action: Action) {
        self.shared.redactor.json(&mut action.details, self.shared.options.limits.text);
        action.error = action.error.map(|error| self.shared.text(&error));
        action.thought = action.thought.map(|thought| self.shared.text(&thought));
        self.note(Event::Action(action));
    }

    /// Puts an event that somebody else has seen on the timeline, such as a screenshot that was kept. It must hold no
    /// secret.
    pub fn note(&self, event: Event) {
        self.shared.emit(event);
    }

    /// Ends the recording, for good: everything that is over is emitted, then what is under way as it is. The browser's pages
    /// may be closed by it.
    pub async fn stop(&self) {
        let (acted, asked) = oneshot::channel();
        let _gone = self.deeds.send(Deed::Stop(acted)).await;
        let _in_time = timeout(DRAINING, asked).await;
        let stopped = self.wish(Wish::Stop);
        tokio::pin!(stopped);
        if timeout(PATIENCE, &mut stopped).await.is_err() {
            tokio::join!(self.shared.close_pages(), stopped);
        }
        {
            let mut state = self.shared.lock();
            state.book.give_up();
            self.shared.emit_requests(&mut state);
            if state.trace != Trace::Off || !state.is_all_told() {
                self.shared.trace_lost();
            }
        }
        self.shared.outlet.drain(DRAINING).await;
    }

    async fn wish(&self, wish: impl FnOnce(oneshot::Sender<()>) -> Wish) {
        let (granted, asked) = oneshot::channel();
        // Before it begins, and without a tracer, there is nothing to wait for.
        if self.wanted.is_cancelled() && self.wishes.send(wish(granted)).await.is_ok() {
            let _in_time = timeout(FLUSHING, asked).await;
        }
    }
}

/// Has the browser tell of its pages and their requests. Where there is no page yet, `Network` tells of the first one until
/// it is there: a trace in which its process is born takes long to end.
async fn begin(shared: &Shared) -> Result<(), Error> {
    let pages = json!({ "discover": true, "filter": [{ "type": "page" }] });
    shared.session.call("Target.setDiscoverTargets", &pages).await?;
    if shared.has_page().await? {
        tracer::begin(shared).await;
    } else {
        shared.lock().trace = Trace::Resting;
    }
    shared.session.call("Target.setAutoAttach", &targets::auto_attach()).await?;
    Ok(())
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}
