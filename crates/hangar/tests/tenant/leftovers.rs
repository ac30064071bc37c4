//! A tenant looks for what the one before it left in the browser: cookies, storage, caches, workers, the clipboard.

use hangar_testkit::site::Site;
use serde_json::json;

use crate::{
    client::{Client, Page},
    processes,
    server::{KEY, Server},
};

const QUERY: &str = "--proxy-server=direct://";
const MARK: &str = "leftover-c4nary";

const WORKER: &str = "addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));";

/// Leaves the mark everywhere where a page can.
const LEAVE: &str = "(async (mark) => {
  document.cookie = `mark=${mark}; max-age=86400`;
  localStorage.mark = mark;
  sessionStorage.mark = mark;
  await new Promise((done, fail) => {
    const open = indexedDB.open('mark', 1);
    open.onupgradeneeded = () => open.result.createObjectStore('s').put(mark, 'k');
    open.onsuccess = done;
    open.onerror = fail;
  });
  await (await caches.open('mark')).put('/mark', new Response(mark));
  const root = await navigator.storage.getDirectory();
  const writer = await (await root.getFileHandle('mark', { create: true })).createWritable();
  await writer.write(mark);
  await writer.close();
  await navigator.serviceWorker.register('/worker.js');
  await navigator.serviceWorker.ready;
  await fetch('/cached', { cache: 'force-cache' });
  const copied = await navigator.clipboard.writeText(mark).then(() => true, (error) => error.message);
  window.name = mark;
  history.pushState(mark, '', '/' + mark);
  return copied;
})";

/// What can be found.
const FIND: &str = "(async () => ({
  cookie: document.cookie,
  local: localStorage.length,
  session: sessionStorage.length,
  databases: (await indexedDB.databases()).length,
  caches: (await caches.keys()).length,
  files: await (async () => { let count = 0; for await (const _ of (await navigator.storage.getDirectory()).keys()) count++; return count; })(),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
  cached: await fetch('/cached', { cache: 'only-if-cached', mode: 'same-origin' }).then((answer) => answer.status === 200, () => false),
  clipboard: await navigator.clipboard.readText().catch((error) => error.name),
  name: window.name,
  history: history.length,
}))()";

async fn site() -> Site {
    let pages = [("/worker.js", "text/javascript", WORKER), ("/cached", "text/css", "cached")];
    let pages = pages.map(|(path, kind, body)| (path.to_owned(), kind.to_owned(), body.to_owned())).to_vec();
    Site::start_with("127.0.0.2".parse().unwrap(), pages).await.unwrap()
}

async fn visit<'c>(client: &'c Client, site: &Site) -> Page<'c> {
    let permissions = json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
    client.call("Browser.grantPermissions", permissions).await.unwrap();
    let page = client.page().await;
    page.goto(&site.url("/")).await.unwrap();
    page.call("Page.bringToFront", json!({})).await.unwrap();
    page.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true })).await.unwrap();
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_session_finds_nothing() {
    let server = Server::start(&["--egress-allow=127.0.0.2/32"]).await;
    let site = site().await;
    let mut browsers = std::collections::BTreeSet::new();
    for round in 0..3 {
        let client = Client::connect(&server, KEY, QUERY).await;
        let page = visit(&client, &site).await;
        let found = page.eval(FIND).await.unwrap();
        println!("session {round} finds {found}");
        let clipboard = found["clipboard"].as_str().unwrap();
        assert!(!clipboard.contains(MARK), "{found}");
        let expected = json!({
            "cookie": "", "local": 0, "session": 0, "databases": 0, "caches": 0, "files": 0, "workers": 0, "cached": false,
            "clipboard": clipboard, "name": "", "history": found["history"],
        });
        assert_eq!(found, expected, "session {round}");
        let cookies = client.call("Storage.getCookies", json!({})).await.unwrap();
        assert_eq!(cookies["cookies"], json!([]), "session {round}");
        assert_eq!(client.call("Hangar.listDownloads", json!({})).await.unwrap()["downloads"], json!([]));

        let copied = page.eval(&format!("{LEAVE}('{MARK}')")).await.unwrap();
        println!("clipboard written: {copied}");
        page.goto(&site.url("/")).await.unwrap();
        let found = page.eval(FIND).await.unwrap();
        assert!(found["cookie"].as_str().unwrap().contains(MARK), "the control: {found}");
        assert_eq!((&found["local"], &found["databases"]), (&json!(1), &json!(1)), "the control");
        assert_eq!((&found["caches"], &found["files"], &found["workers"]), (&json!(1), &json!(1), &json!(1)));
        let upload = json!({ "name": MARK, "data": "eA==" });
        client.call("Hangar.uploadFile", upload).await.unwrap();
        browsers.extend(processes::browsers(server.pid()).iter().map(|browser| browser.pid));
        client.close().await;
    }
    assert!(browsers.len() >= 3, "a browser served two sessions: {browsers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn contexts_of_one_session_are_apart() {
    let server = Server::start(&["--egress-allow=127.0.0.2/32"]).await;
    let site = site().await;
    let client = Client::connect(&server, KEY, QUERY).await;
    let page = visit(&client, &site).await;
    page.eval(&format!("{LEAVE}('{MARK}')")).await.unwrap();
    let context = client.call("Target.createBrowserContext", json!({})).await.unwrap();
    let place = json!({ "url": "about:blank", "browserContextId": context["browserContextId"] });
    let other = client.page_in(place).await;
    other.goto(&site.url("/")).await.unwrap();
    let found = other.eval("[document.cookie, localStorage.length, window.name].join()").await.unwrap();
    assert_eq!(found, ",0,");
}
