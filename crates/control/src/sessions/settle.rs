//! Money while a session runs and when it ends, and putting it away.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use hangar_browser::Browser;
use hangar_domain::{EndReason, ProfileId, account::Standing, plan::millis, session::End};
use hangar_store::{EndSession, Extension};
use jiff::Timestamp;
use serde_json::json;

use super::{live::Live, open::HOLD_MS};
use crate::Control;

/// Time is extended when less than this is left of it, milliseconds.
const HOLD_MARGIN_MS: i64 = 15_000;

/// A browser that was asked to close in order may take this long.
const CLOSE_WAIT: Duration = Duration::from_secs(5);

/// A bill, or an undoing, that cannot be written is tried again, from this often to this seldom.
pub(super) const RETRY: Duration = Duration::from_millis(100);
pub(super) const RETRY_LIMIT: Duration = Duration::from_secs(5);

/// How a session ended and what there is to pay.
pub(super) struct Bill {
    pub(super) end: End,
    pub(super) elapsed: Duration,
    pub(super) ended_at: Timestamp,
}

/// Extends the reserved time when it runs low; the end when there is no more to be had and it is used up.
pub(super) async fn hold(control: &Control, live: &Live, now: Duration) -> Option<End> {
    let held = live.hold()?;
    let elapsed = millis(now.saturating_sub(live.started));
    if held - elapsed > HOLD_MARGIN_MS {
        return None;
    }
    match control.store.session_extend(live.id(), HOLD_MS, control.clock.now()).await {
        Ok(Extension::Extended { hold_ms: Some(hold_ms) }) => {
            live.hold_ms.store(hold_ms, Relaxed);
            None
        }
        Ok(Extension::Extended { hold_ms: None }) => {
            live.hold_ms.store(i64::MAX, Relaxed);
            None
        }
        Ok(Extension::Refused(Standing::Lapsed)) => Some(End::plain(EndReason::SubscriptionLapsed)),
        Ok(Extension::Refused(standing)) if elapsed >= held => Some(spent(standing)),
        // Ended by somebody else: whoever did it has told the supervisor.
        Ok(Extension::Refused(_) | Extension::Gone) => None,
        Err(error) => {
            tracing::warn!(%error, session.id = %live.id(), "reserved time could not be extended");
            (elapsed >= held).then(|| End::plain(EndReason::InsufficientBalance))
        }
    }
}

/// The reason of a session whose account may not go on.
pub(super) fn spent(standing: Standing) -> End {
    End::plain(match standing {
        Standing::TrialOver => EndReason::TrialExhausted,
        Standing::Lapsed => EndReason::SubscriptionLapsed,
        Standing::NoBalance | Standing::Good => EndReason::InsufficientBalance,
    })
}

/// Ends the browser, saves the profile, writes the bill, removes what is left; in an order that is never seen half done.
pub(super) async fn put_away(control: &Arc<Control>, live: &Arc<Live>, process: Browser, bill: Bill) {
    // While the browser can still tell what it saw.
    live.memory.close().await;
    match &live.spec().profile {
        Some(profile) => {
            save_profile(control, live, &process, profile).await;
            write_bill(control, live, &bill).await;
        }
        None => write_bill(control, live, &bill).await,
    }
    live.mux.close();
    live.egress.shutdown().await;
    if let Err(error) = process.finish().await {
        tracing::error!(%error, session.id = %live.id(), "a browser left something behind");
    }
}

async fn save_profile(control: &Control, live: &Live, process: &Browser, profile: &ProfileId) {
    // A browser that crashed left its files in an unknown state: the copy of the last good end stays.
    if !close_in_order(live, process).await {
        tracing::warn!(session.id = %live.id(), profile.id = %profile, "the browser did not close in order: not saved");
        return;
    }
    let saved = async {
        process.stop().await?;
        let lock = control.profiles.lock(profile)?;
        control.profiles.save(profile, &lock, &live.dirs.host.profile).await
    };
    match saved.await {
        Ok(bytes) => tracing::debug!(session.id = %live.id(), profile.id = %profile, bytes, "profile saved"),
        Err(error) => tracing::error!(%error, session.id = %live.id(), profile.id = %profile, "profile not saved"),
    }
}

/// Asks the browser to close, so that it writes what it still holds in memory; true when it did.
async fn close_in_order(live: &Live, process: &Browser) -> bool {
    if !live.mux.is_ended() {
        // The reply may be lost with the pipe; the exit status is what counts.
        let params = json!({});
        let closing = live.director.session().call("Browser.close", &params);
        let _reply = tokio::time::timeout(CLOSE_WAIT, closing).await;
    }
    matches!(tokio::time::timeout(CLOSE_WAIT, process.exited()).await, Ok(status) if status.success())
}

/// Writes the end and its bill, however long the database is away: a session is never unbilled in silence.
async fn write_bill(control: &Control, live: &Live, bill: &Bill) {
    let bytes = live.egress.bytes();
    let ledger_id = control.ledger_id();
    let mut pause = RETRY;
    loop {
        let end = EndSession {
            id: live.id(),
            end: bill.end,
            elapsed_ms: millis(bill.elapsed),
            ended_at: bill.ended_at,
            bytes_up: bytes.up,
            bytes_down: bytes.down,
            ledger_id,
        };
        match control.store.session_end(end).await {
            Ok(charge) => {
                if charge.is_none() {
                    tracing::error!(session.id = %live.id(), "the session had been ended by somebody else");
                }
                return;
            }
            Err(error) => {
                control.metrics.unsettled.inc();
                tracing::error!(%error, session.id = %live.id(), retry_after = ?pause, "a bill could not be written");
                tokio::time::sleep(pause).await;
                control.metrics.unsettled.dec();
                pause = (pause * 2).min(RETRY_LIMIT);
            }
        }
    }
}
