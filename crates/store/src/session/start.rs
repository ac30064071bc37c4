//! Admission: a slot, some time and a profile, all at once or not at all (design.md §5, reference/security.md §7).

use hangar_domain::{Account, BootId, NodeId, Plan, account::Standing, session::SessionSpec, timeline::Record};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QuerySelect,
};

use super::hold;
use crate::{
    account, column,
    entity::{account::ActiveModel as AccountChange, profile, session},
    error::Error,
    store::Store,
    timeline::outline,
};

/// A session that wants to begin.
#[derive(Clone, Debug)]
pub struct StartSession {
    /// What it is opened for; its `started_at` is also the moment at which the account is judged.
    pub spec: SessionSpec,
    /// Where it will run.
    pub node: NodeId,
    /// Under which start of that node's server.
    pub boot: BootId,
    /// The device preset's name.
    pub device: String,
    /// Milliseconds to reserve, if the account can pay for as many; at least one.
    pub hold_ms: i64,
    /// How much its timeline keeps; `None` for a session without one.
    pub timeline: Option<Record>,
}

/// A session that has been let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Started {
    /// The whole number that the gateway's history shows.
    pub number: i64,
    /// Milliseconds reserved: the session must be extended or ended before it has run that long. `None` without limit.
    pub hold_ms: Option<i64>,
    /// The epoch of the profile's lease, if the session writes one.
    pub profile_epoch: Option<i64>,
}

/// Why a session was not let in. Nothing was kept of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartRefusal {
    /// The account itself; never [`Standing::Good`].
    Standing(Standing),
    /// The account has as many live sessions as it may.
    SessionLimit {
        /// How many that is.
        max: u32,
        /// Whether the plan, a trial, is what limits it.
        is_trial: bool,
    },
    /// There is no such profile.
    ProfileUnknown,
    /// The profile is another account's.
    ProfileForeign,
    /// Another session is writing the profile.
    ProfileLocked,
}

/// Why an admission stops.
enum Stop {
    Refused(StartRefusal),
    Failed(Error),
}

impl From<StartRefusal> for Stop {
    fn from(refusal: StartRefusal) -> Self {
        Self::Refused(refusal)
    }
}
impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}
impl From<DbErr> for Stop {
    fn from(error: DbErr) -> Self {
        Self::Failed(error.into())
    }
}

impl Store {
    /// Lets a session in: counts it, reserves time, takes the profile's lease, writes its row and
    /// begins its timeline. The order of refusals is
    /// the contract's (contracts/botcloud.md §2): account, profile, number of sessions, then time.
    ///
    /// # Errors
    /// [`Error::UnknownAccount`], [`Error::Duplicate`] where the id is taken, and the database's.
    pub async fn session_start(&self, start: StartSession) -> Result<Result<Started, StartRefusal>, Error> {
        let txn = self.begin().await?;
        match admit(&txn, &start).await {
            Ok(started) => {
                txn.commit().await?;
                Ok(Ok(started))
            }
            Err(Stop::Refused(refusal)) => {
                txn.rollback().await?;
                Ok(Err(refusal))
            }
            Err(Stop::Failed(error)) => Err(error),
        }
    }
}

async fn admit(txn: &DatabaseTransaction, start: &StartSession) -> Result<Started, Stop> {
    let spec = &start.spec;
    let owner = spec.account.to_string();
    let row = account::lock(txn, &owner).await?.ok_or(Error::UnknownAccount(spec.account))?;
    let account = row.to_domain()?;
    match account.standing(spec.started_at) {
        Standing::Good => {}
        standing => return Err(StartRefusal::Standing(standing).into()),
    }
    let profile_epoch = lease(txn, spec).await?;
    let hold_ms = reserve(&account, start.hold_ms)?;
    let change = AccountChange {
        held_ms: Set(row.held_ms + hold_ms.unwrap_or(0)),
        active_sessions: Set(row.active_sessions + 1),
        ..AccountChange::default()
    };
    account::write(txn, &owner, change).await?;
    let inserted = session::Entity::insert(new_row(start, hold_ms)?).exec(txn).await?;
    let number = inserted.last_insert_id;
    if let Some(record) = start.timeline {
        outline::begin(txn, number, record).await?;
    }
    Ok(Started { number, hold_ms, profile_epoch })
}

/// The slot and the time that the account can give.
fn reserve(account: &Account, wanted_ms: i64) -> Result<Option<i64>, StartRefusal> {
    let max = account.limits.sessions_under(&account.plan);
    if account.active_sessions >= max {
        return Err(StartRefusal::SessionLimit { max, is_trial: matches!(account.plan, Plan::Trial { .. }) });
    }
    match hold::available_ms(account) {
        None => Ok(None),
        Some(0) => Err(StartRefusal::Standing(hold::exhausted(&account.plan))),
        Some(available) => Ok(Some(available.min(wanted_ms.max(1)))),
    }
}

/// Takes the lease of the profile that the session wants to write.
async fn lease(txn: &DatabaseTransaction, spec: &SessionSpec) -> Result<Option<i64>, Stop> {
    let Some(id) = &spec.profile else {
        return Ok(None);
    };
    let found = profile::Entity::find_by_id(id.as_str()).lock_exclusive().one(txn).await?;
    let row = found.ok_or(StartRefusal::ProfileUnknown)?;
    if row.account_id != spec.account.to_string() {
        return Err(StartRefusal::ProfileForeign.into());
    }
    if row.locked_by.is_some() {
        return Err(StartRefusal::ProfileLocked.into());
    }
    let epoch = row.epoch + 1;
    let change = profile::ActiveModel {
        locked_by: Set(Some(spec.id.to_string())),
        epoch: Set(epoch),
        last_used_at: Set(Some(column::from_time(spec.started_at))),
        ..profile::ActiveModel::default()
    };
    profile::Entity::update_many().set(change).filter(profile::Column::Id.eq(id.as_str())).exec(txn).await?;
    Ok(Some(epoch))
}

fn new_row(start: &StartSession, hold_ms: Option<i64>) -> Result<session::ActiveModel, Error> {
    let spec = &start.spec;
    Ok(session::ActiveModel {
        number: NotSet,
        id: Set(spec.id.to_string()),
        account_id: Set(spec.account.to_string()),
        key_id: Set(spec.key.to_string()),
        node_id: Set(start.node.to_string()),
        boot_id: Set(start.boot.to_string()),
        profile_id: Set(spec.profile.as_ref().map(ToString::to_string)),
        device: Set(start.device.clone()),
        warnings: Set(column::from_json("sessions.warnings", &spec.warnings)?),
        keep_alive_ms: Set(hangar_domain::plan::millis(spec.keep_alive)),
        started_at: Set(column::from_time(spec.started_at)),
        ended_at: Set(None),
        heartbeat_at: Set(column::from_time(spec.started_at)),
        elapsed_ms: Set(0),
        hold_ms: Set(hold_ms),
        reason: Set(None),
        detail: Set(None),
        bytes_up: Set(0),
        bytes_down: Set(0),
    })
}
