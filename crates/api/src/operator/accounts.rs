//! `/operator/v1/accounts`.

use axum::{
    Json,
    extract::{Path, State, rejection::JsonRejection},
    response::Response,
};
use hangar_control::AccountPatch;
use hangar_control::Error;
use hangar_domain::{Account, AccountId, AccountStatus, Micros, Plan, PlanLimits, timeline::Record};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    auth::Operator,
    faces::{Shared, json_response},
    gateway::render,
};

const HOUR_MS: f64 = 3_600_000.0;
const MINUTE_MS: f64 = 60_000.0;

/// The most hours that a number may name: a century.
const MOST_HOURS: f64 = 876_000.0;

/// A period without an end given.
const PERIOD: SignedDuration = SignedDuration::from_hours(30 * 24);

/// `POST /operator/v1/accounts`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewAccount {
    name: String,
    plan: PlanBody,
    #[serde(default)]
    balance: f64,
}

/// `PATCH /operator/v1/accounts/{id}`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangedAccount {
    name: Option<String>,
    plan: Option<PlanBody>,
    status: Option<AccountStatus>,
    /// The most that is kept of its sessions: `off`, `metadata` or `full`.
    record: Option<Record>,
    /// Added to the balance; negative takes back.
    top_up: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PlanBody {
    kind: Kind,
    included_hours: Option<f64>,
    overage_rate_per_hour: Option<f64>,
    period_end: Option<Timestamp>,
    trial_minutes: Option<f64>,
    max_sessions: Option<u32>,
    max_profiles: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    Unlimited,
    Subscription,
    Trial,
}

/// Makes an account.
pub async fn create(
    State(faces): Shared,
    _operator: Operator,
    body: Result<Json<NewAccount>, JsonRejection>,
) -> Response {
    let made = async {
        let body = taken(body)?;
        let now = faces.control.clock().now();
        let (plan, limits) = (body.plan.plan(now)?, body.plan.limits(PlanLimits::default()));
        faces.control.create_account(name(body.name)?, plan, limits, money("balance", body.balance)?).await
    };
    answer(StatusCode::CREATED, made.await)
}

/// One account.
pub async fn read(State(faces): Shared, _operator: Operator, Path(id): Path<String>) -> Response {
    let found = async { faces.control.find_account(parse_id(&id)?).await };
    answer(StatusCode::OK, found.await)
}

/// `GET /operator/v1/accounts`.
pub async fn list(State(faces): Shared, _operator: Operator) -> Response {
    match faces.control.list_accounts().await {
        Ok(accounts) => {
            let accounts: Vec<Value> = accounts.iter().map(wire).collect();
            json_response(StatusCode::OK, &json!({ "items": accounts }))
        }
        Err(error) => render::error(&error),
    }
}

/// Changes plan, limits, status or balance.
pub async fn update(
    State(faces): Shared,
    _operator: Operator,
    Path(id): Path<String>,
    body: Result<Json<ChangedAccount>, JsonRejection>,
) -> Response {
    let changed = async {
        let (id, body) = (parse_id(&id)?, taken(body)?);
        let now = faces.control.clock().now();
        let limits = match &body.plan {
            Some(plan) => Some(plan.limits(faces.control.find_account(id).await?.limits)),
            None => None,
        };
        let patch = AccountPatch {
            name: body.name.map(name).transpose()?,
            plan: body.plan.map(|plan| plan.plan(now)).transpose()?,
            limits,
            status: body.status,
            record: body.record,
            top_up: body.top_up.map(|amount| money("topUp", amount)).transpose()?,
        };
        faces.control.update_account(id, patch).await
    };
    answer(StatusCode::OK, changed.await)
}

fn answer(status: StatusCode, outcome: Result<Account, Error>) -> Response {
    match outcome {
        Ok(account) => json_response(status, &wire(&account)),
        Err(error) => render::error(&error),
    }
}

pub(super) fn taken<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, Error> {
    body.map(|Json(body)| body).map_err(|rejection| Error::Invalid(rejection.body_text()))
}

pub(super) fn parse_id(text: &str) -> Result<AccountId, Error> {
    text.parse().map_err(|_| Error::AccountUnknown)
}

pub(super) fn name(name: String) -> Result<String, Error> {
    let is_valid = !name.trim().is_empty() && name.len() <= 200 && !name.contains(char::is_control);
    is_valid.then_some(name).ok_or_else(|| Error::Invalid("'name' must have 1 to 200 characters".to_owned()))
}

fn money(field: &str, units: f64) -> Result<Micros, Error> {
    Micros::from_units(units).ok_or_else(|| Error::Invalid(format!("'{field}' is not an amount of money")))
}

impl PlanBody {
    fn plan(&self, now: Timestamp) -> Result<Plan, Error> {
        Ok(match self.kind {
            Kind::Unlimited => Plan::Unlimited,
            Kind::Subscription => Plan::Subscription {
                included_ms: amount("includedHours", self.included_hours.unwrap_or(0.0), HOUR_MS)?,
                overage_rate_per_hour: self.rate()?,
                period_end: self.period_end.unwrap_or_else(|| now.saturating_add(PERIOD).unwrap_or(now)),
            },
            Kind::Trial => Plan::Trial {
                budget_ms: amount("trialMinutes", self.trial_minutes.unwrap_or(60.0), MINUTE_MS)?,
                expires_at: self.period_end,
            },
        })
    }

    fn rate(&self) -> Result<Micros, Error> {
        let rate = money("overageRatePerHour", self.overage_rate_per_hour.unwrap_or(0.0))?;
        let is_price = rate >= Micros::ZERO;
        is_price.then_some(rate).ok_or_else(|| Error::Invalid("'overageRatePerHour' must not be negative".to_owned()))
    }

    fn limits(&self, base: PlanLimits) -> PlanLimits {
        PlanLimits {
            max_sessions: self.max_sessions.unwrap_or(base.max_sessions),
            max_profiles: self.max_profiles.unwrap_or(base.max_profiles),
        }
    }
}

fn amount(field: &str, value: f64, unit_ms: f64) -> Result<i64, Error> {
    let is_valid = value.is_finite() && (0.0..=MOST_HOURS * HOUR_MS).contains(&(value * unit_ms));
    is_valid
        .then(|| (value * unit_ms).round() as i64)
        .ok_or_else(|| Error::Invalid(format!("'{field}' is out of range")))
}

fn wire(account: &Account) -> Value {
    let mut plan = match &account.plan {
        Plan::Unlimited => json!({ "kind": "unlimited" }),
        Plan::Subscription { included_ms, overage_rate_per_hour, period_end } => json!({
            "kind": "subscription",
            "includedHours": *included_ms as f64 / HOUR_MS,
            "overageRatePerHour": overage_rate_per_hour.as_units(),
            "periodEnd": period_end,
        }),
        Plan::Trial { budget_ms, expires_at } => json!({
            "kind": "trial",
            "trialMinutes": *budget_ms as f64 / MINUTE_MS,
            "periodEnd": expires_at,
        }),
    };
    plan["maxSessions"] = json!(account.limits.max_sessions);
    plan["maxProfiles"] = json!(account.limits.max_profiles);
    json!({
        "id": account.id,
        "name": account.name,
        "plan": plan,
        "status": account.status,
        "record": account.record,
        "balance": account.balance.as_units(),
        "usedMs": account.used_ms,
        "heldMs": account.held_ms,
        "activeSessions": account.active_sessions,
        "createdAt": account.created_at,
    })
}
