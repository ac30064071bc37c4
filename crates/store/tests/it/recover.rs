//! What is known of sessions whose server died: the last heartbeat, and that they are still to be ended.

use hangar_domain::{EndReason, Plan, session::End};
use hangar_store::{EndSession, StartSession, Store};

use crate::{
    database::on_both,
    world::{account, assert_meters, end, id, later, now, profile_id, start, started},
};

on_both!(
    a_heartbeat_writes_only_its_own,
    what_another_boot_left_open_is_found_and_billed_once,
    many_heartbeats_are_one_statement
);

async fn a_heartbeat_writes_only_its_own(store: Store) {
    let owner = account(&store, Plan::Unlimited, 0).await.id;
    let (mine, foreign, over) = (start(owner), start(owner), start(owner));
    let boot = mine.boot;
    let over = StartSession { boot, ..over };
    let ids = [mine.spec.id, foreign.spec.id, over.spec.id];
    for start in [mine, foreign, over] {
        started(&store, start).await;
    }
    store.session_end(end(ids[2], 77)).await.unwrap().unwrap();
    let written = store.sessions_heartbeat(boot, &ids.map(|id| (id, 3_000)), later(3)).await.unwrap();
    assert_eq!(written, 1);
    // A beat that comes late does not turn the clock back.
    assert_eq!(store.sessions_heartbeat(boot, &[(ids[0], 2_000)], later(4)).await.unwrap(), 0);
    let mut elapsed = Vec::new();
    for id in ids {
        elapsed.push(store.session_find(id).await.unwrap().unwrap().elapsed_ms);
    }
    assert_eq!(elapsed, [3_000, 0, 77]);
    assert_eq!(store.session_find(ids[0]).await.unwrap().unwrap().heartbeat_at, later(3));
    assert_eq!(store.sessions_heartbeat(boot, &[], later(5)).await.unwrap(), 0);
}

async fn what_another_boot_left_open_is_found_and_billed_once(store: Store) {
    let owner = account(&store, Plan::Unlimited, 0).await.id;
    let profile = store.profile_create(owner, profile_id(), 1, now()).await.unwrap().unwrap().id;
    let mut lost = start(owner);
    lost.spec.profile = Some(profile.clone());
    let (node, dead, alive) = (lost.node, lost.boot, id());
    let lost = started(&store, lost).await;
    started(&store, StartSession { node, boot: alive, ..start(owner) }).await;
    started(&store, start(owner)).await;
    store.sessions_heartbeat(dead, &[(lost, 4_000)], later(4)).await.unwrap();

    let open = store.sessions_open(node, alive).await.unwrap();
    assert_eq!(open.len(), 1, "neither this boot's nor another node's");
    assert_eq!((open[0].id, open[0].account, open[0].boot), (lost, owner, dead));
    assert_eq!((open[0].elapsed_ms, open[0].started_at, open[0].heartbeat_at), (4_000, now(), later(4)));
    assert_eq!(open[0].profile.as_ref(), Some(&profile));

    let crash =
        EndSession { end: End::plain(EndReason::GatewayCrash), ended_at: open[0].heartbeat_at, ..end(lost, 4_000) };
    let charge = store.session_end(crash).await.unwrap().unwrap();
    assert_eq!(charge.included_ms, 4_000);
    assert_eq!(store.profile_find(&profile).await.unwrap().unwrap().locked_by, None);
    assert_eq!(store.sessions_open(node, alive).await.unwrap(), []);
    assert_meters(&store, owner).await;
}

async fn many_heartbeats_are_one_statement(store: Store) {
    let owner = account(&store, Plan::Unlimited, 0).await.id;
    let first = start(owner);
    let boot = first.boot;
    let session = started(&store, first).await;
    // More than one statement may name: the rest are sessions that nobody knows.
    let mut beats: Vec<_> = (0..25_000).map(|_| (id(), 5)).collect();
    beats.push((session, 5));
    assert_eq!(store.sessions_heartbeat(boot, &beats, later(1)).await.unwrap(), 1);
}
