//! What an account has bought.
//!
//! A plan is plain data; what a stretch of browser time costs under it is [`crate::bill`].

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::money::Micros;

/// The three kinds of plan (contracts/botcloud.md §1; seed 000 "Billing Model").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Plan {
    /// The operator's own: nothing is counted down.
    Unlimited,
    /// Included hours per period, then a prepaid balance at the overage rate.
    #[serde(rename_all = "camelCase")]
    Subscription {
        /// Browser time that the period includes, milliseconds.
        included_ms: i64,
        /// Price of one hour beyond it.
        overage_rate_per_hour: Micros,
        /// When the paid period ends; afterwards the subscription has lapsed.
        period_end: Timestamp,
    },
    /// Some minutes, once, one live session at a time.
    #[serde(rename_all = "camelCase")]
    Trial {
        /// Browser time in all, milliseconds.
        budget_ms: i64,
        /// When the trial ends although time is left.
        expires_at: Option<Timestamp>,
    },
}

impl Plan {
    /// Browser time that is free of further charge, milliseconds; `None` without limit.
    #[must_use]
    pub fn included_ms(&self) -> Option<i64> {
        match self {
            Self::Unlimited => None,
            Self::Subscription { included_ms, .. } => Some(*included_ms),
            Self::Trial { budget_ms, .. } => Some(*budget_ms),
        }
    }

    /// Price of an hour beyond the included time; zero where none can be had.
    #[must_use]
    pub fn overage_rate_per_hour(&self) -> Micros {
        match self {
            Self::Subscription { overage_rate_per_hour, .. } => *overage_rate_per_hour,
            Self::Unlimited | Self::Trial { .. } => Micros::ZERO,
        }
    }

    /// The moment from which nothing may be started under this plan.
    #[must_use]
    pub fn ends_at(&self) -> Option<Timestamp> {
        match self {
            Self::Unlimited => None,
            Self::Subscription { period_end, .. } => Some(*period_end),
            Self::Trial { expires_at, .. } => *expires_at,
        }
    }
}

/// Limits that the operator sets beside the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanLimits {
    /// Live sessions at once; a trial has 1 whatever this says.
    pub max_sessions: u32,
    /// Profiles (user data containers).
    pub max_profiles: u32,
}

impl PlanLimits {
    /// Live sessions that `plan` allows at once.
    #[must_use]
    pub fn sessions_under(&self, plan: &Plan) -> u32 {
        match plan {
            Plan::Trial { .. } => 1,
            Plan::Unlimited | Plan::Subscription { .. } => self.max_sessions,
        }
    }
}

impl Default for PlanLimits {
    fn default() -> Self {
        Self { max_sessions: 100, max_profiles: 50 }
    }
}

/// Milliseconds of a duration, as the ledger counts them; saturates.
#[must_use]
pub fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
