//! Sessions as their account looks at them, running or over: what they are, and what happened in them.

use std::time::Duration;

use hangar_domain::{EndDetail, EndReason, SessionId, plan::millis, timeline::Request};
use hangar_store::{EntriesPage, Numbered, Outline, SessionRow, SessionsPage};

pub use self::visits::Visit;
use super::Live;
use crate::{Control, Error, Identity};

mod visits;

/// A browser that answers within this is responsive.
const RESPONSIVE: Duration = Duration::from_secs(3);

/// How long a page may take to tell where it is; one that hangs says nothing.
const TELLING: Duration = Duration::from_millis(500);

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It has no browser yet.
    Provisioning,
    /// It has one.
    Running,
    /// It ended as it should.
    Completed,
    /// Something ended it.
    Failed,
    /// It was called off before it had a browser.
    Cancelled,
}

/// A session with what is known of it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its row.
    pub row: SessionRow,
    /// How far it is.
    pub stage: Stage,
    /// Its timeline in short; empty where there is none.
    pub outline: Outline,
    /// How long it has run, milliseconds.
    pub elapsed_ms: i64,
}

/// How well a session is.
#[derive(Clone, Debug)]
pub struct Vitals {
    /// The session.
    pub seen: Seen,
    /// Whether its browser answers.
    pub is_responsive: bool,
}

impl Stage {
    fn of_end(reason: EndReason, detail: Option<EndDetail>) -> Self {
        match (reason, detail) {
            (_, Some(EndDetail::Cancelled)) => Self::Cancelled,
            (_, Some(EndDetail::Operator | EndDetail::Drained | EndDetail::KeepAliveOver)) => Self::Completed,
            (EndReason::SocketClose | EndReason::IdleTimeout | EndReason::BrowserCloseGraceful, _) => Self::Completed,
            (
                EndReason::TrialExhausted
                | EndReason::InsufficientBalance
                | EndReason::SubscriptionLapsed
                | EndReason::BrowserDisconnect
                | EndReason::BrowserCrash
                | EndReason::GatewayCrash
                | EndReason::SocketError,
                _,
            ) => Self::Failed,
        }
    }
}

impl Control {
    /// The row of a session of the account.
    ///
    /// # Errors
    /// [`Error::SessionUnknown`], and the store's.
    pub async fn owned_session(&self, identity: &Identity, id: SessionId) -> Result<SessionRow, Error> {
        let row = self.store.session_find(id).await?;
        row.filter(|row| row.account == identity.account.id).ok_or(Error::SessionUnknown)
    }

    /// A session of the account, with everything that has happened in it by now.
    ///
    /// # Errors
    /// [`Error::SessionUnknown`], and the store's.
    pub async fn look_at(&self, identity: &Identity, id: SessionId) -> Result<Seen, Error> {
        let row = self.owned_session(identity, id).await?;
        let mut shown = None;
        if let Some(live) = self.registry.find(id) {
            // In this order: an address that is told here is also on the timeline.
            shown = whereabouts(&live).await;
            live.memory.catch_up().await;
        }
        let mut outline = self.store.outlines([row.number]).await?.remove(&row.number).unwrap_or_default();
        if let Some((url, title)) = shown {
            (outline.url, outline.title) = (Some(url), Some(title));
        }
        Ok(self.seen(row, outline))
    }

    /// A page of the account's sessions, newest first, and how many there are in all.
    ///
    /// # Errors
    /// The store's.
    pub async fn look_around(&self, identity: &Identity, page: SessionsPage) -> Result<(Vec<Seen>, u64), Error> {
        let (rows, total) = self.store.sessions_page(identity.account.id, page).await?;
        let mut outlines = self.store.outlines(rows.iter().map(|row| row.number)).await?;
        let seen = rows.into_iter().map(|row| {
            let outline = outlines.remove(&row.number).unwrap_or_default();
            self.seen(row, outline)
        });
        Ok((seen.collect(), total))
    }

    /// How well a session of the account is.
    ///
    /// # Errors
    /// [`Error::SessionUnknown`], and the store's.
    pub async fn vitals(&self, identity: &Identity, id: SessionId) -> Result<Vitals, Error> {
        let seen = self.look_at(identity, id).await?;
        let is_responsive = match self.registry.find(id).filter(|live| !live.is_ending()) {
            Some(live) => live.director.session().is_alive(RESPONSIVE).await,
            None => false,
        };
        Ok(Vitals { seen, is_responsive })
    }

    /// A page of what happened in a session of the account.
    ///
    /// # Errors
    /// [`Error::SessionUnknown`], and the store's.
    pub async fn look_back(
        &self,
        identity: &Identity,
        id: SessionId,
        page: EntriesPage<'_>,
    ) -> Result<(Vec<Numbered>, Outline), Error> {
        let row = self.owned_session(identity, id).await?;
        if let Some(live) = self.registry.find(id) {
            live.memory.flush().await;
        }
        let entries = self.store.timeline_page(row.number, page).await?;
        let outline = self.store.outlines([row.number]).await?.remove(&row.number).unwrap_or_default();
        Ok((entries, outline))
    }

    /// Requests of the account's session that are under way.
    #[must_use]
    pub fn requests_under_way(&self, identity: &Identity, id: SessionId) -> Vec<Request> {
        let live = self.registry.find(id).filter(|live| live.spec().account == identity.account.id);
        let live = live.as_deref();
        live.and_then(|live| live.memory.recorder.as_ref()).map(hangar_recorder::Recorder::pending).unwrap_or_default()
    }

    fn seen(&self, row: SessionRow, outline: Outline) -> Seen {
        let live = self.registry.find(row.id);
        let (stage, elapsed_ms) = match &row.ended {
            Some(ended) => (Stage::of_end(ended.end.reason, ended.end.detail), row.elapsed_ms),
            None if self.provisioning.has(row.id) => (Stage::Provisioning, 0),
            None if live.is_some() => {
                let since = self.clock.now().duration_since(row.started_at);
                (Stage::Running, millis(since.unsigned_abs()))
            }
            // Another node's, or between two states for the blink of an eye.
            None => (Stage::Running, row.elapsed_ms),
        };
        Seen { row, stage, outline, elapsed_ms }
    }
}

/// Address and title of the page that is acted in, as it tells them itself; else of the one in which something happened
/// last, as far as anybody looks.
async fn whereabouts(live: &Live) -> Option<(String, String)> {
    if let Some(driver) = live.hands.driver()
        && let Ok(Ok(told)) = tokio::time::timeout(TELLING, driver.location()).await
    {
        return Some(told);
    }
    let observed = live.memory.recorder.as_ref()?.observed();
    observed.active_page().map(|page| (page.url.clone(), page.title.clone()))
}
