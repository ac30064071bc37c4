//! History: newest first, page by page, between bounds.

use hangar_domain::{AccountId, EndReason, Plan, SessionId};
use hangar_store::{Error, HistoryPage, HistoryQuery, Store};

use crate::{
    database::on_both,
    world::{account, end, id, later, start, started},
};

on_both!(
    only_ended_sessions_of_the_account,
    newest_first_page_by_page,
    bounds_are_inclusive,
    equal_times_are_told_apart
);

/// Ends one session for each of these starts, in seconds after noon.
async fn past(store: &Store, owner: AccountId, starts: &[i64]) -> Vec<SessionId> {
    let mut sessions = Vec::new();
    for at in starts {
        let mut start = start(owner);
        start.spec.started_at = later(*at);
        let session = started(store, start).await;
        store.session_end(end(session, 1_500)).await.unwrap().unwrap();
        sessions.push(session);
    }
    sessions
}

async fn page(store: &Store, owner: AccountId, query: HistoryQuery) -> (Vec<SessionId>, i64) {
    let HistoryPage { rows, total } = store.history_page(owner, query).await.unwrap();
    (rows.iter().map(|row| row.id).collect(), total)
}

const ALL: HistoryQuery = HistoryQuery { start: None, end: None, limit: 1_000, before: None };

async fn only_ended_sessions_of_the_account(store: Store) {
    let (owner, other) = (account(&store, Plan::Unlimited, 0).await.id, account(&store, Plan::Unlimited, 0).await.id);
    let sessions = past(&store, owner, &[7]).await;
    past(&store, other, &[8]).await;
    started(&store, start(owner)).await;
    let HistoryPage { rows, total } = store.history_page(owner, ALL).await.unwrap();
    assert_eq!((rows.len(), total), (1, 1));
    let (row, stored) = (&rows[0], store.session_find(sessions[0]).await.unwrap().unwrap());
    assert_eq!((row.number, row.id, row.started_at, row.ended_at), (stored.number, sessions[0], later(7), later(1)));
    assert_eq!((row.duration_ms, row.reason, row.detail), (1_500, EndReason::SocketClose, None));
    assert_eq!(
        (&row.warnings, row.device.as_str(), row.bytes_up, row.bytes_down),
        (&stored.warnings, "mac", 10, 2_000)
    );
    assert!(matches!(store.history_page(id(), ALL).await, Err(Error::UnknownAccount(_))));
}

async fn newest_first_page_by_page(store: Store) {
    let owner = account(&store, Plan::Unlimited, 0).await.id;
    // They do not end in the order in which they began.
    let sessions = past(&store, owner, &[50, 10, 40, 20, 30]).await;
    let newest_first = [0, 2, 4, 3, 1].map(|at| sessions[at]);
    assert_eq!(page(&store, owner, ALL).await, (newest_first.to_vec(), 5));
    let mut query = HistoryQuery { limit: 2, ..ALL };
    let mut seen = Vec::new();
    loop {
        let HistoryPage { rows, total } = store.history_page(owner, query).await.unwrap();
        assert_eq!(total, 5);
        let Some(last) = rows.last() else { break };
        query.before = Some(last.number);
        seen.extend(rows.iter().map(|row| row.id));
    }
    assert_eq!(seen, newest_first);
    assert_eq!(page(&store, owner, HistoryQuery { before: Some(987_654), ..ALL }).await, (Vec::new(), 5));
    assert_eq!(page(&store, owner, HistoryQuery { limit: 0, ..ALL }).await, (Vec::new(), 5));
}

async fn bounds_are_inclusive(store: Store) {
    let owner = account(&store, Plan::Unlimited, 0).await.id;
    let sessions = past(&store, owner, &[10, 20, 30, 40]).await;
    let bounds =
        |start: Option<i64>, end: Option<i64>| HistoryQuery { start: start.map(later), end: end.map(later), ..ALL };
    let expect =
        |at: &[usize]| (at.iter().map(|at| sessions[*at]).collect::<Vec<_>>(), i64::try_from(at.len()).unwrap());
    assert_eq!(page(&store, owner, bounds(Some(20), Some(30))).await, expect(&[2, 1]));
    assert_eq!(page(&store, owner, bounds(Some(31), None)).await, expect(&[3]));
    assert_eq!(page(&store, owner, bounds(None, Some(10))).await, expect(&[0]));
    assert_eq!(page(&store, owner, bounds(Some(41), None)).await, expect(&[]));
    let first = store.history_page(owner, HistoryQuery { limit: 1, ..bounds(Some(20), Some(40)) }).await.unwrap();
    assert_eq!((first.rows[0].id, first.total), (sessions[3], 3));
    let rest = HistoryQuery { before: Some(first.rows[0].number), ..bounds(Some(20), Some(40)) };
    assert_eq!(page(&store, owner, rest).await, (vec![sessions[2], sessions[1]], 3));
}

async fn equal_times_are_told_apart(store: Store) {
    let owner = account(&store, Plan::Unlimited, 0).await.id;
    let mut sessions = past(&store, owner, &[5; 6]).await;
    sessions.reverse();
    let mut query = HistoryQuery { limit: 1, ..ALL };
    for session in sessions {
        let HistoryPage { rows, .. } = store.history_page(owner, query).await.unwrap();
        assert_eq!(rows[0].id, session);
        query.before = Some(rows[0].number);
    }
}
