//! Objects: their rows, their names, their bytes, and finding them by words.

use hangar_domain::{AccountId, Plan, SessionId};
use hangar_store::{Blobs, ObjectKind, ObjectRow, Store};

use crate::{
    database::on_both,
    world::{account, id, now, start, started},
};

on_both!(a_name_is_one_object_and_the_last_one_counts, the_best_match_comes_first);

fn object(account: AccountId, session: SessionId, name: Option<&str>) -> ObjectRow {
    ObjectRow {
        id: id::<hangar_domain::id::ObjectKind>(),
        account,
        session,
        kind: if name.is_some() { ObjectKind::Named } else { ObjectKind::Screenshot },
        name: name.map(str::to_owned),
        content_type: "text/plain".to_owned(),
        bytes: 5,
        metadata: Some(serde_json::json!({ "a": [1, null] })),
        created_at: now(),
    }
}

fn terms(words: &[(&str, i64)]) -> Vec<(String, i64)> {
    words.iter().map(|(word, weight)| ((*word).to_owned(), *weight)).collect()
}

async fn a_name_is_one_object_and_the_last_one_counts(store: Store) {
    let owner = account(&store, Plan::Unlimited, 0).await.id;
    let session = started(&store, start(owner)).await;
    let (first, second) = (object(owner, session, Some("notes")), object(owner, session, Some("notes")));
    assert_eq!(store.object_put(&first, &terms(&[("old", 1)])).await.unwrap(), None);
    assert_eq!(store.object_put(&second, &terms(&[("new", 1)])).await.unwrap(), Some(first.clone()));
    let shots = [object(owner, session, None), object(owner, session, None)];
    for shot in &shots {
        assert_eq!(store.object_put(shot, &[]).await.unwrap(), None);
    }
    assert_eq!(store.object_named(session, "notes").await.unwrap(), Some(second.clone()));
    assert_eq!(store.object_find(first.id).await.unwrap(), None);
    assert_eq!(store.objects_of(session, &[ObjectKind::Screenshot], 10).await.unwrap(), shots);
    assert_eq!(store.objects_search(owner, &["old".to_owned()], 10).await.unwrap(), []);
    assert_eq!(store.object_take_named(session, "notes").await.unwrap(), Some(second));
    assert_eq!(store.object_take_named(session, "notes").await.unwrap(), None);
    assert_eq!(store.objects_search(owner, &["new".to_owned()], 10).await.unwrap(), []);
}

async fn the_best_match_comes_first(store: Store) {
    let (owner, other) = (account(&store, Plan::Unlimited, 0).await.id, account(&store, Plan::Unlimited, 0).await.id);
    let session = started(&store, start(owner)).await;
    let foreign = started(&store, start(other)).await;
    let put = async |account, session, name, words: &[(&str, i64)]| {
        store.object_put(&object(account, session, Some(name)), &terms(words)).await.unwrap();
    };
    put(owner, session, "weak", &[("price", 1)]).await;
    put(owner, session, "strong", &[("price", 2), ("shoes", 3)]).await;
    put(owner, session, "none", &[("weather", 9)]).await;
    put(other, foreign, "foreign", &[("price", 99)]).await;
    let words = ["price".to_owned(), "shoes".to_owned()];
    let found = store.objects_search(owner, &words, 10).await.unwrap();
    let names: Vec<_> = found.iter().map(|found| (found.name.as_str(), found.weight)).collect();
    assert_eq!(names, [("strong", 5), ("weak", 1)]);
    assert_eq!(store.objects_search(owner, &words, 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn bytes_are_kept_whole_and_gone_when_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::folder(&folder.path().join("new/objects")).unwrap();
    let bytes = bytes::Bytes::from(vec![7; 300_000]);
    blobs.put("obj_1", bytes.clone()).await.unwrap();
    assert_eq!(blobs.get("obj_1").await.unwrap(), Some(bytes));
    blobs.delete("obj_1").await.unwrap();
    blobs.delete("obj_1").await.unwrap();
    assert_eq!(blobs.get("obj_1").await.unwrap(), None);
}
