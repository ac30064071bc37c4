//! Who owns sessions, keys, profiles and money.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    id::AccountId,
    money::Micros,
    plan::{Plan, PlanLimits},
    timeline::Record,
};

/// Whether an account may start anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AccountStatus {
    /// May start sessions, as far as its plan goes.
    Active,
    /// The operator has stopped it; running sessions end as a lapsed subscription.
    Suspended,
}

/// An account with its meters as they stood when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Which.
    pub id: AccountId,
    /// The operator's name for it.
    pub name: String,
    /// What it has bought.
    pub plan: Plan,
    /// What the operator allows beside the plan.
    pub limits: PlanLimits,
    /// Whether it may start anything.
    pub status: AccountStatus,
    /// The most that is kept of its sessions, whatever they ask for.
    pub record: Record,
    /// Sum of its ledger.
    pub balance: Micros,
    /// Billed browser time in the plan's period, milliseconds.
    pub used_ms: i64,
    /// Browser time reserved by live sessions, milliseconds.
    pub held_ms: i64,
    /// Live sessions.
    pub active_sessions: u32,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Why an account may not start or go on with a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    Good,
    /// Suspended, or the period is over.
    Lapsed,
    /// The trial's time is used up or its date has passed.
    TrialOver,
    /// No included time left and no balance.
    NoBalance,
}

impl Account {
    /// Whether it may have a browser at `now`, leaving aside what live sessions hold.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        let over = self.plan.ends_at().is_some_and(|end| end <= now);
        let spent = self.plan.included_ms().is_some_and(|included| included <= self.used_ms);
        match self.plan {
            _ if self.status == AccountStatus::Suspended => Standing::Lapsed,
            Plan::Unlimited => Standing::Good,
            Plan::Trial { .. } if over || spent => Standing::TrialOver,
            Plan::Subscription { .. } if over => Standing::Lapsed,
            Plan::Subscription { .. } if spent && self.balance <= Micros::ZERO => Standing::NoBalance,
            Plan::Trial { .. } | Plan::Subscription { .. } => Standing::Good,
        }
    }
}
