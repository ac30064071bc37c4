//! Admission: each refusal by its cause, what is held, and how far it can be extended.

use hangar_domain::{AccountStatus, Micros, Plan, PlanLimits, account::Standing};
use hangar_store::{AccountPatch, Error, Extension, StartRefusal, Store};

use crate::{
    database::on_both,
    world::{
        HOUR, account, account_with, assert_meters, end, id, later, now, read, start, started,
        subscription, trial,
    },
};

on_both!(
    a_session_is_stored_as_it_was_asked_for,
    numbers_count_up,
    refusals_by_standing,
    refusals_by_number_of_sessions,
    what_is_held_cannot_be_held_again,
    an_unlimited_account_holds_nothing,
    an_extension_ends_with_the_money,
    an_extension_follows_the_account,
    a_plan_that_changes_under_a_session,
    an_abandoned_session_leaves_nothing,
    an_unknown_account_is_an_error,
);

async fn a_session_is_stored_as_it_was_asked_for(store: Store) {
    let owner = account(&store, subscription(HOUR, 0), 0).await.id;
    let asked = start(owner);
    let started = store.session_start(asked.clone()).await.unwrap().unwrap();
    assert_eq!(
        (started.hold_ms, started.profile_epoch),
        (Some(60_000), None)
    );
    let row = store.session_find(asked.spec.id).await.unwrap().unwrap();
    assert_eq!(
        (row.number, row.account, row.key),
        (started.number, owner, asked.spec.key)
    );
    assert_eq!(
        (row.node, row.boot, &row.device),
        (asked.node, asked.boot, &asked.device)
    );
    assert_eq!(
        (&row.warnings, row.keep_alive, row.started_at),
        (&asked.spec.warnings, asked.spec.keep_alive, now())
    );
    assert_eq!(
        (row.elapsed_ms, row.hold_ms, row.ended),
        (0, Some(60_000), None)
    );
    assert_eq!(store.sessions_live().await.unwrap(), [row]);
    assert!(matches!(
        store.session_start(asked).await,
        Err(Error::Duplicate)
    ));
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
        assert!(store.session_abandon(session).await.unwrap());
    }
    assert!(
        numbers[0] > 0 && numbers.is_sorted_by(|a, b| a < b),
        "never given again: {numbers:?}"
    );
}

async fn refusals_by_standing(store: Store) {
    let lapsed = Plan::Subscription {
        included_ms: HOUR,
        overage_rate_per_hour: Micros(9),
        period_end: now(),
    };
    let expired = Plan::Trial {
        budget_ms: HOUR,
        expires_at: Some(now()),
    };
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
        assert_eq!(
            read(&store, owner.id).await,
            owner,
            "a refusal leaves nothing"
        );
    }
    let owner = account(&store, Plan::Unlimited, 0).await.id;
    let suspended = AccountPatch {
        status: Some(AccountStatus::Suspended),
        ..AccountPatch::default()
    };
    store
        .account_update(owner, suspended, id(), now())
        .await
        .unwrap()
        .unwrap();
    let refused = store.session_start(start(owner)).await.unwrap();
    assert_eq!(refused, Err(StartRefusal::Standing(Standing::Lapsed)));
    assert_eq!(store.sessions_live().await.unwrap(), []);
}

async fn refusals_by_number_of_sessions(store: Store) {
    let limits = PlanLimits {
        max_sessions: 2,
        max_profiles: 0,
    };
    let owner = account_with(&store, Plan::Unlimited, 0, limits).await.id;
    let first = started(&store, start(owner)).await;
    started(&store, start(owner)).await;
    let refused = store.session_start(start(owner)).await.unwrap();
    assert_eq!(
        refused,
        Err(StartRefusal::SessionLimit {
            max: 2,
            is_trial: false
        })
    );
    store.session_end(end(first, 1)).await.unwrap().unwrap();
    started(&store, start(owner)).await;

    let owner = account_with(&store, trial(30_000), 0, limits).await.id;
    started(&store, start(owner)).await;
    let refused = store.session_start(start(owner)).await.unwrap();
    assert_eq!(
        refused,
        Err(StartRefusal::SessionLimit {
            max: 1,
            is_trial: true
        })
    );
    assert_meters(&store, owner).await;
}

async fn what_is_held_cannot_be_held_again(store: Store) {
    // Half a minute included, and money for one more minute.
    let owner = account(&store, subscription(30_000, 60_000_000), 1_000_000)
        .await
        .id;
    let mut holds = Vec::new();
    for _ in 0..2 {
        holds.push(
            store
                .session_start(start(owner))
                .await
                .unwrap()
                .unwrap()
                .hold_ms,
        );
    }
    assert_eq!(holds, [Some(60_000), Some(30_000)]);
    let refused = store.session_start(start(owner)).await.unwrap();
    assert_eq!(refused, Err(StartRefusal::Standing(Standing::NoBalance)));
    assert_meters(&store, owner).await;
}

async fn an_unlimited_account_holds_nothing(store: Store) {
    let owner = account(&store, Plan::Unlimited, 0).await.id;
    let asked = start(owner);
    let session = asked.spec.id;
    assert_eq!(
        store.session_start(asked).await.unwrap().unwrap().hold_ms,
        None
    );
    assert_eq!(
        store.session_extend(session, 5, now()).await.unwrap(),
        Extension::Extended { hold_ms: None }
    );
    assert_eq!(read(&store, owner).await.held_ms, 0);
}

async fn an_extension_ends_with_the_money(store: Store) {
    // Time for 150 s in all, 60 of them held by the start.
    let owner = account(&store, subscription(90_000, 60_000_000), 1_000_000)
        .await
        .id;
    let session = started(&store, start(owner)).await;
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(store.session_extend(session, 60_000, now()).await.unwrap());
        assert_meters(&store, owner).await;
    }
    let extended = |hold_ms| Extension::Extended {
        hold_ms: Some(hold_ms),
    };
    assert_eq!(
        answers,
        [
            extended(120_000),
            extended(150_000),
            Extension::Refused(Standing::NoBalance)
        ]
    );
    let charge = store
        .session_end(end(session, 150_000))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (charge.included_ms, charge.overage_ms, charge.amount),
        (90_000, 60_000, Micros(1_000_000))
    );
    assert_eq!(
        read(&store, owner).await.balance,
        Micros::ZERO,
        "spent to the last, and not beyond"
    );
    assert_eq!(
        store.session_extend(session, 60_000, now()).await.unwrap(),
        Extension::Gone
    );
}

async fn an_extension_follows_the_account(store: Store) {
    let owner = account(&store, trial(60_000), 0).await.id;
    let session = started(&store, start(owner)).await;
    let over = Extension::Refused(Standing::TrialOver);
    assert_eq!(store.session_extend(session, 1, now()).await.unwrap(), over);

    let owner = account(&store, subscription(HOUR, 0), 0).await.id;
    let session = started(&store, start(owner)).await;
    assert_eq!(
        store
            .session_extend(session, 1, later(31 * 86_400))
            .await
            .unwrap(),
        Extension::Refused(Standing::Lapsed)
    );
    assert_eq!(
        store.session_extend(session, 0, now()).await.unwrap(),
        Extension::Refused(Standing::NoBalance)
    );
    assert_eq!(read(&store, owner).await.held_ms, 60_000);
    assert_eq!(
        store.session_extend(id(), 1, now()).await.unwrap(),
        Extension::Gone
    );
}

async fn a_plan_that_changes_under_a_session(store: Store) {
    let owner = account(&store, Plan::Unlimited, 0).await.id;
    let asked = start(owner);
    let (session, boot) = (asked.spec.id, asked.boot);
    started(&store, asked).await;
    store
        .sessions_heartbeat(boot, &[(session, 50_000)], now())
        .await
        .unwrap();
    let plan = |plan| AccountPatch {
        plan: Some(plan),
        ..AccountPatch::default()
    };
    store
        .account_update(owner, plan(subscription(80_000, 0)), id(), now())
        .await
        .unwrap()
        .unwrap();
    let extended = store.session_extend(session, 60_000, now()).await.unwrap();
    assert_eq!(
        extended,
        Extension::Extended {
            hold_ms: Some(80_000)
        },
        "what it has used counts"
    );
    assert_meters(&store, owner).await;
    store
        .account_update(owner, plan(Plan::Unlimited), id(), now())
        .await
        .unwrap()
        .unwrap();
    let extended = store.session_extend(session, 60_000, now()).await.unwrap();
    assert_eq!(extended, Extension::Extended { hold_ms: None });
    assert_meters(&store, owner).await;
}

async fn an_abandoned_session_leaves_nothing(store: Store) {
    let before = account(&store, subscription(HOUR, 0), 0).await;
    let session = started(&store, start(before.id)).await;
    assert!(store.session_abandon(session).await.unwrap());
    assert!(!store.session_abandon(session).await.unwrap());
    assert_eq!(read(&store, before.id).await, before);
    assert_eq!(store.session_find(session).await.unwrap(), None);
    assert_eq!(store.ledger_rows(before.id, 9).await.unwrap(), []);
    assert_eq!(store.session_end(end(session, 1)).await.unwrap(), None);
    let session = started(&store, start(before.id)).await;
    store.session_end(end(session, 1)).await.unwrap().unwrap();
    assert!(
        !store.session_abandon(session).await.unwrap(),
        "what has ended stays in the history"
    );
}

async fn an_unknown_account_is_an_error(store: Store) {
    let nobody = id();
    assert!(
        matches!(store.session_start(start(nobody)).await, Err(Error::UnknownAccount(id)) if id == nobody)
    );
}
