//! Keys and settings.

use hangar_domain::{Key, KeyLevel, Plan};
use hangar_store::{Error, Store};

use crate::{
    database::on_both,
    world::{account, id, later, now},
};

on_both!(is_found_by_the_start_of_its_hash, is_revoked_once, belongs_to_an_account, a_setting_is_written_once);

fn key(account: hangar_domain::AccountId, first: u8, last: u8) -> Key {
    let mut secret_sha256 = [first; 32];
    secret_sha256[31] = last;
    let (level, expires_at) = (KeyLevel::Operator, Some(later(60)));
    Key {
        id: id(),
        account,
        name: "ci".to_owned(),
        level,
        secret_sha256,
        created_at: now(),
        expires_at,
        revoked_at: None,
    }
}

async fn is_found_by_the_start_of_its_hash(store: Store) {
    let owner = account(&store, Plan::Unlimited, 0).await.id;
    // Two that share the first eight bytes, one of them with the highest bit set, and a stranger.
    let keys = [key(owner, 0xff, 1), key(owner, 0xff, 2), key(owner, 0x01, 3)];
    for key in &keys {
        store.key_create(key).await.unwrap();
    }
    let mut found = store.key_candidates([0xff; 8]).await.unwrap();
    found.sort_by_key(|key| key.id);
    assert_eq!(found, keys[..2]);
    assert_eq!(store.key_candidates([2; 8]).await.unwrap(), []);
    assert_eq!(store.key_list(owner).await.unwrap(), keys);
    assert_eq!(store.key_find(keys[2].id).await.unwrap().as_ref(), Some(&keys[2]));
    assert!(matches!(store.key_create(&keys[0]).await, Err(Error::Duplicate)));
}

async fn is_revoked_once(store: Store) {
    let owner = account(&store, Plan::Unlimited, 0).await.id;
    let key = key(owner, 1, 1);
    store.key_create(&key).await.unwrap();
    assert!(store.key_revoke(key.id, later(5)).await.unwrap());
    assert!(!store.key_revoke(key.id, later(9)).await.unwrap());
    assert!(!store.key_revoke(id(), later(5)).await.unwrap());
    let found = store.key_candidates([1; 8]).await.unwrap();
    assert_eq!(found[0].revoked_at, Some(later(5)));
}

async fn belongs_to_an_account(store: Store) {
    assert!(matches!(store.key_create(&key(id(), 1, 1)).await, Err(Error::Database(_))));
}

async fn a_setting_is_written_once(store: Store) {
    assert_eq!(store.node_setting("node").await.unwrap(), None);
    let writes = (0..20).map(|number| {
        let store = store.clone();
        tokio::spawn(async move { store.node_setting_put_once("node", &number.to_string()).await.unwrap() })
    });
    let mut answers = Vec::new();
    for write in writes.collect::<Vec<_>>() {
        answers.push(write.await.unwrap());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "all get the first one's");
    assert_eq!(store.node_setting("node").await.unwrap(), answers.pop());
    assert_eq!(store.node_setting("other").await.unwrap(), None);
}
