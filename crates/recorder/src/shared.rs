//! What the tasks of one recording share. The lock is held for the length of one event, never across a wait.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use hangar_cdp::{SessionKey, mux::InternalSession};
use hangar_domain::{
    Clock,
    timeline::{Dropped, Entry, Event, Record},
};
use jiff::Timestamp;
use tokio::{sync::Notify, time::Instant};

use crate::{
    Options,
    dialogs::Attended,
    network::Book,
    observed::Observed,
    outlet::{Outlet, Promise},
    redact::Redactor,
    targets::Target,
    unreachable::Counted,
};

/// Targets of one session that are watched.
pub(crate) const MOST_TARGETS: usize = 4_096;

pub(crate) struct Shared {
    pub(crate) session: InternalSession,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) options: Options,
    pub(crate) redactor: Redactor,
    pub(crate) outlet: Outlet,
    /// Something that the tracer waits for has changed.
    pub(crate) stirred: Notify,
    /// `Tracing.tracingComplete` has come.
    pub(crate) traced: Notify,
    /// Whether anything but pages that open and close has been told.
    has_happened: AtomicBool,
    state: Mutex<State>,
}

pub(crate) struct State {
    pub(crate) targets: HashMap<SessionKey, Target>,
    pub(crate) observed: Observed,
    pub(crate) crashed: HashSet<String>,
    pub(crate) downloads: crate::downloads::Under,
    pub(crate) book: Book,
    /// Why documents did not come, as the browser counts it.
    pub(crate) counted: Counted,
    /// Pages that go to another document, with its loader; nobody has said yet that it is there.
    pub(crate) leaving: HashMap<String, String>,
    /// The loader of the document that each page shows, where somebody has said so.
    pub(crate) shown: HashMap<String, String>,
    /// Who answers dialogs.
    pub(crate) attended: Attended,
    /// Where the trace is.
    pub(crate) trace: Trace,
    /// Since when.
    pub(crate) traced_since: Instant,
    /// How full its buffer was when it was told first.
    pub(crate) usage: Option<f64>,
    /// When to look again.
    pub(crate) quiet_at: Option<Instant>,
    /// When to look at the pages' titles.
    pub(crate) titles_at: Option<Instant>,
    /// Traces that were ended, and those of them that have been told: one that comes late is not taken for the next.
    pub(crate) ended: u64,
    pub(crate) told: u64,
    /// Until when pages keep their eyes open beside a trace that has just begun.
    pub(crate) young_until: Option<Instant>,
    /// Whether the trace's buffer fills up.
    pub(crate) is_filling: bool,
    /// Whether nothing more is recorded: pages that close now are closed by the end itself.
    pub(crate) is_over: bool,
    /// Whether a client has asked to hear of requests.
    pub(crate) is_network_enabled: bool,
    /// Whether `Network` must stay on, since turning it off would undo what a client emulates.
    pub(crate) is_pinned: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trace {
    /// Nobody traces for us: `Network` must see everything.
    Off,
    /// It tells everything when it ends.
    On,
    /// It is being ended and begun anew: `Network` covers the gap.
    Turning,
    /// It has been ended for a navigation, and is begun anew when a page has become quiet; or there has been no page yet.
    Resting,
}

impl Shared {
    pub(crate) fn new(session: InternalSession, clock: Arc<dyn Clock>, options: Options) -> Self {
        let state = State {
            targets: HashMap::new(),
            observed: Observed::default(),
            crashed: HashSet::new(),
            downloads: crate::downloads::Under::default(),
            book: Book::new(options.limits.pending),
            counted: Counted::default(),
            leaving: HashMap::new(),
            shown: HashMap::new(),
            attended: Attended::new(options.hold_dialogs),
            trace: Trace::Off,
            traced_since: Instant::now(),
            usage: None,
            quiet_at: None,
            titles_at: None,
            ended: 0,
            told: 0,
            young_until: None,
            is_filling: false,
            is_over: false,
            is_network_enabled: false,
            is_pinned: false,
        };
        Self {
            session,
            clock,
            redactor: Redactor::new(&options.secrets),
            outlet: Outlet::new(options.limits),
            options,
            stirred: Notify::new(),
            traced: Notify::new(),
            has_happened: AtomicBool::new(false),
            state: Mutex::new(state),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Emits an event that happens now.
    pub(crate) fn emit(&self, event: Event) {
        self.emit_at(self.clock.now(), event);
    }

    pub(crate) fn emit_at(&self, at: Timestamp, event: Event) {
        if !matches!(event, Event::Page(_)) {
            self.has_happened.store(true, Relaxed);
        }
        self.outlet.emit(Entry { at, event });
    }

    /// Keeps a place for an event that has happened, but of which something is still to be known; what is emitted meanwhile
    /// waits behind it. `None` where there is no room, which is counted.
    pub(crate) fn promise(&self) -> Option<Promise> {
        self.has_happened.store(true, Relaxed);
        self.outlet.promise()
    }

    /// Emits the event for which a place was kept.
    pub(crate) fn keep(&self, promise: Promise, at: Timestamp, event: Event) {
        self.outlet.keep(promise, Entry { at, event });
    }

    /// Whether anything has been told yet that is more than a page's opening.
    pub(crate) fn has_happened(&self) -> bool {
        self.has_happened.load(Relaxed)
    }

    /// Emits the requests that are over.
    pub(crate) fn emit_requests(&self, state: &mut State) {
        for (at, mut request) in state.book.take_over() {
            self.clean(&mut request);
            self.emit_at(at, Event::Request(request));
        }
    }

    /// Whether a trace is to tell how redirects were answered: where everything is recorded, where a client pays ten times
    /// as much to hear of requests itself, and where there may be redirects at all.
    pub(crate) fn tells_redirects(&self) -> bool {
        let state = self.lock();
        self.always_tells_redirects(&state) || state.book.expects_redirects()
    }

    /// Whether the first trace tells how redirects were answered only since nobody knows yet whether there are any.
    pub(crate) fn is_undecided(&self, state: &State) -> bool {
        state.ended == 0 && !self.always_tells_redirects(state)
    }

    fn always_tells_redirects(&self, state: &State) -> bool {
        self.options.level == Record::Full || state.is_network_enabled
    }

    /// Says on the timeline that the browser has lost a part of its trace: requests, nobody can tell how many.
    pub(crate) fn trace_lost(&self) {
        self.emit(Event::Dropped(Dropped { count: 0, reason: "trace".to_owned() }));
    }

    /// Takes out of a request what must not be kept.
    pub(crate) fn clean(&self, request: &mut hangar_domain::timeline::Request) {
        let limits = &self.options.limits;
        request.url = self.redactor.url(&request.url, limits.url);
        let from = request.redirected_from.take();
        request.redirected_from = from.map(|from| self.redactor.url(&from, limits.url));
        let failure = request.failure.take();
        request.failure = failure.map(|failure| self.redactor.text(&failure, 512));
        request.method = crate::text::cut(&request.method, 64);
        let mime = request.mime.take();
        request.mime = mime.map(|mime| crate::text::cut(&mime, 256));
        let mut headers = std::mem::take(&mut request.response_headers);
        if self.options.level == Record::Full {
            headers.truncate(limits.headers);
            let clean = |(name, value): (String, String)| {
                let value = self.redactor.header(&name, &value, 1024);
                (self.redactor.text(&name, 256), value)
            };
            request.response_headers = headers.into_iter().map(clean).collect();
        }
    }

    /// Text with secrets taken out, in its bound.
    pub(crate) fn text(&self, text: &str) -> String {
        self.redactor.text(text, self.options.limits.text)
    }

    /// An address with secrets taken out, in its bound.
    pub(crate) fn url(&self, url: &str) -> String {
        self.redactor.url(url, self.options.limits.url)
    }
}

impl State {
    /// Whether every trace that was ended has been told.
    pub(crate) fn is_all_told(&self) -> bool {
        self.told >= self.ended
    }
}
