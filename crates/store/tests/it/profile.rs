//! Profiles: their limit, their owner, their lease.

use hangar_domain::{AccountId, Plan, ProfileId};
use hangar_store::{AtLimit, ProfileDeletion, StartRefusal, StartSession, Store};

use crate::{
    database::on_both,
    world::{account, end, id, later, now, profile_id, start, started},
};

on_both!(
    as_many_as_allowed,
    a_lease_comes_and_goes_with_its_session,
    an_abandoned_session_frees_its_profile,
    only_the_owner_deletes_it_and_only_unlocked
);

async fn profile(store: &Store, owner: AccountId) -> ProfileId {
    store.profile_create(owner, profile_id(), 50, now()).await.unwrap().unwrap().id
}

fn start_with(owner: AccountId, profile: &ProfileId) -> StartSession {
    let mut start = start(owner);
    start.spec.profile = Some(profile.clone());
    start
}

async fn as_many_as_allowed(store: Store) {
    let (owner, other) = (account(&store, Plan::Unlimited, 0).await.id, account(&store, Plan::Unlimited, 0).await.id);
    let made = store.profile_create(owner, profile_id(), 2, now()).await.unwrap().unwrap();
    assert_eq!((made.last_used_at, made.locked_by, made.epoch), (None, None, 0));
    let tries = (0..20).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.profile_create(owner, profile_id(), 2, later(1)).await.unwrap() })
    });
    let mut refused = 0;
    for made in tries.collect::<Vec<_>>() {
        refused += usize::from(made.await.unwrap() == Err(AtLimit { max: 2 }));
    }
    assert_eq!(refused, 19);
    let listed = store.profile_list(owner).await.unwrap();
    assert_eq!((listed.len(), &listed[0]), (2, &made));
    assert_eq!(store.profile_list(other).await.unwrap(), []);
}

async fn a_lease_comes_and_goes_with_its_session(store: Store) {
    let owner = account(&store, Plan::Unlimited, 0).await.id;
    let profile = profile(&store, owner).await;
    let first = start_with(owner, &profile);
    let session = first.spec.id;
    let lease = store.session_start(first).await.unwrap().unwrap();
    let locked = store.profile_find(&profile).await.unwrap().unwrap();
    assert_eq!(
        (locked.locked_by, locked.last_used_at, Some(locked.epoch)),
        (Some(session), Some(now()), lease.profile_epoch)
    );
    assert_eq!(store.session_start(start_with(owner, &profile)).await.unwrap(), Err(StartRefusal::ProfileLocked));
    store.session_end(end(session, 5)).await.unwrap().unwrap();
    assert_eq!(store.profile_find(&profile).await.unwrap().unwrap().locked_by, None);
    assert!(store.profile_epoch(&profile).await.unwrap() > lease.profile_epoch, "a late save is known as such");
    let next = store.session_start(start_with(owner, &profile)).await.unwrap().unwrap();
    assert!(next.profile_epoch > lease.profile_epoch);
    assert_eq!(store.session_end(end(session, 5)).await.unwrap(), None);
    assert!(
        store.profile_find(&profile).await.unwrap().unwrap().locked_by.is_some(),
        "an old session frees no new lease"
    );
    assert_eq!(store.profile_epoch(&profile_id()).await.unwrap(), None);
}

async fn an_abandoned_session_frees_its_profile(store: Store) {
    let owner = account(&store, Plan::Unlimited, 0).await.id;
    let profile = profile(&store, owner).await;
    let session = started(&store, start_with(owner, &profile)).await;
    assert!(store.session_abandon(session, owner).await.unwrap());
    assert_eq!(store.profile_find(&profile).await.unwrap().unwrap().locked_by, None);
}

async fn only_the_owner_deletes_it_and_only_unlocked(store: Store) {
    let (owner, other) = (account(&store, Plan::Unlimited, 0).await.id, account(&store, Plan::Unlimited, 0).await.id);
    let profile = profile(&store, owner).await;
    let refusal = |result: Result<_, _>| result.unwrap_err();
    assert_eq!(refusal(store.session_start(start_with(other, &profile)).await.unwrap()), StartRefusal::ProfileForeign);
    assert_eq!(
        refusal(store.session_start(start_with(owner, &profile_id())).await.unwrap()),
        StartRefusal::ProfileUnknown
    );
    let session = started(&store, start_with(owner, &profile)).await;
    assert_eq!(store.profile_delete(owner, &profile).await.unwrap(), ProfileDeletion::Locked);
    assert_eq!(store.profile_delete(other, &profile).await.unwrap(), ProfileDeletion::Foreign);
    store.session_end(end(session, 5)).await.unwrap().unwrap();
    assert_eq!(store.profile_delete(id(), &profile).await.unwrap(), ProfileDeletion::Foreign);
    assert_eq!(store.profile_delete(owner, &profile).await.unwrap(), ProfileDeletion::Deleted);
    assert_eq!(store.profile_delete(owner, &profile).await.unwrap(), ProfileDeletion::Unknown);
    assert_eq!(store.session_find(session).await.unwrap().unwrap().profile, Some(profile), "history keeps the name");
}
