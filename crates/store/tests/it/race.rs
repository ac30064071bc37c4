//! Many at once: exactly one wins what exists once, and a caller that goes away in the middle leaves nothing half done.

use std::{future::Future, sync::Arc, time::Duration};

use hangar_domain::{Micros, Plan, PlanLimits, account::Standing};
use hangar_store::{StartRefusal, Store};

use tokio::sync::Barrier;

use crate::{
    database::{Case, on_both},
    world::{
        HOUR, account, account_with, assert_meters, end, later, now, profile_id, read, start, started, subscription,
    },
};

on_both!(
    time_for_one_is_held_once,
    a_profile_has_one_writer,
    slots_are_never_over_admitted,
    two_closers_one_bill,
    starts_and_ends_of_many_accounts,
    a_caller_that_goes_away_leaves_nothing_half_done,
);

const MANY: usize = 100;

/// Runs the task `MANY` times, all beginning only when every one of them has had a connection.
async fn at_once<T, F>(store: &Store, task: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let ready = Arc::new(Barrier::new(MANY));
    let spawn = |number| {
        let (store, ready, task) = (store.clone(), Arc::clone(&ready), task(number));
        tokio::spawn(async move {
            store.ping().await.unwrap();
            ready.wait().await;
            task.await
        })
    };
    let tasks: Vec<_> = (0..MANY).map(spawn).collect();
    let mut results = Vec::with_capacity(MANY);
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

async fn time_for_one_is_held_once(store: Store) {
    let owner = account(&store, subscription(60_000, 0), 0).await.id;
    let shared = store.clone();
    let answers = at_once(&store, move |_| {
        let store = shared.clone();
        async move { store.session_start(start(owner)).await.unwrap() }
    });
    let answers = answers.await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let refused = Err(StartRefusal::Standing(Standing::NoBalance));
    assert_eq!(answers.iter().filter(|answer| **answer == refused).count(), MANY - 1);
    assert_meters(&store, owner).await;
}

async fn a_profile_has_one_writer(store: Store) {
    let owner = account(&store, Plan::Unlimited, 0).await.id;
    let profile = store.profile_create(owner, profile_id(), 1, now()).await.unwrap().unwrap().id;
    let (shared, wanted) = (store.clone(), profile.clone());
    let answers = at_once(&store, move |_| {
        let (store, mut start) = (shared.clone(), start(owner));
        start.spec.profile = Some(wanted.clone());
        async move { store.session_start(start).await.unwrap() }
    });
    let answers = answers.await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Err(StartRefusal::ProfileLocked)).count(), MANY - 1);
    assert_eq!(store.profile_epoch(&profile).await.unwrap(), Some(1));
    assert_meters(&store, owner).await;
}

async fn slots_are_never_over_admitted(store: Store) {
    let limits = PlanLimits { max_sessions: 7, max_profiles: 0 };
    let owner = account_with(&store, Plan::Unlimited, 0, limits).await.id;
    let shared = store.clone();
    let answers = at_once(&store, move |_| {
        let store = shared.clone();
        async move { store.session_start(start(owner)).await.unwrap() }
    });
    assert_eq!(answers.await.iter().filter(|answer| answer.is_ok()).count(), 7);
    assert_meters(&store, owner).await;
}

async fn two_closers_one_bill(store: Store) {
    let owner = account(&store, subscription(0, 3_600_000), 60_000_000).await.id;
    let session = started(&store, start(owner)).await;
    let shared = store.clone();
    let bills = at_once(&store, move |number| {
        let (store, end) = (shared.clone(), end(session, 1_000 + i64::try_from(number).unwrap()));
        async move { store.session_end(end).await.unwrap() }
    });
    let bills: Vec<_> = bills.await.into_iter().flatten().collect();
    assert_eq!(bills.len(), 1);
    let account = read(&store, owner).await;
    assert_eq!((account.balance, account.used_ms), (Micros(60_000_000) - bills[0].amount, bills[0].overage_ms));
    assert_eq!(store.ledger_rows(owner, 9).await.unwrap().len(), 2);
    assert_meters(&store, owner).await;
}

/// Nobody waits for another account's row for ever, and nobody is told that the database is busy.
async fn starts_and_ends_of_many_accounts(store: Store) {
    let mut owners = Vec::new();
    for _ in 0..5 {
        owners.push(account(&store, subscription(100 * HOUR, 0), 0).await.id);
    }
    let (shared, all) = (store.clone(), owners.clone());
    at_once(&store, move |number| {
        let (store, start) = (shared.clone(), start(all[number % all.len()]));
        async move {
            let (session, boot) = (start.spec.id, start.boot);
            store.session_start(start).await.unwrap().unwrap();
            store.sessions_heartbeat(boot, &[(session, 400)], later(1)).await.unwrap();
            store.session_extend(session, 1_000, now()).await.unwrap();
            store.session_end(end(session, 500)).await.unwrap().unwrap();
        }
    })
    .await;
    for owner in owners {
        assert_eq!(read(&store, owner).await.used_ms, 500 * 20);
        assert_meters(&store, owner).await;
    }
}

async fn a_caller_that_goes_away_leaves_nothing_half_done(store: Store) {
    let owner = account(&store, subscription(100 * HOUR, 0), 0).await.id;
    let shared = store.clone();
    at_once(&store, move |number| {
        let (store, start) = (shared.clone(), start(owner));
        async move {
            let patience = Duration::from_micros(37 * u64::try_from(number).unwrap());
            drop(tokio::time::timeout(patience, store.session_start(start)).await);
        }
    })
    .await;
    // What was being committed when its caller went away is there once another start has had the account's row.
    started(&store, start(owner)).await;
    assert_meters(&store, owner).await;
}

/// A second process on the same database: the command line beside the server, or another node.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_a_database() {
    let mut cases = vec![Case::sqlite().await];
    cases.extend(Case::postgres().await);
    for case in cases {
        let stores = [case.store.clone(), Store::connect(&case.url).await.unwrap()];
        let owner = account(&case.store, subscription(60_000, 0), 0).await.id;
        let answers = at_once(&case.store, move |number| {
            let store = stores[number % 2].clone();
            async move { store.session_start(start(owner)).await.unwrap() }
        });
        assert_eq!(answers.await.iter().filter(|answer| answer.is_ok()).count(), 1);
        assert_meters(&case.store, owner).await;
    }
}
