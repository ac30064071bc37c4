//! `hangar account`: accounts through the operator API.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::operator::Operator;

const COLUMNS: &[&str] = &["id", "name", "plan.kind", "status", "balance"];

/// Accounts.
#[derive(Args, Debug)]
pub struct Account {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Open an account
    Create(Create),
    /// All accounts
    List(List),
    /// One account
    Show(Show),
    /// Change an account's plan, status or balance
    Update(Update),
}

#[derive(Args, Debug)]
struct Create {
    /// Its name
    name: String,
    #[command(flatten)]
    plan: Plan,
    /// Balance to begin with
    #[arg(long)]
    balance: Option<f64>,
    #[command(flatten)]
    operator: Operator,
}

#[derive(Args, Debug)]
struct List {
    #[command(flatten)]
    operator: Operator,
}

#[derive(Args, Debug)]
struct Show {
    /// The account's id
    id: String,
    #[command(flatten)]
    operator: Operator,
}

#[derive(Args, Debug)]
struct Update {
    /// The account's id
    id: String,
    #[command(flatten)]
    plan: Plan,
    /// Money to add to the balance; negative takes away
    #[arg(long, allow_hyphen_values = true)]
    top_up: Option<f64>,
    /// Whether it may start sessions
    #[arg(long, value_enum)]
    status: Option<Status>,
    #[command(flatten)]
    operator: Operator,
}

/// The fields of a plan, as the operator API names them.
#[derive(Args, Debug)]
struct Plan {
    /// What kind of plan
    #[arg(long = "plan", value_enum)]
    kind: Option<PlanKind>,
    /// Browser hours that a subscription's period includes
    #[arg(long)]
    included_hours: Option<f64>,
    /// Price of an hour beyond them
    #[arg(long)]
    overage_rate: Option<f64>,
    /// When the paid period ends (RFC 3339)
    #[arg(long)]
    period_end: Option<String>,
    /// Browser minutes of a trial
    #[arg(long)]
    trial_minutes: Option<f64>,
    /// Live sessions at once
    #[arg(long)]
    max_sessions: Option<u32>,
    /// Profiles
    #[arg(long)]
    max_profiles: Option<u32>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PlanKind {
    Unlimited,
    Subscription,
    Trial,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Status {
    Active,
    Suspended,
}

/// A value of a closed list as the API spells it.
fn spelled(value: &impl ValueEnum) -> Option<String> {
    value.to_possible_value().map(|value| value.get_name().to_owned())
}

/// The fields that were given.
fn given<const N: usize>(fields: [(&str, Option<Value>); N]) -> Map<String, Value> {
    fields.into_iter().filter_map(|(name, value)| value.map(|value| (name.to_owned(), value))).collect()
}

impl Plan {
    fn body(&self) -> Option<Value> {
        let fields = given([
            ("kind", self.kind.as_ref().and_then(spelled).map(Value::from)),
            ("includedHours", self.included_hours.map(Value::from)),
            ("overageRatePerHour", self.overage_rate.map(Value::from)),
            ("periodEnd", self.period_end.clone().map(Value::from)),
            ("trialMinutes", self.trial_minutes.map(Value::from)),
            ("maxSessions", self.max_sessions.map(Value::from)),
            ("maxProfiles", self.max_profiles.map(Value::from)),
        ]);
        (!fields.is_empty()).then(|| fields.into())
    }
}

impl Create {
    fn body(&self) -> Value {
        let plan = self.plan.body().unwrap_or_else(|| json!({ "kind": "unlimited" }));
        let fields = [
            ("name", Some(self.name.clone().into())),
            ("plan", Some(plan)),
            ("balance", self.balance.map(Value::from)),
        ];
        given(fields).into()
    }
}

impl Update {
    fn body(&self) -> Value {
        let status = self.status.as_ref().and_then(spelled).map(Value::from);
        given([("plan", self.plan.body()), ("topUp", self.top_up.map(Value::from)), ("status", status)]).into()
    }
}

impl Account {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self.action {
            Action::Create(create) => {
                create.operator.ask(Method::POST, "accounts", Some(create.body()), COLUMNS).await?;
            }
            Action::List(list) => list.operator.ask(Method::GET, "accounts", None, COLUMNS).await?,
            Action::Show(show) => {
                show.operator.ask(Method::GET, &format!("accounts/{}", show.id), None, COLUMNS).await?;
            }
            Action::Update(update) => {
                let path = format!("accounts/{}", update.id);
                update.operator.ask(Method::PATCH, &path, Some(update.body()), COLUMNS).await?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
