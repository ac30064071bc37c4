//! Opening: what is refused, what is kept, and that a damaged file is neither used nor replaced.

use std::{
    fs::OpenOptions,
    io::{Seek, SeekFrom, Write},
    path::Path,
};

use hangar_domain::{Plan, Retry};
use hangar_store::{Error, Kind, Store};

use crate::{
    database::{Case, on_both},
    world::{account, end, id, read, start, started},
};

on_both!(answers);

async fn answers(store: Store) {
    store.ping().await.unwrap();
    store.clone().close().await.unwrap();
    let gone = store.ping().await.unwrap_err();
    assert_eq!((gone.code(), matches!(gone.retry(), Retry::After(_))), ("store_unavailable", true));
}

#[tokio::test]
async fn knows_its_kind_and_keeps_its_rows() {
    let mut cases = vec![(Case::sqlite().await, Kind::Sqlite)];
    cases.extend(Case::postgres().await.map(|case| (case, Kind::Postgres)));
    for (case, kind) in cases {
        assert_eq!(case.store.kind(), kind);
        let made = account(&case.store, Plan::Unlimited, 7).await;
        let again = Store::connect(&case.url).await.unwrap();
        assert_eq!(read(&again, made.id).await, made);
    }
}

#[tokio::test]
async fn nodes_that_start_together_migrate_once() {
    if crate::postgres::is_waived() {
        return;
    }
    let url = crate::postgres::new_database().await;
    let connect = |url: String| async move { Store::connect(&url).await.map(drop) };
    let starts: Vec<_> = (0..4).map(|_| tokio::spawn(connect(url.clone()))).collect();
    for start in starts {
        start.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn other_urls_are_refused_without_repeating_them() {
    for url in ["", "mysql://root:secret@localhost/x", "postgres://a:secret@[/x", "hangar.db"] {
        let refused = Store::connect(url).await.unwrap_err();
        assert_eq!(refused.code(), "store_url", "{url}");
        assert!(!format!("{refused} {refused:?}").contains("secret"));
    }
}

#[tokio::test]
async fn a_password_is_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("postgres://hangar:secret@localhost/x?host={}", folder.path().display());
    let refused = Store::connect(&url).await.unwrap_err();
    assert_eq!(refused.code(), "store_unavailable");
    assert!(!format!("{refused} {refused:?}").contains("secret"));
    if let Some(case) = Case::postgres().await {
        let url = case.url.replace("hangar@", "hangar:secret@");
        let store = Store::connect(&url).await.unwrap();
        assert!(!format!("{store:?}").contains("secret"));
    }
}

#[tokio::test]
async fn a_file_that_is_missing_is_not_made_unless_asked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hangar.db");
    let refused = Store::connect(&format!("sqlite:{}", file.display())).await.unwrap_err();
    assert_eq!(refused.code(), "store_unavailable");
    assert!(!file.exists());
}

#[tokio::test]
async fn memory_is_one_database() {
    let store = Store::connect("sqlite::memory:").await.unwrap();
    let owner = account(&store, Plan::Unlimited, 7).await.id;
    let session = started(&store, start(owner)).await;
    store.session_end(end(session, 5)).await.unwrap().unwrap();
    assert_eq!(store.usage(owner).await.unwrap().total_ms, 5);
}

#[tokio::test]
async fn a_damaged_file_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hangar.db");
    let url = format!("sqlite:{}?mode=rwc", file.display());
    let store = Store::connect(&url).await.unwrap();
    for _ in 0..40 {
        store.node_setting_put_once(&id::<hangar_domain::id::NodeKind>().to_string(), &"x".repeat(400)).await.unwrap();
    }
    store.close().await.unwrap();
    let whole = std::fs::read(&file).unwrap();

    // The header, the schema's page, the middle; and a file that was cut off.
    for (at, what) in [(0, "header"), (100, "schema"), (whole.len() / 2, "middle")] {
        std::fs::write(&file, &whole).unwrap();
        overwrite(&file, at);
        refused(&url, &file, what).await;
    }
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    refused(&url, &file, "cut off").await;

    std::fs::write(&file, &whole).unwrap();
    Store::connect(&url).await.unwrap().ping().await.unwrap();
}

fn overwrite(file: &Path, at: usize) {
    let mut file = OpenOptions::new().write(true).open(file).unwrap();
    file.seek(SeekFrom::Start(u64::try_from(at).unwrap())).unwrap();
    file.write_all(&[0xa5; 4_096]).unwrap();
}

async fn refused(url: &str, file: &Path, what: &str) {
    let before = std::fs::read(file).unwrap();
    let error = Store::connect(url).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{what}: {error:?}");
    let text = error.to_string();
    assert!(text.contains(&file.display().to_string()) && text.contains("backup"), "{what}: {text}");
    assert_eq!(std::fs::read(file).unwrap(), before, "{what}: nothing was written");
}
