//! `GET /api/quota`: the union of the three shapes that clients of three generations read (contracts/botcloud.md §1).

use axum::response::Response;
use hangar_domain::{Account, bill, plan::Plan};
use http::StatusCode;
use serde_json::{Value, json};

use super::minutes;
use crate::{auth::Bearer, faces::json_response};

/// Minutes that stand for "without limit" in fields that must be numbers.
const UNLIMITED_MINUTES: i64 = 1_000_000_000;

const HOUR_MS: f64 = 3_600_000.0;

/// Total, used, remaining, percentage, sessions, and a neutral pricing.
pub async fn get(Bearer(identity): Bearer) -> Response {
    json_response(StatusCode::OK, &quota(&identity.account))
}

fn quota(account: &Account) -> Value {
    let used = minutes(account.used_ms);
    let left_ms = account.plan.included_ms().map(|included| (included - account.used_ms).max(0));
    let terms = bill::Terms { included_left_ms: left_ms, rate_per_hour: account.plan.overage_rate_per_hour() };
    let remaining = bill::affordable_ms(terms, account.balance).map_or(UNLIMITED_MINUTES, minutes);
    let total = used.saturating_add(remaining);
    let percent = if total == 0 { 100.0 } else { used as f64 * 100.0 / total as f64 };
    json!({
        "totalQuota": total,
        "usedQuota": used,
        "remainingQuota": remaining,
        "percentUsed": (percent * 100.0).round() / 100.0,
        "sessions": {
            "max": account.limits.sessions_under(&account.plan),
            "active": account.active_sessions,
        },
        "pricing": {
            "baseRate": 1,
            "current": { "multiplier": 1, "effectiveRate": 1 },
            "max": { "multiplier": 1, "effectiveRate": 1 },
            "breakdown": {
                "sessionMultiplier": 1,
                "cloakTierPremium": 0,
                "contextMultiplier": 1,
                "userDataPremium": 0,
                "devtoolsPremium": 0,
                "superStealthPremium": 0,
            },
        },
        "plan": plan(account),
    })
}

fn plan(account: &Account) -> Value {
    let kind = match account.plan {
        Plan::Unlimited => "unlimited",
        Plan::Subscription { .. } => "subscription",
        Plan::Trial { .. } => "trial",
    };
    json!({
        "kind": kind,
        "includedHours": account.plan.included_ms().map(|ms| ms as f64 / HOUR_MS),
        "usedHours": account.used_ms as f64 / HOUR_MS,
        "balance": account.balance.as_units(),
        "periodEnd": account.plan.ends_at(),
    })
}
