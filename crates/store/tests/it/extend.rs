//! More time for a live session: as far as the money goes, and as the account then stands.

use hangar_domain::{Micros, Plan, account::Standing};
use hangar_store::{AccountPatch, Extension, Store};

use crate::{
    database::on_both,
    world::{HOUR, account, assert_meters, end, id, later, now, read, start, started, subscription, trial},
};

on_both!(
    an_unlimited_account_holds_nothing,
    an_extension_ends_with_the_money,
    an_extension_follows_the_account,
    a_plan_that_changes_under_a_session,
);

async fn an_unlimited_account_holds_nothing(store: Store) {
    let owner = account(&store, Plan::Unlimited, 0).await.id;
    let asked = start(owner);
    let session = asked.spec.id;
    assert_eq!(store.session_start(asked).await.unwrap().unwrap().hold_ms, None);
    assert_eq!(store.session_extend(session, 5, now()).await.unwrap(), Extension::Extended { hold_ms: None });
    assert_eq!(read(&store, owner).await.held_ms, 0);
}

async fn an_extension_ends_with_the_money(store: Store) {
    // Time for 150 s in all, 60 of them held by the start.
    let owner = account(&store, subscription(90_000, 60_000_000), 1_000_000).await.id;
    let session = started(&store, start(owner)).await;
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(store.session_extend(session, 60_000, now()).await.unwrap());
        assert_meters(&store, owner).await;
    }
    let extended = |hold_ms| Extension::Extended { hold_ms: Some(hold_ms) };
    assert_eq!(answers, [extended(120_000), extended(150_000), Extension::Refused(Standing::NoBalance)]);
    let charge = store.session_end(end(session, 150_000)).await.unwrap().unwrap();
    assert_eq!((charge.included_ms, charge.overage_ms, charge.amount), (90_000, 60_000, Micros(1_000_000)));
    assert_eq!(read(&store, owner).await.balance, Micros::ZERO, "spent to the last, and not beyond");
    assert_eq!(store.session_extend(session, 60_000, now()).await.unwrap(), Extension::Gone);
}

async fn an_extension_follows_the_account(store: Store) {
    let owner = account(&store, trial(60_000), 0).await.id;
    let session = started(&store, start(owner)).await;
    let over = Extension::Refused(Standing::TrialOver);
    assert_eq!(store.session_extend(session, 1, now()).await.unwrap(), over);

    let owner = account(&store, subscription(HOUR, 0), 0).await.id;
    let session = started(&store, start(owner)).await;
    assert_eq!(
        store.session_extend(session, 1, later(31 * 86_400)).await.unwrap(),
        Extension::Refused(Standing::Lapsed)
    );
    assert_eq!(read(&store, owner).await.held_ms, 60_000);
    assert_eq!(store.session_extend(id(), 1, now()).await.unwrap(), Extension::Gone);
}

async fn a_plan_that_changes_under_a_session(store: Store) {
    let owner = account(&store, Plan::Unlimited, 0).await.id;
    let asked = start(owner);
    let (session, boot) = (asked.spec.id, asked.boot);
    started(&store, asked).await;
    store.sessions_heartbeat(boot, &[(session, 50_000)], now()).await.unwrap();
    let plan = |plan| AccountPatch { plan: Some(plan), ..AccountPatch::default() };
    store.account_update(owner, plan(subscription(80_000, 0)), id(), now()).await.unwrap().unwrap();
    let extended = store.session_extend(session, 60_000, now()).await.unwrap();
    assert_eq!(extended, Extension::Extended { hold_ms: Some(80_000) }, "what it has used counts");
    assert_meters(&store, owner).await;
    store.account_update(owner, plan(Plan::Unlimited), id(), now()).await.unwrap().unwrap();
    let extended = store.session_extend(session, 60_000, now()).await.unwrap();
    assert_eq!(extended, Extension::Extended { hold_ms: None });
    assert_meters(&store, owner).await;
}
