//! A session that has its browser: what clients, links and later faces hold on to.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use hangar_browser::{Director, Dirs, Egress, Network, ReadyBrowser};
use hangar_cdp::{
    Client, Mux, Outbox,
    mux::{ClientOptions, PageClient},
    relay::{Activity, RelayEnd},
};
use hangar_domain::{EndDetail, EndReason, SessionId, session::End, session::SessionSpec};
use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
};

use super::{extra::ContextPort, memory::Memory, stage::Stage};
use crate::{Error, acts::Hands};

/// Requests to the supervisor that may wait.
const COMMANDS: usize = 64;

/// What the supervisor is told.
#[derive(Debug)]
pub(crate) enum Command {
    /// A client connected.
    Joined,
    /// A client left, for this reason if it was the last.
    Left(Departure),
    /// A client that was promised the session never joined it.
    Abandoned,
    /// The session is over.
    End(End),
}

/// How a client left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Departure {
    /// What the session ends with if nobody is left.
    pub end: End,
    /// Whether the client asked for the browser's end, whoever else is there.
    pub is_final: bool,
}

/// A live session.
pub struct Live {
    spec: SessionSpec,
    pub(crate) number: i64,
    pub(crate) mux: Mux,
    pub(crate) director: Director,
    pub(crate) egress: Egress,
    pub(crate) dirs: Arc<Dirs>,
    pub(crate) network: Network,
    pub(crate) context_ports: Mutex<HashMap<String, ContextPort>>,
    pub(crate) activity: Arc<Activity>,
    pub(crate) started: Duration,
    /// A session whose clients say nothing for this long ends.
    pub(crate) idle_limit: Duration,
    pub(crate) memory: Memory,
    /// What callers without a connection act with.
    pub(crate) hands: Hands,
    /// Reserved browser time, milliseconds; `i64::MAX` without limit.
    pub(crate) hold_ms: AtomicI64,
    /// How long it outlives its last client, milliseconds.
    keep_alive_ms: AtomicU64,
    stage: Arc<Stage>,
    client_options: ClientOptions,
    commands: mpsc::Sender<Command>,
    pub(crate) ending: watch::Sender<Option<End>>,
}

/// What a session is billed by.
pub(crate) struct Billing {
    /// Its row.
    pub(crate) number: i64,
    /// Reserved browser time, milliseconds; `None` without limit.
    pub(crate) hold_ms: Option<i64>,
}

/// A session's times.
pub(crate) struct Times {
    /// When it began, monotonic.
    pub(crate) started: Duration,
    /// How long it may stay silent.
    pub(crate) idle_limit: Duration,
}

/// A live session with the parts that only its supervisor may have.
pub(crate) struct Founded {
    pub(crate) live: Arc<Live>,
    pub(crate) process: hangar_browser::Browser,
    pub(crate) commands: mpsc::Receiver<Command>,
}

impl Departure {
    /// What the way a connection ended means for its session (contracts/botcloud.md §3).
    #[must_use]
    pub fn from_relay(end: &RelayEnd) -> Self {
        let plain = |reason| Self { end: End::plain(reason), is_final: false };
        let detailed = |detail| Self { end: End::detailed(EndReason::SocketError, detail), is_final: false };
        match end {
            RelayEnd::BrowserClose => Self { end: End::plain(EndReason::SocketClose), is_final: true },
            RelayEnd::Closed(_) | RelayEnd::HungUp => plain(EndReason::SocketClose),
            RelayEnd::Broken => plain(EndReason::SocketError),
            RelayEnd::Protocol(_) | RelayEnd::Binary => detailed(EndDetail::ProtocolError),
            RelayEnd::Evicted => detailed(EndDetail::SlowReader),
        }
    }
}

impl Live {
    pub(crate) fn found(
        spec: SessionSpec,
        Billing { number, hold_ms }: Billing,
        Times { started, idle_limit }: Times,
        browser: ReadyBrowser,
        mut client_options: ClientOptions,
        memory: Memory,
    ) -> Founded {
        let ReadyBrowser { browser: process, mux, director, egress } = browser;
        let (sender, commands) = mpsc::channel(COMMANDS);
        let (dirs, activity) = (process.dirs().clone(), Arc::<Activity>::default());
        let stage = Stage::new(mux.clone(), dirs.clone(), activity.clone(), memory.screencasts.clone());
        if let Some(recorder) = &memory.recorder {
            stage.set_recorded(recorder.dialogs());
        }
        // In front of the others: they see a command that waits when it goes on.
        client_options.gates = std::iter::once(stage.gate()).chain(client_options.gates.iter().cloned()).collect();
        let live = Arc::new(Self {
            keep_alive_ms: AtomicU64::new(whole_millis(spec.keep_alive)),
            spec,
            number,
            mux,
            director,
            egress,
            dirs,
            network: process.network(),
            context_ports: Mutex::default(),
            activity,
            started,
            idle_limit,
            memory,
            hands: Hands::default(),
            hold_ms: AtomicI64::new(hold_ms.unwrap_or(i64::MAX)),
            stage,
            client_options,
            commands: sender,
            ending: watch::Sender::new(None),
        });
        Founded { live, process, commands }
    }

    /// Which session.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.spec.id
    }

    /// Its whole number in the history.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.number
    }

    /// What it was opened for.
    #[must_use]
    pub fn spec(&self) -> &SessionSpec {
        &self.spec
    }

    /// How long it outlives its last client, as its latest client to say so wishes.
    pub(crate) fn keep_alive(&self) -> Duration {
        Duration::from_millis(self.keep_alive_ms.load(Relaxed))
    }

    pub(crate) fn set_keep_alive(&self, keep_alive: Duration) {
        self.keep_alive_ms.store(whole_millis(keep_alive), Relaxed);
    }

    /// When a client last said something.
    #[must_use]
    pub fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }

    /// What those who view it share.
    #[must_use]
    pub fn stage(&self) -> &Arc<Stage> {
        &self.stage
    }

    /// Whether it is driven by fingers.
    #[must_use]
    pub fn has_touch(&self) -> bool {
        self.director.emulation_of("").device.is_mobile()
    }

    /// Where this session's clients should be served: the thread of its browser's messages.
    #[must_use]
    pub fn lane(&self) -> &Handle {
        self.mux.lane()
    }

    /// Connects a client; messages to it go to `outbox` as WebSocket frames.
    ///
    /// # Errors
    /// [`Error::SessionUnknown`] when the session is ending, [`Error::Cdp`] when the browser does not answer.
    pub async fn join(&self, outbox: Arc<Outbox>) -> Result<Arc<Client>, Error> {
        if self.is_ending() {
            return Err(Error::SessionUnknown);
        }
        self.memory.ready().await;
        let client = self.mux.attach(outbox, self.client_options.clone()).await?;
        self.activity.touch();
        self.commands.send(Command::Joined).await.map_err(|_| Error::SessionUnknown)?;
        Ok(client)
    }

    /// Connects somebody who may see one page of this session; no client of it, so that it ends without them.
    ///
    /// # Errors
    /// [`Error::SessionUnknown`] when the session is ending, [`Error::Cdp`] when the page is not there.
    pub async fn view_page(&self, target: &str, outbox: Arc<Outbox>) -> Result<PageClient, Error> {
        if self.is_ending() {
            return Err(Error::SessionUnknown);
        }
        let policy = Arc::new(self.client_options.policy.of_one_page());
        let options = ClientOptions { policy, drop_console: false, skip_pauses: false, gates: Arc::default() };
        Ok(self.mux.attach_to_page(target, outbox, options).await?)
    }

    /// Keeps the session for callers who have no connection: it ends when it is asked to, or has been silent too long.
    pub(crate) async fn occupy(&self) {
        // Without a receiver the session is over already.
        let _over = self.commands.send(Command::Joined).await;
    }

    /// Disconnects a client.
    pub async fn leave(&self, client: &Arc<Client>, departure: Departure) {
        client.detach();
        self.stage.client_left(client);
        // A behaviour that the client had set goes with its session; the browser's own would refuse every download.
        self.director.save_downloads_again();
        // Without a receiver the session is over already, and the client's way of leaving changes nothing.
        let _over = self.commands.send(Command::Left(departure)).await;
    }

    /// A client that was promised a browser never came.
    pub async fn abandon(&self) {
        // As in `leave`: without a receiver the session is over already.
        let _over = self.commands.send(Command::Abandoned).await;
    }

    /// Asks for the session's end; the first reason that arrives is the one.
    pub fn end(&self, end: End) {
        // A full queue means that it is being ended already; a closed one that it has ended.
        let _asked = self.commands.try_send(Command::End(end));
    }

    /// Completes with the reason once the session begins to end.
    pub async fn ending(&self) -> End {
        let mut ending = self.ending.subscribe();
        loop {
            if let Some(end) = *ending.borrow_and_update() {
                return end;
            }
            if ending.changed().await.is_err() {
                return End::plain(EndReason::GatewayCrash);
            }
        }
    }

    /// Whether the session has begun to end.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.why_ending().is_some()
    }

    /// The reason, once the session has begun to end.
    #[must_use]
    pub fn why_ending(&self) -> Option<End> {
        *self.ending.borrow()
    }
}

fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
