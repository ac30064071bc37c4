//! Profiles: what a session leaves in them is there for the next, whole, and only when it was saved.

use std::time::Duration;

use hangar_testkit::{
    client::{Client, Page},
    server::KEY,
    site::Site,
    wait::eventually,
};
use serde_json::json;

use crate::rig::World;

/// Sets a cookie, an item of the local storage and a record of a database to `value`.
fn write(value: &str) -> String {
    format!(
        "(async () => {{
            document.cookie = 'kept={value}; max-age=100000';
            localStorage.setItem('kept', '{value}');
            const open = indexedDB.open('kept', 1);
            open.onupgradeneeded = () => open.result.createObjectStore('all');
            await new Promise((resolve, reject) => {{ open.onsuccess = resolve; open.onerror = reject; }});
            const change = open.result.transaction('all', 'readwrite');
            change.objectStore('all').put('{value}', 'kept');
            await new Promise((resolve, reject) => {{ change.oncomplete = resolve; change.onerror = reject; }});
            open.result.close();
            return true;
        }})()"
    )
}

/// Reads all three back.
const READ: &str = "(async () => {
    const cookie = document.cookie.split('; ').find((one) => one.startsWith('kept='))?.slice(5) ?? null;
    const open = indexedDB.open('kept', 1);
    open.onupgradeneeded = () => open.result.createObjectStore('all');
    await new Promise((resolve, reject) => { open.onsuccess = resolve; open.onerror = reject; });
    const read = open.result.transaction('all').objectStore('all').get('kept');
    await new Promise((resolve, reject) => { read.onsuccess = resolve; read.onerror = reject; });
    return [cookie, localStorage.getItem('kept'), read.result ?? null];
})()";

async fn make(world: &World) -> String {
    let made = world.server.api("POST", "/api/user-data", KEY, None).await;
    assert_eq!(made.head.status, 200, "{}", made.text);
    made.json()["id"].as_str().unwrap().to_owned()
}

async fn open(world: &World, profile: &str, site: &Site) -> (Client, Page) {
    let client = world.server.session(KEY, &[("user_data_id", profile)]).await;
    let page = client.page("about:blank").await.unwrap();
    client.goto(&page, &site.url("/")).await.unwrap();
    (client, page)
}

#[tokio::test]
async fn cookies_storage_and_databases_survive_their_session() {
    let (world, site) = (World::start(&[]).await, Site::start().await.unwrap());
    let profile = make(&world).await;
    for (before, after) in [(json!([null, null, null]), "one"), (json!(["one", "one", "one"]), "two")] {
        let (client, page) = open(&world, &profile, &site).await;
        assert_eq!(client.evaluate(&page, READ).await.unwrap(), before);
        client.evaluate(&page, &write(after)).await.unwrap();
        client.close().await.unwrap();
    }
    let (client, page) = open(&world, &profile, &site).await;
    assert_eq!(client.evaluate(&page, READ).await.unwrap(), json!(["two", "two", "two"]));
    client.reset();
    // Nothing of it is in a session without the profile.
    let other = world.session(&[]).await;
    let page = other.page().await;
    other.client.goto(&page, &site.url("/")).await.unwrap();
    assert_eq!(other.client.evaluate(&page, READ).await.unwrap(), json!([null, null, null]));
    other.client.close().await.unwrap();
    world.assert_clean().await;
}

/// The example in the documentation deletes milliseconds after it has closed (contracts/botcloud.md §1).
#[tokio::test]
async fn a_profile_can_be_deleted_right_after_its_socket_was_closed() {
    let (world, site) = (World::start(&[]).await, Site::start().await.unwrap());
    for leave in ["close", "fin", "reset"] {
        let profile = make(&world).await;
        let path = format!("/api/user-data/{profile}");
        let (client, page) = open(&world, &profile, &site).await;
        client.evaluate(&page, &write("one")).await.unwrap();
        assert_eq!(world.server.api("DELETE", &path, KEY, None).await.head.status, 409, "while it is in use");
        match leave {
            "close" => drop(client.close().await.unwrap()),
            "fin" => drop(client.hang_up().await.unwrap()),
            _ => client.reset(),
        }
        let deleted = world.server.api("DELETE", &path, KEY, None).await;
        assert_eq!(deleted.head.status, 200, "{leave}: {}", deleted.text);
        assert_eq!(world.server.api("DELETE", &path, KEY, None).await.head.status, 404);
    }
    world.assert_clean().await;
}

/// Case 39: a server that is killed while it saves leaves the old copy, whole.
#[tokio::test]
async fn a_server_that_dies_while_it_saves_keeps_a_whole_copy() {
    let (mut world, site) = (World::start(&[]).await, Site::start().await.unwrap());
    let profile = make(&world).await;
    let (client, page) = open(&world, &profile, &site).await;
    client.evaluate(&page, &write("0")).await.unwrap();
    client.close().await.unwrap();
    let mut saved = vec!["0".to_owned()];
    for round in 1_u64..=4 {
        let (client, page) = open(&world, &profile, &site).await;
        let kept = client.evaluate(&page, READ).await.unwrap();
        let kept: Vec<String> =
            kept.as_array().unwrap().iter().map(|one| one.as_str().unwrap_or("").to_owned()).collect();
        assert!(saved.contains(&kept[0]) && kept.iter().all(|one| *one == kept[0]), "{kept:?} of {saved:?}");
        client.evaluate(&page, &write(&round.to_string())).await.unwrap();
        let farewell = tokio::time::timeout(Duration::from_millis(round * 40), client.close()).await;
        // It may have been saved before the kill, or not.
        saved = vec![kept[0].clone(), round.to_string()];
        world = world.restart().await;
        let listed = world.server.get("/api/user-data", KEY).await;
        assert_eq!(listed["items"][0]["isLocked"], false, "{listed} {farewell:?}");
    }
    let (client, page) = open(&world, &profile, &site).await;
    let kept = client.evaluate(&page, READ).await.unwrap();
    assert!(saved.iter().any(|one| kept == json!([one, one, one])), "{kept} of {saved:?}");
    client.close().await.unwrap();
    eventually("one folder for one profile", async || {
        let folder = world.server.setup().data_dir.join("profiles");
        let names: Vec<_> = std::fs::read_dir(&folder).unwrap().flatten().map(|entry| entry.file_name()).collect();
        let halves = names.iter().filter(|name| name.to_string_lossy().contains("new")).count();
        if halves == 0 { Ok(()) } else { Err(format!("{names:?}")) }
    })
    .await;
    world.assert_clean().await;
}

/// A browser that crashed left its files as they were: the copy of the last good end stays.
#[tokio::test]
async fn a_crash_does_not_touch_the_saved_copy() {
    let (world, site) = (World::start(&[]).await, Site::start().await.unwrap());
    let profile = make(&world).await;
    let (client, page) = open(&world, &profile, &site).await;
    client.evaluate(&page, &write("good")).await.unwrap();
    client.close().await.unwrap();
    let before = world.server.census().present();
    let (client, page) = open(&world, &profile, &site).await;
    client.evaluate(&page, &write("lost")).await.unwrap();
    let fresh: Vec<String> = world.server.census().present().difference(&before).cloned().collect();
    assert_eq!(fresh.len(), 1, "its browser, started for it: {fresh:?}");
    let main = world.server.census().main(&fresh[0]).expect("it runs");
    main.signal(rustix::process::Signal::KILL);
    let id = client.session();
    client.ended().await.unwrap();
    world.assert_ended(&world.server.operator(), &id, "browser_crash", None).await;
    let (client, page) = open(&world, &profile, &site).await;
    assert_eq!(client.evaluate(&page, READ).await.unwrap(), json!(["good", "good", "good"]));
    client.close().await.unwrap();
    world.assert_clean().await;
}
