//! Opening a session: a place and the account's consent; what follows is `furnish.rs`.
//!
//! Whatever is not finished when the caller goes away is undone, and leaves no row.

use std::{sync::Arc, time::Duration};

use hangar_browser::{Switches, Upstream};
use hangar_domain::{Account, AccountId, Plan, ProfileId, SessionId, session::SessionSpec, timeline::Record};
use hangar_store::{StartRefusal, StartSession};
use tokio::{
    sync::futures::Notified,
    task::JoinHandle,
    time::{Instant, error::Elapsed},
};

use super::{
    live::Live,
    settle::{RETRY, RETRY_LIMIT},
    slots::Patience,
    stage::Takeover,
};
use crate::{Control, Error, Identity, user_data};

/// Browser time that is reserved at once, milliseconds.
pub(crate) const HOLD_MS: i64 = 60_000;

/// What a client wants.
#[derive(Clone, Debug)]
pub struct OpenRequest {
    /// Who asks.
    pub identity: Identity,
    /// Its options.
    pub switches: Switches,
    /// Its way out.
    pub upstream: Upstream,
    /// The profile to open and save.
    pub profile: Option<ProfileId>,
    /// How long the session outlives its last client.
    pub keep_alive: Duration,
    /// How much of it is kept.
    pub record: Record,
    /// Whether what callers do is kept, however little else is.
    pub keeps_actions: bool,
    /// What becomes of its client's actions while a person has control.
    pub takeover: Takeover,
}

impl OpenRequest {
    /// Whether anything of it is kept at all.
    pub(crate) fn has_timeline(&self) -> bool {
        self.record != Record::Off || self.keeps_actions
    }
}

/// A session that was let in, and has no browser yet.
pub(crate) struct Admitted {
    pub(crate) spec: SessionSpec,
    pub(crate) request: OpenRequest,
    pub(crate) number: i64,
    pub(crate) hold_ms: Option<i64>,
    /// When it was asked for, monotonic.
    pub(crate) asked: Duration,
    pub(crate) slot: super::Slot,
    pub(crate) admission: Admission,
}

/// Undoes an admission unless it was completed.
pub(crate) struct Admission {
    control: Arc<Control>,
    /// What to undo: the session and whose it is.
    of: Option<(SessionId, AccountId)>,
}

impl Admission {
    /// It stands from here on, whatever becomes of the caller.
    pub(crate) fn complete(&mut self) {
        self.of = None;
    }

    /// Undoes it before the caller is told, so that it sees nothing of it when it asks. Goes on without the caller.
    async fn undo(mut self) {
        if let Some(undoing) = self.start_undoing() {
            // An error is a panic, which has been logged.
            let _undone = undoing.await;
        }
    }

    fn start_undoing(&mut self) -> Option<JoinHandle<()>> {
        let (id, account) = self.of.take()?;
        let control = self.control.clone();
        Some(self.control.tasks.spawn(async move {
            let mut pause = RETRY;
            // What is not undone counts as a live session until the next start.
            while let Err(error) = control.store.session_abandon(id, account).await {
                tracing::error!(%error, session.id = %id, retry_after = ?pause, "an admission could not be undone");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(RETRY_LIMIT);
            }
            control.registry.notify();
        }))
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.start_undoing();
    }
}

impl Control {
    /// Opens a session. Dropping the future undoes it.
    ///
    /// # Errors
    /// Every refusal of [`Error`]; none leaves a row, a place or a browser behind.
    pub async fn open_session(self: &Arc<Self>, request: OpenRequest) -> Result<Arc<Live>, Error> {
        let patience = self.patience(&request.identity.account.plan);
        let admitted = self.admit_session(request, patience).await?;
        match self.furnish(&admitted).await {
            Ok(furnished) => Ok(self.set_off(admitted, furnished, self.settings.idle_timeout)),
            Err(error) => {
                admitted.admission.undo().await;
                Err(error)
            }
        }
    }

    /// A place and the account's consent. Dropping what is returned gives both back and leaves no row.
    pub(crate) async fn admit_session(
        self: &Arc<Self>,
        mut request: OpenRequest,
        patience: Patience,
    ) -> Result<Admitted, Error> {
        if self.is_draining() {
            return Err(Error::Draining);
        }
        request.record = request.record.min(request.identity.account.record);
        self.pool.policy().check_upstream(&request.upstream).map_err(Error::ProxyRefused)?;
        let asked = self.clock.monotonic();
        let slot = self.place(&request.identity.account, patience).await?;
        self.metrics.queue_waited(self.clock.monotonic() - asked);
        let spec = self.spec(&request);
        // Before the store is asked: a caller who goes away while it answers leaves a row that nobody else knows of.
        let mut admission = Admission { control: self.clone(), of: Some((spec.id, spec.account)) };
        let (number, hold_ms) = match self.admit(&spec, &request).await {
            Ok(admitted) => admitted,
            Err(error) => {
                // A refusal has left nothing; a store that failed may have written the row all the same.
                admission.of = admission.of.filter(|_| matches!(error, Error::Store(_)));
                return Err(error);
            }
        };
        Ok(Admitted { spec, request, number, hold_ms, asked, slot, admission })
    }

    /// The live session of this id, for the account that owns it; with a `keep_alive` it is kept that long from its last
    /// client's end on, whatever it was opened with.
    ///
    /// # Errors
    /// [`Error::SessionUnknown`].
    pub fn find_session(
        &self,
        identity: &Identity,
        id: SessionId,
        keep_alive: Option<Duration>,
    ) -> Result<Arc<Live>, Error> {
        let live = self.registry.find(id).filter(|live| live.spec().account == identity.account.id);
        let live = live.filter(|live| !live.is_ending()).ok_or(Error::SessionUnknown)?;
        if let Some(keep_alive) = keep_alive {
            live.set_keep_alive(keep_alive.min(self.settings.keep_alive_max));
        }
        Ok(live)
    }

    /// The live session that a link leads to.
    ///
    /// # Errors
    /// [`Error::SessionUnknown`].
    pub fn linked_session(&self, link: &crate::links::Use) -> Result<Arc<Live>, Error> {
        let live = self.registry.find(link.subject.session);
        live.filter(|live| !live.is_ending()).ok_or(Error::SessionUnknown)
    }

    /// Ends a session on the operator's word.
    ///
    /// # Errors
    /// [`Error::SessionUnknown`].
    pub fn end_session(&self, id: SessionId, end: hangar_domain::session::End) -> Result<(), Error> {
        let live = self.registry.find(id).filter(|live| !live.is_ending());
        live.map(|live| live.end(end)).ok_or(Error::SessionUnknown)
    }

    fn patience(&self, plan: &Plan) -> Patience {
        match plan {
            Plan::Trial { .. } => Patience::RefuseOwnLimit(self.settings.queue_wait),
            Plan::Unlimited | Plan::Subscription { .. } => Patience::WaitUpTo(self.settings.queue_wait),
        }
    }

    fn spec(&self, request: &OpenRequest) -> SessionSpec {
        SessionSpec {
            id: SessionId::generate(&*self.clock, &*self.random),
            account: request.identity.account.id,
            key: request.identity.key,
            profile: request.profile.clone(),
            warnings: request.switches.ignored.clone(),
            keep_alive: request.keep_alive.min(self.settings.keep_alive_max),
            started_at: self.clock.now(),
        }
    }

    /// A place; one whose holder is just being put away is waited for, even by who may not queue.
    async fn place(&self, account: &Account, patience: Patience) -> Result<super::Slot, Error> {
        let max = account.limits.sessions_under(&account.plan);
        let asked = Instant::now();
        loop {
            let changed = self.registry.changed();
            match self.slots.acquire(account.id, max, patience).await {
                Err(refusal @ Error::SessionLimit { .. }) => {
                    let is_ending = self.registry.is_ending(|spec| spec.account == account.id);
                    wait_for_end(asked, is_ending, changed).await.map_err(|_| refusal)?;
                }
                outcome => return outcome,
            }
        }
    }

    /// Asks the store; waits a little for what a session that is just being put away still holds: its profile, its time.
    async fn admit(&self, spec: &SessionSpec, request: &OpenRequest) -> Result<(i64, Option<i64>), Error> {
        let asked = Instant::now();
        loop {
            let changed = self.registry.changed();
            let start = StartSession {
                spec: spec.clone(),
                node: self.node,
                boot: self.boot,
                device: request.switches.emulation.device.name().to_owned(),
                hold_ms: HOLD_MS,
                timeline: request.has_timeline().then_some(request.record),
            };
            match self.store.session_start(start).await? {
                Ok(started) => return Ok((started.number, started.hold_ms)),
                Err(StartRefusal::ProfileLocked) => {
                    let is_ending = self.registry.is_ending(|other| other.profile == spec.profile);
                    wait_for_end(asked, is_ending, changed).await.map_err(|_| Error::ProfileLocked)?;
                }
                Err(refusal @ (StartRefusal::Standing(_) | StartRefusal::SessionLimit { .. }))
                    if self.registry.is_ending(|other| other.account == spec.account) =>
                {
                    wait_for_end(asked, true, changed).await.map_err(|_| refusal)?;
                }
                Err(refusal) => return Err(refusal.into()),
            }
        }
    }
}

/// Waits until a session ends, or begins to: long where one is on its way out, else only until a close that has been
/// sent must have been read.
async fn wait_for_end(asked: Instant, is_ending: bool, changed: Notified<'_>) -> Result<(), Elapsed> {
    let wait = if is_ending { user_data::SAVE_WAIT } else { user_data::NOTICE_WAIT };
    tokio::time::timeout_at(asked + wait, changed).await
}
