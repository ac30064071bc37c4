//! The things that cases are made of: a clock that stands still, ids that count up, accounts and starts with defaults.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use hangar_domain::{
    Account, AccountId, BootId, EndReason, KeyId, LedgerId, Micros, NodeId, Plan, PlanLimits, ProfileId, Random,
    SessionId,
    id::{Id, Kind},
    session::{End, SessionSpec},
    timeline::Record,
};
use hangar_store::{EndSession, NewAccount, StartSession, Store};
use jiff::{Timestamp, ToSpan};

pub(crate) const HOUR: i64 = 3_600_000;

/// A new id of any kind; later ones are greater.
pub(crate) fn id<K: Kind>() -> Id<K> {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Id::from_uuid(uuid::Uuid::from_u128(u128::from(NEXT.fetch_add(1, Ordering::Relaxed))))
}

pub(crate) fn profile_id() -> ProfileId {
    struct Counting(AtomicU64);
    impl Random for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            let next = self.0.fetch_add(1, Ordering::Relaxed);
            bytes.fill(0);
            bytes
                .iter_mut()
                .zip([next / 1296, next / 36, next])
                .for_each(|(byte, digit)| *byte = u8::try_from(digit % 36).unwrap());
        }
    }
    static NEXT: Counting = Counting(AtomicU64::new(0));
    ProfileId::generate(&NEXT)
}

/// The moment at which everything happens that does not say otherwise.
pub(crate) fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

pub(crate) fn later(seconds: i64) -> Timestamp {
    now() + seconds.seconds()
}

pub(crate) fn subscription(included_ms: i64, rate: i64) -> Plan {
    Plan::Subscription { included_ms, overage_rate_per_hour: Micros(rate), period_end: later(30 * 86_400) }
}

pub(crate) fn trial(budget_ms: i64) -> Plan {
    Plan::Trial { budget_ms, expires_at: None }
}

pub(crate) async fn account(store: &Store, plan: Plan, balance: i64) -> Account {
    account_with(store, plan, balance, PlanLimits::default()).await
}

pub(crate) async fn account_with(store: &Store, plan: Plan, balance: i64, limits: PlanLimits) -> Account {
    let new = NewAccount {
        id: id(),
        name: "Ada".to_owned(),
        plan,
        limits,
        balance: Micros(balance),
        ledger_id: id(),
        now: now(),
    };
    store.account_create(new).await.unwrap()
}

pub(crate) async fn read(store: &Store, account: AccountId) -> Account {
    store.account_find(account).await.unwrap().unwrap()
}

/// A start with a hold of one minute.
pub(crate) fn start(account: AccountId) -> StartSession {
    let spec = SessionSpec {
        id: id(),
        account,
        key: id::<hangar_domain::id::KeyKind>() as KeyId,
        profile: None,
        warnings: vec!["--bot-title".to_owned()],
        keep_alive: Duration::from_secs(30),
        started_at: now(),
    };
    StartSession {
        spec,
        node: id::<hangar_domain::id::NodeKind>() as NodeId,
        boot: id::<hangar_domain::id::BootKind>() as BootId,
        device: "mac".to_owned(),
        hold_ms: 60_000,
        timeline: None,
    }
}

pub(crate) fn end(session: SessionId, elapsed_ms: i64) -> EndSession {
    EndSession {
        id: session,
        end: End::plain(EndReason::SocketClose),
        elapsed_ms,
        ended_at: later(elapsed_ms / 1_000),
        bytes_up: 10,
        bytes_down: 2_000,
        ledger_id: id::<hangar_domain::id::LedgerKind>() as LedgerId,
    }
}

/// Starts a session that must be let in.
pub(crate) async fn started(store: &Store, start: StartSession) -> SessionId {
    let session = start.spec.id;
    store.session_start(start).await.unwrap().unwrap();
    session
}

/// Starts a session with a timeline, and says its number.
pub(crate) async fn recorded(store: &Store, owner: AccountId) -> i64 {
    let start = StartSession { timeline: Some(Record::Metadata), ..start(owner) };
    store.session_start(start).await.unwrap().unwrap().number
}

/// The cached meters must equal the rows that they stand for.
pub(crate) async fn assert_meters(store: &Store, account: AccountId) {
    let cached = read(store, account).await;
    let live: Vec<_> = store.sessions_live().await.unwrap().into_iter().filter(|row| row.account == account).collect();
    assert_eq!(cached.balance, store.ledger_sum(account).await.unwrap(), "balance");
    assert_eq!(cached.active_sessions as usize, live.len(), "active sessions");
    assert_eq!(cached.held_ms, live.iter().filter_map(|row| row.hold_ms).sum::<i64>(), "held time");
}
