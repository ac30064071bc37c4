//! The end of a session: its bill, its row, and that neither happens twice.

use hangar_domain::{EndDetail, EndReason, Micros, Plan, bill::Charge, session::End};
use hangar_store::{EndSession, EntryKind, Store};

use crate::{
    database::on_both,
    world::{HOUR, account, assert_meters, end, later, read, start, started, subscription, trial},
};

on_both!(
    the_bill_is_in_the_ledger,
    everything_is_given_back,
    every_reason_is_kept,
    a_negative_time_costs_nothing,
    a_trial_never_owes,
    a_second_end_does_nothing
);

async fn the_bill_is_in_the_ledger(store: Store) {
    let owner = account(&store, subscription(20_000, 36_000_000), 5_000_000).await.id;
    let session = started(&store, start(owner)).await;
    let over = end(session, 30_000);
    let charge = store.session_end(over).await.unwrap().unwrap();
    assert_eq!(charge, Charge { included_ms: 20_000, overage_ms: 10_000, amount: Micros(100_000) });
    let rows = store.ledger_rows(owner, 9).await.unwrap();
    assert_eq!((rows[0].id, rows[0].kind, rows[0].session), (over.ledger_id, EntryKind::Usage, Some(session)));
    assert_eq!((rows[0].amount, rows[0].included_ms, rows[0].overage_ms), (Micros(-100_000), 20_000, 10_000));
    assert_eq!((rows[0].created_at, rows.len()), (over.ended_at, 2));
    assert_meters(&store, owner).await;
}

async fn everything_is_given_back(store: Store) {
    let owner = account(&store, subscription(HOUR, 0), 0).await.id;
    let session = started(&store, start(owner)).await;
    store.session_end(end(session, 45_000)).await.unwrap().unwrap();
    let account = read(&store, owner).await;
    assert_eq!((account.held_ms, account.active_sessions, account.used_ms), (0, 0, 45_000));
    let row = store.session_find(session).await.unwrap().unwrap();
    assert_eq!((row.elapsed_ms, row.hold_ms, row.bytes_up, row.bytes_down), (45_000, None, 10, 2_000));
    assert_eq!(row.ended.unwrap().at, later(45));
    assert_eq!(store.sessions_live().await.unwrap(), []);
}

async fn every_reason_is_kept(store: Store) {
    let owner = account(&store, Plan::Unlimited, 0).await.id;
    let plain = EndReason::ALL.map(End::plain);
    for how in plain.into_iter().chain([End::detailed(EndReason::BrowserCrash, EndDetail::OutOfMemory)]) {
        let session = started(&store, start(owner)).await;
        store.session_end(EndSession { end: how, ..end(session, 1) }).await.unwrap().unwrap();
        assert_eq!(store.session_find(session).await.unwrap().unwrap().ended.unwrap().end, how);
    }
}

async fn a_negative_time_costs_nothing(store: Store) {
    let owner = account(&store, subscription(0, 36_000_000), 5_000_000).await.id;
    let session = started(&store, start(owner)).await;
    assert_eq!(store.session_end(end(session, -5)).await.unwrap(), Some(Charge::default()));
    let account = read(&store, owner).await;
    assert_eq!((account.used_ms, account.balance), (0, Micros(5_000_000)));
}

async fn a_trial_never_owes(store: Store) {
    let owner = account(&store, trial(10_000), 0).await.id;
    let session = started(&store, start(owner)).await;
    let charge = store.session_end(end(session, 11_000)).await.unwrap().unwrap();
    assert_eq!(charge, Charge { included_ms: 10_000, overage_ms: 1_000, amount: Micros::ZERO });
    assert_eq!(read(&store, owner).await.balance, Micros::ZERO);
}

async fn a_second_end_does_nothing(store: Store) {
    let owner = account(&store, subscription(0, 36_000_000), 5_000_000).await.id;
    let session = started(&store, start(owner)).await;
    assert!(store.session_end(end(session, 1_000)).await.unwrap().is_some());
    let (account, row) = (read(&store, owner).await, store.session_find(session).await.unwrap());
    assert_eq!(store.session_end(end(session, 9_000)).await.unwrap(), None);
    assert_eq!((read(&store, owner).await, store.session_find(session).await.unwrap()), (account, row));
}
