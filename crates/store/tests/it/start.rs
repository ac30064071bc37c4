//! Admission: each refusal by its cause, and what is held.

use hangar_domain::{AccountStatus, Micros, Plan, PlanLimits, account::Standing};
use hangar_store::{AccountPatch, Error, StartRefusal, Store};

use crate::{
    database::on_both,
    world::{HOUR, account, account_with, assert_meters, end, id, now, read, start, started, subscription, trial},
};

on_both!(
    a_session_is_stored_as_it_was_asked_for,
    numbers_count_up,
    refusals_by_standing,
    refusals_by_number_of_sessions,
    what_is_held_cannot_be_held_again,
    an_unknown_account_is_an_error,
);

async fn a_session_is_stored_as_it_was_asked_for(store: Store) {
    let owner = account(&store, subscription(HOUR, 0), 0).await.id;
    let asked = start(owner);
    let started = store.session_start(asked.clone()).await.unwrap().unwrap();
    assert_eq!((started.hold_ms, started.profile_epoch), (Some(60_000), None));
    let row = store.session_find(asked.spec.id).await.unwrap().unwrap();
    assert_eq!((row.number, row.account, row.key), (started.number, owner, asked.spec.key));
    assert_eq!((row.node, row.boot, &row.device), (asked.node, asked.boot, &asked.device));
    assert_eq!((&row.warnings, row.keep_alive, row.started_at), (&asked.spec.warnings, asked.spec.keep_alive, now()));
    assert_eq!((row.elapsed_ms, row.hold_ms, row.ended), (0, Some(60_000), None));
    assert_eq!(store.sessions_live().await.unwrap(), [row]);
    assert!(matches!(store.session_start(asked).await, Err(Error::Duplicate)));
    assert_meters(&store, owner).await;
    assert_eq!(store.session_find(id()).await.unwrap(), None);
}

async fn numbers_count_up(store: Store) {
    let owner = account(&store, Plan::Unlimited, 0).await.id;
    let mut numbers = Vec::new();
    for _ in 0..3 {
        let next = start(owner);
        let session = next.spec.id;
        numbers.push(store.session_start(next).await.unwrap().unwrap().number);
        assert!(store.session_abandon(session, owner).await.unwrap());
    }
    assert!(numbers[0] > 0 && numbers.is_sorted_by(|a, b| a < b), "never given again: {numbers:?}");
}

async fn refusals_by_standing(store: Store) {
    let lapsed = Plan::Subscription { included_ms: HOUR, overage_rate_per_hour: Micros(9), period_end: now() };
    let expired = Plan::Trial { budget_ms: HOUR, expires_at: Some(now()) };
    let cases = [
        (lapsed, 100, Standing::Lapsed),
        (expired, 100, Standing::TrialOver),
        (trial(0), 100, Standing::TrialOver),
        (subscription(0, 9), 0, Standing::NoBalance),
        (subscription(0, 9), -5, Standing::NoBalance),
        (subscription(0, 0), 100, Standing::NoBalance),
    ];
    for (plan, balance, standing) in cases {
        let owner = account(&store, plan.clone(), balance).await;
        let refused = store.session_start(start(owner.id)).await.unwrap();
        assert_eq!(refused, Err(StartRefusal::Standing(standing)), "{plan:?}");
        assert_eq!(read(&store, owner.id).await, owner, "a refusal leaves nothing");
    }
    let owner = account(&store, Plan::Unlimited, 0).await.id;
    let suspended = AccountPatch { status: Some(AccountStatus::Suspended), ..AccountPatch::default() };
    store.account_update(owner, suspended, id(), now()).await.unwrap().unwrap();
    let refused = store.session_start(start(owner)).await.unwrap();
    assert_eq!(refused, Err(StartRefusal::Standing(Standing::Lapsed)));
    assert_eq!(store.sessions_live().await.unwrap(), []);
}

async fn refusals_by_number_of_sessions(store: Store) {
    let limits = PlanLimits { max_sessions: 2, max_profiles: 0 };
    let owner = account_with(&store, Plan::Unlimited, 0, limits).await.id;
    let first = started(&store, start(owner)).await;
    started(&store, start(owner)).await;
    let refused = store.session_start(start(owner)).await.unwrap();
    assert_eq!(refused, Err(StartRefusal::SessionLimit { max: 2, is_trial: false }));
    store.session_end(end(first, 1)).await.unwrap().unwrap();
    started(&store, start(owner)).await;

    let owner = account_with(&store, trial(30_000), 0, limits).await.id;
    started(&store, start(owner)).await;
    let refused = store.session_start(start(owner)).await.unwrap();
    assert_eq!(refused, Err(StartRefusal::SessionLimit { max: 1, is_trial: true }));
    assert_meters(&store, owner).await;
}

async fn what_is_held_cannot_be_held_again(store: Store) {
    // Half a minute included, and money for one more minute.
    let owner = account(&store, subscription(30_000, 60_000_000), 1_000_000).await.id;
    let mut holds = Vec::new();
    for _ in 0..2 {
        holds.push(store.session_start(start(owner)).await.unwrap().unwrap().hold_ms);
    }
    assert_eq!(holds, [Some(60_000), Some(30_000)]);
    let refused = store.session_start(start(owner)).await.unwrap();
    assert_eq!(refused, Err(StartRefusal::Standing(Standing::NoBalance)));
    assert_meters(&store, owner).await;
}

async fn an_unknown_account_is_an_error(store: Store) {
    let nobody = id();
    assert!(matches!(store.session_start(start(nobody)).await, Err(Error::UnknownAccount(id)) if id == nobody));
}
