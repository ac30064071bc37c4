//! What a site stored survives from one browser to the next, and a save is whole or did not happen.

use std::{fs, path::Path};

use hangar_browser::{Browser, EGRESS_PORT, LaunchSpec, Level, Profiles};
use hangar_domain::ProfileId;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{
    client::{Client, within},
    world::{Urandom, World, spec},
};

const STORE: &str = r#"new Promise(done => {
    document.cookie = "taste=sweet; max-age=99999";
    localStorage.place = "here";
    const open = indexedDB.open("shop", 1);
    open.onupgradeneeded = () => open.result.createObjectStore("things");
    open.onsuccess = () => {
        const write = open.result.transaction("things", "readwrite");
        write.objectStore("things").put("a lamp", "first");
        write.oncomplete = () => done("stored");
    };
})"#;
const READ: &str = r#"new Promise(done => {
    const open = indexedDB.open("shop", 1);
    open.onupgradeneeded = () => done("no database");
    open.onsuccess = () => {
        const read = open.result.transaction("things").objectStore("things").get("first");
        read.onsuccess = () => done([document.cookie, localStorage.place, read.result].join(", "));
    };
})"#;

/// Answers every request of the browser with an empty page.
async fn serve(browser: &Browser) {
    let listener = browser.network().listen(EGRESS_PORT).await.unwrap().0;
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let page = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            let _ = stream.write_all(page).await;
        }
    });
}

async fn in_a_page(browser: &Browser, expression: &str) -> String {
    serve(browser).await;
    let mut client = Client::new(browser.take_pipe().unwrap());
    let page = client.open("http://shop.example/").await;
    let value = client.evaluate(&page, expression).await;
    client.call("Browser.close", json!({})).await;
    client.until_closed().await;
    within("the exit", browser.exited()).await;
    value.as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn cookies_local_storage_and_databases_survive() {
    for level in [Level::L3, Level::L0] {
        let world = World::at(level).await;
        let profiles = Profiles::open(world.data.path()).unwrap();
        let id = ProfileId::generate(&Urandom);
        assert_eq!(profiles.saved(&id), None);
        let lock = profiles.lock(&id).unwrap();

        let browser = world.launch().await;
        assert_eq!(in_a_page(&browser, STORE).await, "stored");
        browser.stop().await.unwrap();
        fs::write(browser.dirs().host.profile.join("Default/Preferences"), "{}").unwrap();
        let bytes = profiles.save(&id, &lock, &browser.dirs().host.profile).await.unwrap();
        assert!(bytes > 1000, "{bytes}");
        browser.finish().await.unwrap();
        let saved = profiles.saved(&id).unwrap();
        assert!(!saved.join("Default/Preferences").exists(), "settings are not kept");

        let restored = LaunchSpec { restore: Some(saved), ..spec() };
        let browser = world.launcher().launch(restored).await.unwrap();
        assert_eq!(in_a_page(&browser, READ).await, "taste=sweet, here, a lamp", "{level}");
        browser.finish().await.unwrap();

        let browser = world.launch().await;
        assert_eq!(in_a_page(&browser, READ).await, "no database", "a browser without the profile knows nothing");
        browser.finish().await.unwrap();
    }
}

fn user_data(root: &Path, cookies: &str) -> std::path::PathBuf {
    let folder = root.join("user-data");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("Default/Local Storage/leveldb")).unwrap();
    fs::write(folder.join("Default/Cookies"), cookies).unwrap();
    fs::write(folder.join("Default/Local Storage/leveldb/1.log"), "log").unwrap();
    fs::write(folder.join("SingletonLock"), "another-host-1").unwrap();
    folder
}

#[tokio::test]
async fn a_save_that_fails_leaves_the_old_copy() {
    let data = tempfile::tempdir().unwrap();
    let profiles = Profiles::with_limit(data.path(), 100).unwrap();
    let id = ProfileId::generate(&Urandom);
    let lock = profiles.lock(&id).unwrap();
    let cookies = || fs::read_to_string(profiles.saved(&id).unwrap().join("Default/Cookies")).unwrap();
    assert_eq!(profiles.save(&id, &lock, &user_data(data.path(), "one")).await.unwrap(), 6);
    assert_eq!(cookies(), "one");
    profiles.save(&id, &lock, &user_data(data.path(), "two")).await.unwrap();
    assert_eq!(cookies(), "two");
    let error = profiles.save(&id, &lock, &user_data(data.path(), &"x".repeat(200))).await.unwrap_err();
    assert_eq!(error.code(), "profile_too_large");
    assert_eq!(cookies(), "two");
    let names: Vec<_> =
        fs::read_dir(profiles.saved(&id).unwrap()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(names, ["Default"], "no lock of a browser is kept");
    profiles.remove(&id, &lock).await.unwrap();
    profiles.remove(&id, &lock).await.unwrap();
    assert_eq!(profiles.saved(&id), None);
}

#[tokio::test]
async fn one_writer_and_no_half_written_copy() {
    let data = tempfile::tempdir().unwrap();
    let profiles = Profiles::open(data.path()).unwrap();
    let (id, other) = (ProfileId::generate(&Urandom), ProfileId::generate(&Urandom));
    let lock = profiles.lock(&id).unwrap();
    assert_eq!(profiles.lock(&id).unwrap_err().code(), "profile_busy");
    let half = |id: &ProfileId| data.path().join("profiles").join(format!(".{id}.new"));
    fs::create_dir_all(half(&id)).unwrap();
    fs::create_dir_all(half(&other)).unwrap();
    assert_eq!(profiles.sweep().await.unwrap(), 1, "what a living writer is at work on stays");
    assert!(half(&id).exists() && !half(&other).exists());
    drop(lock);
    assert!(profiles.lock(&id).is_ok());
}
