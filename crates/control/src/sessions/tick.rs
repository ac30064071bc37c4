//! Once a second, for all live sessions together: the heartbeat that a crash is billed by, and the accounts' standing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use hangar_domain::{
    AccountId, EndDetail, EndReason, Key, KeyId, SessionId, account::Standing, plan::millis, session::End,
};
use jiff::Timestamp;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::{live::Live, settle};
use crate::{Control, Error};

const PERIOD: Duration = Duration::from_secs(1);

/// How often recordings that are beyond their bounds are looked for.
const TRIM_PERIOD: Duration = Duration::from_secs(60);

impl Control {
    /// Looks after all live sessions until `stop`.
    pub async fn run_ticks(self: Arc<Self>, stop: CancellationToken) {
        let mut tick = tokio::time::interval(PERIOD);
        tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut trim = tokio::time::interval(TRIM_PERIOD);
        trim.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = tick.tick() => {}
                _ = trim.tick() => {
                    self.trim_recordings().await;
                    continue;
                }
            }
            if let Err(error) = self.tick().await {
                tracing::warn!(%error, "the heartbeat of the live sessions was not written");
            }
        }
    }

    /// All metrics as text, as things stand now.
    ///
    /// # Errors
    /// [`std::fmt::Error`], which writing to a string never gives.
    pub fn render_metrics(&self) -> Result<String, std::fmt::Error> {
        self.metrics.observe(self.slots.waiting(), self.slots.free(), self.registry.len());
        self.metrics.render(self.pool_stats())
    }

    async fn trim_recordings(self: &Arc<Self>) {
        let control = self.clone();
        let trimming = tokio::task::spawn_blocking(move || {
            let is_live = |session| control.registry.find(session).is_some();
            control.recordings.trim(control.clock.now(), is_live)
        });
        match trimming.await {
            Ok(Ok(0)) | Err(_) => {}
            Ok(Ok(removed)) => tracing::info!(removed, "removed recordings beyond their bounds"),
            Ok(Err(error)) => tracing::warn!(%error, "recordings beyond their bounds were not removed"),
        }
    }

    async fn tick(&self) -> Result<(), Error> {
        let live = self.registry.all();
        if live.is_empty() {
            return Ok(());
        }
        let now = self.clock.monotonic();
        let beats: Vec<(SessionId, i64)> =
            live.iter().map(|session| (session.id(), millis(now.saturating_sub(session.started)))).collect();
        self.store.sessions_heartbeat(self.boot, &beats, self.clock.now()).await?;
        self.check_accounts(&live).await?;
        self.check_keys(&live).await
    }

    /// Ends the sessions of accounts that were suspended or whose period is over. Time and money that run out are felt
    /// by each session itself, through what it has reserved.
    async fn check_accounts(&self, live: &[Arc<Live>]) -> Result<(), Error> {
        let mut by_account: BTreeMap<AccountId, Vec<&Arc<Live>>> = BTreeMap::new();
        for session in live {
            by_account.entry(session.spec().account).or_default().push(session);
        }
        for (id, sessions) in by_account {
            let Some(account) = self.store.account_find(id).await? else { continue };
            let now = self.clock.now();
            let is_over = account.plan.ends_at().is_some_and(|end| end <= now);
            match account.standing(now) {
                Standing::Lapsed => sessions.iter().for_each(|session| session.end(settle::spent(Standing::Lapsed))),
                Standing::TrialOver if is_over => {
                    sessions.iter().for_each(|session| session.end(settle::spent(Standing::TrialOver)));
                }
                Standing::Good | Standing::TrialOver | Standing::NoBalance => {}
            }
        }
        Ok(())
    }

    /// Ends the sessions whose key was taken back or whose key's time is over.
    async fn check_keys(&self, live: &[Arc<Live>]) -> Result<(), Error> {
        let keys: BTreeSet<KeyId> = live.iter().map(|session| session.spec().key).collect();
        for id in keys {
            let key = self.store.key_find(id).await?;
            if let Some(detail) = void(key.as_ref(), self.clock.now()) {
                let end = End::detailed(EndReason::SubscriptionLapsed, detail);
                live.iter().filter(|session| session.spec().key == id).for_each(|session| session.end(end));
            }
        }
        Ok(())
    }
}

/// Why a key opens nothing any more; `None` for one that does.
fn void(key: Option<&Key>, now: Timestamp) -> Option<EndDetail> {
    match key {
        Some(key) if key.is_valid(now) => None,
        Some(key) if key.revoked_at.is_none() => Some(EndDetail::KeyExpired),
        Some(_) | None => Some(EndDetail::KeyRevoked),
    }
}
