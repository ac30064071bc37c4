//! Accounts: what is written is read, and what the operator changes is in the ledger.

use hangar_domain::{AccountStatus, Micros, Plan, PlanLimits};
use hangar_store::{AccountPatch, EntryKind, Error, NewAccount, Store, Usage};

use crate::{
    database::on_both,
    world::{
        HOUR, account, account_with, assert_meters, end, id, later, now, read, start, started, subscription, trial,
    },
};

on_both!(
    is_read_as_it_was_made,
    an_id_is_taken_once,
    a_top_up_is_a_row,
    a_new_period_forgets_what_was_used,
    a_correction_of_the_plan_keeps_what_was_used,
    usage_comes_from_counters,
);

async fn is_read_as_it_was_made(store: Store) {
    let limits = PlanLimits { max_sessions: 3, max_profiles: 7 };
    for plan in [Plan::Unlimited, subscription(HOUR, 5), trial(9)] {
        let made = account_with(&store, plan, 12, limits).await;
        assert_eq!(read(&store, made.id).await, made);
        assert_eq!((made.balance, made.limits, made.status), (Micros(12), limits, AccountStatus::Active));
    }
    assert_eq!(store.account_list().await.unwrap().len(), 3);
    assert_eq!(store.account_find(id()).await.unwrap(), None);
}

async fn an_id_is_taken_once(store: Store) {
    let first = account(&store, Plan::Unlimited, 5).await;
    let again = NewAccount {
        id: first.id,
        name: "Eve".to_owned(),
        plan: Plan::Unlimited,
        limits: PlanLimits::default(),
        balance: Micros(9),
        ledger_id: id(),
        now: now(),
    };
    assert!(matches!(store.account_create(again).await, Err(Error::Duplicate)));
    assert_eq!(read(&store, first.id).await, first);
    assert_meters(&store, first.id).await;
}

async fn a_top_up_is_a_row(store: Store) {
    let made = account(&store, subscription(0, 100), 0).await;
    assert_eq!(store.ledger_rows(made.id, 10).await.unwrap(), []);
    for amount in [700, -200] {
        let patch = AccountPatch { top_up: Some(Micros(amount)), ..AccountPatch::default() };
        store.account_update(made.id, patch, id(), later(amount)).await.unwrap().unwrap();
    }
    let rows = store.ledger_rows(made.id, 10).await.unwrap();
    assert_eq!(
        rows.iter().map(|row| (row.kind, row.amount.0)).collect::<Vec<_>>(),
        [(EntryKind::TopUp, 700), (EntryKind::TopUp, -200)]
    );
    assert_eq!(store.ledger_rows(made.id, 1).await.unwrap(), rows[..1]);
    assert_eq!(read(&store, made.id).await.balance, Micros(500));
    assert_meters(&store, made.id).await;
    assert_eq!(store.account_update(id(), AccountPatch::default(), id(), now()).await.unwrap(), None);
}

async fn a_new_period_forgets_what_was_used(store: Store) {
    let made = account(&store, subscription(HOUR, 100), 50).await;
    let session = started(&store, start(made.id)).await;
    store.session_end(end(session, 60_000)).await.unwrap().unwrap();
    assert_eq!(read(&store, made.id).await.used_ms, 60_000);
    let plan = Plan::Subscription {
        included_ms: 2 * HOUR,
        overage_rate_per_hour: Micros(100),
        period_end: later(60 * 86_400),
    };
    let patch = AccountPatch { plan: Some(plan.clone()), top_up: Some(Micros(5)), ..AccountPatch::default() };
    let changed = store.account_update(made.id, patch, id(), later(9_000)).await.unwrap().unwrap();
    assert_eq!(changed, read(&store, made.id).await);
    assert_eq!((changed.used_ms, changed.balance, changed.plan), (0, Micros(55), plan));
    let newest = &store.ledger_rows(made.id, 1).await.unwrap()[0];
    assert_eq!((newest.kind, newest.amount, newest.included_ms), (EntryKind::Period, Micros(5), 2 * HOUR));
    assert_meters(&store, made.id).await;
}

async fn a_correction_of_the_plan_keeps_what_was_used(store: Store) {
    let made = account(&store, subscription(HOUR, 100), 0).await;
    let session = started(&store, start(made.id)).await;
    store.session_end(end(session, 60_000)).await.unwrap().unwrap();
    let patch = AccountPatch {
        name: Some("Grace".to_owned()),
        plan: Some(subscription(2 * HOUR, 70)),
        status: Some(AccountStatus::Suspended),
        limits: Some(PlanLimits { max_sessions: 1, max_profiles: 2 }),
        ..AccountPatch::default()
    };
    let changed = store.account_update(made.id, patch, id(), now()).await.unwrap().unwrap();
    assert_eq!(changed, read(&store, made.id).await);
    assert_eq!((changed.used_ms, changed.name.as_str(), changed.status), (60_000, "Grace", AccountStatus::Suspended));
    assert_eq!(store.ledger_rows(made.id, 10).await.unwrap().len(), 1, "only the bill");
}

async fn usage_comes_from_counters(store: Store) {
    let made = account(&store, Plan::Unlimited, 0).await;
    for elapsed in [1_000, 2_500] {
        let session = started(&store, start(made.id)).await;
        store.session_end(end(session, elapsed)).await.unwrap().unwrap();
    }
    started(&store, start(made.id)).await;
    let usage = store.usage(made.id).await.unwrap();
    assert_eq!(usage, Usage { total_sessions: 2, total_ms: 3_500, active_sessions: 1 });
    assert!(matches!(store.usage(id()).await, Err(Error::UnknownAccount(_))));
}
