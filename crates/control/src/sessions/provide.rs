//! Sessions that are there at once and get their browser in the background: the caller has no connection to wait on, only
//! a status to ask for.
//!
//! From its creation on such a session has a row that stays: one that never gets a browser ends as failed or cancelled,
//! and costs nothing.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hangar_domain::{
    AccountId, EndDetail, EndReason, SessionId,
    session::{End, SessionSpec},
};
use hangar_store::EndSession;
use tokio_util::sync::CancellationToken;

use super::{
    Live,
    open::{Admitted, OpenRequest},
    registry::DRAINED,
    slots::Patience,
};
use crate::{Control, Error, acts::Prompt};

/// How a session ends that its caller gives up.
pub const DELETED: End = End::plain(EndReason::SocketClose);

/// A session without a caller's request for this long ends (contracts/thinkrun.md §1).
pub const IDLE_LIMIT: Duration = Duration::from_secs(30 * 60);

/// Sessions that have no browser yet.
#[derive(Default)]
pub(crate) struct Provisioning {
    by_id: Mutex<HashMap<SessionId, Provision>>,
}

struct Provision {
    account: AccountId,
    /// Calls it off.
    cancelled: CancellationToken,
    /// Tells when it has its browser, or has ended without.
    over: CancellationToken,
}

impl Provisioning {
    fn begin(&self, spec: &SessionSpec) -> CancellationToken {
        let (cancelled, over) = (CancellationToken::new(), CancellationToken::new());
        let provision = Provision { account: spec.account, cancelled: cancelled.clone(), over };
        self.lock().insert(spec.id, provision);
        cancelled
    }

    fn end(&self, id: SessionId) {
        if let Some(provision) = self.lock().remove(&id) {
            provision.over.cancel();
        }
    }

    fn over(&self, id: SessionId, account: AccountId) -> Option<CancellationToken> {
        let lock = self.lock();
        lock.get(&id).filter(|provision| provision.account == account).map(|provision| provision.over.clone())
    }

    pub(crate) fn has(&self, id: SessionId) -> bool {
        self.lock().contains_key(&id)
    }

    /// Calls it off; false where there is no such session.
    pub(crate) fn cancel(&self, id: SessionId) -> bool {
        self.lock().get(&id).inspect(|provision| provision.cancelled.cancel()).is_some()
    }

    pub(crate) fn cancel_all(&self) {
        self.lock().values().for_each(|provision| provision.cancelled.cancel());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Provision>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Control {
    /// Creates a session and returns at once; the browser, and what is to happen in it first, follow.
    ///
    /// # Errors
    /// What keeps an account from having a session at all; a full server is [`Error::QueueTimeout`], since nobody waits.
    pub async fn create_session(self: &Arc<Self>, request: OpenRequest, prompt: Prompt) -> Result<SessionSpec, Error> {
        let mut admitted = self.admit_session(request, Patience::RefuseOwnLimit(Duration::ZERO)).await?;
        let spec = admitted.spec.clone();
        let cancelled = self.provisioning.begin(&spec);
        admitted.admission.complete();
        let control = self.clone();
        self.tasks.spawn(async move { control.provide(admitted, prompt, cancelled).await });
        Ok(spec)
    }

    /// Waits for so long until a session of the account has its browser or has ended; not at all where it has already.
    ///
    /// A warm browser is there within milliseconds: who asks at once is told what they wait for, instead of asking again.
    pub async fn provided(&self, identity: &crate::Identity, id: SessionId, patience: Duration) {
        if let Some(over) = self.provisioning.over(id, identity.account.id) {
            // Who has waited long enough is told that it goes on.
            let _in_time = tokio::time::timeout(patience, over.cancelled()).await;
        }
    }

    async fn provide(self: Arc<Self>, admitted: Admitted, prompt: Prompt, cancelled: CancellationToken) {
        let id = admitted.spec.id;
        let furnished = tokio::select! {
            furnished = self.furnish(&admitted) => furnished,
            () = cancelled.cancelled() => Err(Error::SessionEnded),
        };
        match furnished {
            Ok(furnished) => {
                let live = self.set_off(admitted, furnished, IDLE_LIMIT);
                live.occupy().await;
                // What the session begins with is done before anything that a caller asks for.
                let _first_turn = live.hands.first_turn();
                self.provisioning.end(id);
                // It may have been called off in between.
                if cancelled.is_cancelled() {
                    return live.end(if self.is_draining() { DRAINED } else { DELETED });
                }
                self.carry_out_prompt(&live, prompt).await;
            }
            Err(error) => {
                let detail = match error {
                    Error::SessionEnded => EndDetail::Cancelled,
                    error => {
                        tracing::warn!(%error, session.id = %id, "a session got no browser");
                        EndDetail::ProvisioningFailed
                    }
                };
                self.end_unfurnished(admitted, End::detailed(EndReason::BrowserDisconnect, detail)).await;
                self.provisioning.end(id);
                self.registry.notify();
            }
        }
    }

    /// Ends the row of a session that never had a browser; its place is free afterwards.
    async fn end_unfurnished(&self, admitted: Admitted, end: End) {
        let over = EndSession {
            id: admitted.spec.id,
            end,
            elapsed_ms: 0,
            ended_at: self.clock.now(),
            bytes_up: 0,
            bytes_down: 0,
            ledger_id: self.ledger_id(),
        };
        if let Err(error) = self.store.session_end(over).await {
            // Its row stays open until the next start of this server ends it.
            tracing::error!(%error, session.id = %admitted.spec.id, "a session without a browser could not be ended");
        }
        drop(admitted.slot);
    }

    /// Ends a session of the account; nothing where it is over already.
    ///
    /// # Errors
    /// [`Error::SessionUnknown`], and the store's.
    pub async fn delete_session(&self, identity: &crate::Identity, id: SessionId) -> Result<(), Error> {
        let row = self.owned_session(identity, id).await?;
        if row.ended.is_some() {
            return Ok(());
        }
        match self.registry.find(id) {
            Some(live) => live.end(DELETED),
            None => {
                self.provisioning.cancel(id);
            }
        }
        self.until_over(id).await;
        Ok(())
    }

    /// Waits until the session's row has its end: whoever ended it sees it as ended.
    async fn until_over(&self, id: SessionId) {
        loop {
            let changed = self.registry.changed();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.registry.find(id).is_none() && !self.provisioning.has(id) {
                return;
            }
            changed.await;
        }
    }
}

impl Live {
    /// Notes that somebody asked for something, so that the session is not taken for idle.
    pub fn touch(&self) {
        self.activity.touch();
    }
}

#[cfg(test)]
mod tests {
    use hangar_domain::{id::Id, session::SessionSpec};
    use uuid::Uuid;

    use super::*;

    fn spec() -> SessionSpec {
        SessionSpec {
            id: Id::from_uuid(Uuid::from_u128(1)),
            account: Id::from_uuid(Uuid::from_u128(2)),
            key: Id::from_uuid(Uuid::from_u128(3)),
            profile: None,
            warnings: Vec::new(),
            keep_alive: Duration::ZERO,
            started_at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[tokio::test]
    async fn its_account_is_told_when_a_session_has_its_browser() {
        let (provisioning, spec) = (Provisioning::default(), spec());
        let cancelled = provisioning.begin(&spec);
        let stranger = Id::from_uuid(Uuid::from_u128(4));
        assert!(provisioning.over(spec.id, stranger).is_none());
        let over = provisioning.over(spec.id, spec.account).unwrap();
        assert!(!over.is_cancelled());
        provisioning.end(spec.id);
        over.cancelled().await;
        assert!(!cancelled.is_cancelled() && !provisioning.has(spec.id));
        assert!(provisioning.over(spec.id, spec.account).is_none());
    }
}
