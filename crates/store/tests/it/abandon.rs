//! Undoing an admission: of it all or nothing is seen, also while the admission is still being committed.

use std::time::Duration;

use hangar_domain::{
    Plan,
    timeline::{Entry, Event, Record, Title},
};
use hangar_store::{EntriesPage, StartSession, Store};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement, TransactionTrait};

use crate::{
    database::{Case, on_both},
    world::{HOUR, account, assert_meters, end, now, start, started, subscription},
};

on_both!(an_abandoned_session_leaves_nothing, an_undo_is_never_faster_than_its_admission);

async fn an_abandoned_session_leaves_nothing(store: Store) {
    let before = account(&store, subscription(HOUR, 0), 0).await;
    let owner = before.id;
    let recorded = StartSession { timeline: Some(Record::Full), ..start(owner) };
    let session = recorded.spec.id;
    let number = store.session_start(recorded).await.unwrap().unwrap().number;
    let title = Event::Title(Title { page: "P".to_owned(), title: "Title".to_owned() });
    store.timeline_append(number, &[Entry { at: now(), event: title }], 9).await.unwrap();
    assert!(store.session_abandon(session, owner).await.unwrap());
    assert!(!store.session_abandon(session, owner).await.unwrap());
    assert_eq!(store.account_find(owner).await.unwrap().unwrap(), before);
    assert_eq!(store.session_find(session).await.unwrap(), None);
    assert_eq!(store.ledger_rows(owner, 9).await.unwrap(), []);
    assert_eq!(store.session_end(end(session, 1)).await.unwrap(), None);
    assert!(store.outlines([number]).await.unwrap().is_empty());
    let all = EntriesPage { kind: None, after: 0, offset: 0, limit: 9, newest_first: false };
    assert!(store.timeline_page(number, all).await.unwrap().is_empty());
    let session = started(&store, start(owner)).await;
    store.session_end(end(session, 1)).await.unwrap().unwrap();
    assert!(!store.session_abandon(session, owner).await.unwrap(), "what has ended stays in the history");
}

/// Callers give up at any moment of their admission, and each is undone at once.
async fn an_undo_is_never_faster_than_its_admission(store: Store) {
    let owner = account(&store, Plan::Unlimited, 0).await.id;
    let undone = (0..200_u64).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            let start = start(owner);
            let session = start.spec.id;
            let patience = Duration::from_micros(53 * number);
            drop(tokio::time::timeout(patience, store.session_start(start)).await);
            store.session_abandon(session, owner).await.unwrap();
        })
    });
    for undone in undone.collect::<Vec<_>>() {
        undone.await.unwrap();
    }
    assert_eq!(store.sessions_live().await.unwrap(), []);
    assert_meters(&store, owner).await;
}

/// The same with the admission held in the middle of its commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undo_waits_for_an_admission_on_another_connection() {
    let Some(case) = Case::postgres().await else { return };
    let owner = account(&case.store, Plan::Unlimited, 0).await.id;
    let session = started(&case.store, start(owner)).await;
    case.store.session_end(end(session, 0)).await.unwrap().unwrap();

    let other = Database::connect(&case.url).await.unwrap();
    let admission = other.begin().await.unwrap();
    for step in [
        format!("UPDATE accounts SET active_sessions = active_sessions + 1 WHERE id = '{owner}'"),
        format!("UPDATE sessions SET ended_at = NULL WHERE id = '{session}'"),
    ] {
        assert_eq!(admission.execute_unprepared(&step).await.unwrap().rows_affected(), 1, "{step}");
    }
    let undo = tokio::spawn({
        let store = case.store.clone();
        async move { store.session_abandon(session, owner).await }
    });
    let watcher = Database::connect(&case.url).await.unwrap();
    while !undo.is_finished() && waiting_for_a_lock(&watcher).await == 0 {
        tokio::task::yield_now().await;
    }
    assert!(!undo.is_finished(), "it did not wait");
    admission.commit().await.unwrap();
    assert!(undo.await.unwrap().unwrap(), "it found what had been committed");
    assert_eq!(case.store.session_find(session).await.unwrap(), None);
}

async fn waiting_for_a_lock(db: &DatabaseConnection) -> i64 {
    let sql = "SELECT count(*) AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let statement = Statement::from_string(db.get_database_backend(), sql);
    db.query_one_raw(statement).await.unwrap().unwrap().try_get("", "waiting").unwrap()
}
