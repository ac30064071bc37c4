//! A tenant reaches for files of the host: reads what it should not, writes where it should not.

mod host;

use std::{
    fs,
    path::{Path, PathBuf},
};

use hangar_testkit::site::Site;
use serde_json::{Value, json};

use self::host::{Host, SECRET};
use crate::{
    client::{Client, Page, encode},
    processes,
    server::{KEY, Server},
    within,
};

const QUERY: &str = "--proxy-server=direct://";

async fn site() -> Site {
    let download = ("/save".to_owned(), "application/octet-stream".to_owned(), "downloaded".to_owned());
    Site::start_with("127.0.0.2".parse().unwrap(), vec![download]).await.unwrap()
}

async fn server() -> Server {
    Server::start(&["--egress-allow=127.0.0.2/32"]).await
}

/// Fails if any of the browser's pages shows the secret.
async fn assert_unseen(client: &Client, what: &str) {
    let targets = client.call("Target.getTargets", json!({})).await.unwrap();
    for target in targets["targetInfos"].as_array().unwrap() {
        let url = target["url"].as_str().unwrap();
        assert!(!url.starts_with("file:") && !url.starts_with("view-source:file"), "{what}: a page is at {url}");
        if target["type"] == "page" {
            let page = client.attach(target["targetId"].as_str().unwrap()).await;
            assert!(!page.text().await.contains(SECRET), "{what}: {url} shows it");
        }
    }
    let heard = client.since(0).iter().map(Value::to_string).find(|message| message.contains(SECRET));
    assert_eq!(heard, None, "{what}: it came over the wire");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_opens_a_file() {
    let (server, site, host) = (server().await, site().await, Host::new());
    let client = Client::connect(&server, KEY, QUERY).await;
    let page = client.page().await;
    page.goto(&site.url("/")).await.unwrap();
    let file = host.file().display().to_string();
    let frame = page.call("Page.getFrameTree", json!({})).await.unwrap()["frameTree"]["frame"]["id"].clone();
    for url in [
        format!("file://{file}"),
        format!("FILE:{file}"),
        format!(" \tfi\nle://{file}"),
        format!("file://localhost{file}"),
        format!("view-source:file://{file}"),
        format!("view-source:view-source:file://{file}"),
        format!("filesystem:file://{file}"),
        "filesystem:http://127.0.0.2/temporary/x".to_owned(),
        format!("chrome://view-source/file://{file}"),
        "file:///proc/self/environ".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        for (method, params) in [
            ("Page.navigate", json!({ "url": url })),
            ("Target.createTarget", json!({ "url": url })),
            (
                "Network.loadNetworkResource",
                json!({ "frameId": frame, "url": url, "options": { "disableCache": true, "includeCredentials": true } }),
            ),
        ] {
            let refused = match method.starts_with("Target") {
                true => client.call(method, params).await,
                false => page.call(method, params).await,
            };
            assert!(refused.is_err(), "{method} {url}: {refused:?}");
        }
        assert_unseen(&client, &url).await;
    }
    for method in ["Page.getResourceContent", "Page.searchInResource"] {
        let params = json!({ "frameId": frame, "url": format!("file://{file}"), "query": SECRET });
        assert!(page.call(method, params).await.is_err(), "{method}");
    }
    let read = page.call("IO.read", json!({ "handle": file })).await;
    assert!(read.is_err(), "{read:?}");
    assert_unseen(&client, "all of them").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_of_a_page_is_led_to_a_file() {
    let (server, site, host) = (server().await, site().await, Host::new());
    let client = Client::connect(&server, KEY, QUERY).await;
    let page = client.page().await;
    page.goto(&site.url("/")).await.unwrap();
    let url = format!("file://{}", host.file().display());
    let script = format!(
        "(async (url) => {{
           const seen = [];
           const forbidden = [];
           // What is refused may never say so: it is over when the same, asked for after it and allowed, has loaded.
           const add = (name, member, spell = (url) => url) => {{
             const element = (url) => Object.assign(document.createElement(name), {{ [member]: spell(url) }});
             const control = element('/');
             forbidden.push(element(url));
             return new Promise((done) => {{
               let loads = member === 'srcdoc' ? 2 : 1;
               control.onload = control.onerror = () => --loads || done();
               document.body.append(forbidden.at(-1), control);
             }});
           }};
           await Promise.all([
             add('iframe', 'src'), add('object', 'data'), add('embed', 'src'), add('script', 'src'), add('img', 'src'),
             add('iframe', 'srcdoc', (url) => `<meta http-equiv=refresh content='0;url=${{url}}'>`),
             add('iframe', 'src', (url) => '/redirect?to=' + url),
             fetch(url).then((answer) => answer.text()).then((text) => seen.push(text), () => 0),
             fetch('/redirect?to=' + url).then((answer) => answer.text()).then((text) => seen.push(text), () => 0),
           ]);
           for (const element of forbidden) {{
             try {{ seen.push(element.contentDocument?.body?.innerText ?? ''); }} catch {{}}
           }}
           const link = Object.assign(document.createElement('a'), {{ href: url, target: '_blank' }});
           document.body.append(link);
           link.click();
           const popup = window.open(url);
           try {{ seen.push(popup?.document.body.innerText ?? ''); }} catch {{}}
           try {{ location.href = url; }} catch {{}}
           return seen.join('|');
         }})({})",
        json!(url)
    );
    let seen = page.eval(&script).await.unwrap();
    assert!(!seen.as_str().unwrap().contains(SECRET), "{seen}");
    assert_unseen(&client, "from a page").await;
    // Requests that the tenant intercepts and leads away.
    page.call("Fetch.enable", json!({})).await.unwrap();
    for answer in ["continue", "fulfill"] {
        let mark = client.mark();
        let moving = page.call("Page.navigate", json!({ "url": site.url("/led") }));
        let paused = async {
            let paused = client.heard(mark, |event| event["method"] == "Fetch.requestPaused").await;
            let id = &paused["params"]["requestId"];
            match answer {
                "continue" => {
                    let led = page.call("Fetch.continueRequest", json!({ "requestId": id, "url": url })).await;
                    assert!(led.is_err(), "{led:?}");
                    page.call("Fetch.failRequest", json!({ "requestId": id, "errorReason": "Aborted" })).await
                }
                _ => {
                    let headers = json!([{ "name": "location", "value": url }]);
                    let params = json!({ "requestId": id, "responseCode": 302, "responseHeaders": headers });
                    page.call("Fetch.fulfillRequest", params).await
                }
            }
        };
        let (moved, _) = within(answer, async { tokio::join!(moving, paused) }).await;
        println!("{answer}: {moved:?}");
        assert_unseen(&client, answer).await;
    }
}

/// Gives a page's file input these files by a command, and reads them as the page would.
async fn give(page: &Page<'_>, method: &str, files: &[&str]) -> Result<String, String> {
    page.eval("document.body.innerHTML = '<input type=file id=f multiple>'").await.unwrap();
    let node = page.call("Runtime.evaluate", json!({ "expression": "document.getElementById('f')" })).await.unwrap();
    let mut params = json!({ "files": files, "objectId": node["result"]["objectId"] });
    match method {
        "Input.dispatchDragEvent" => {
            let data = json!({ "items": [], "files": files, "dragOperationsMask": 1 });
            params = json!({ "type": "drop", "x": 20, "y": 20, "data": data });
            for kind in ["dragEnter", "dragOver"] {
                params["type"] = kind.into();
                page.call(method, params.clone()).await?;
            }
            params["type"] = "drop".into();
        }
        "Page.handleFileChooser" => params = json!({ "action": "accept", "files": files }),
        _ => {}
    }
    page.call(method, params).await?;
    let read =
        "Promise.all([...document.getElementById('f').files].map((file) => file.text().catch(String))).then(String)";
    Ok(page.eval(read).await?.as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_file_input_takes_a_file_of_the_host() {
    let (server, host) = (server().await, Host::new());
    let client = Client::connect(&server, KEY, QUERY).await;
    let page = client.page().await;
    let upload = json!({ "name": "mine.txt", "data": "bWluZQ==" });
    let uploaded = client.call("Hangar.uploadFile", upload).await.unwrap()["path"].as_str().unwrap().to_owned();
    assert_eq!(give(&page, "DOM.setFileInputFiles", &["mine.txt"]).await.as_deref(), Ok("mine"), "the control");
    assert_eq!(give(&page, "DOM.setFileInputFiles", &[&uploaded]).await.as_deref(), Ok("mine"), "the control");
    let file = host.file().display().to_string();
    let climbing = format!("{}{file}", "../".repeat(16));
    let beside = format!("{uploaded}/../../../../../../../..{file}");
    let encoded = format!("{}{}", "%2e%2e/".repeat(16), &file[1..]);
    for path in
        [&*file, "/etc/passwd", &*climbing, &*beside, &*encoded, "../profile/Local State", "/proc/self/environ", "."]
    {
        for method in ["DOM.setFileInputFiles", "Page.handleFileChooser", "Input.dispatchDragEvent"] {
            for files in [vec![path], vec!["mine.txt", path]] {
                let text = give(&page, method, &files).await.unwrap_or_default();
                let mine = text.replace("mine", "").replace(',', "");
                assert!(mine.is_empty() || mine.contains("NotFoundError"), "{method} {files:?}: {text}");
            }
        }
    }
    let info = page.call("DOM.getFileInfo", json!({ "objectId": "1" })).await;
    assert!(info.unwrap_err().contains("not available"), "it would give the host's path");
    assert_unseen(&client, "file inputs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_download_lands_where_the_tenant_says() {
    let (server, site, host) = (server().await, site().await, Host::new());
    let client = Client::connect(&server, KEY, QUERY).await;
    let page = client.page().await;
    page.goto(&site.url("/")).await.unwrap();
    let open = host.open_folder().display().to_string();
    for method in ["Browser.setDownloadBehavior", "Page.setDownloadBehavior"] {
        for name in ["plain", "../../../../../../../../tmp/c4nary-climbed", "/tmp/c4nary-absolute"] {
            let mark = client.mark();
            let params = json!({ "behavior": "allow", "downloadPath": open, "eventsEnabled": true });
            // The browser's events are wanted in either case.
            client.call("Browser.setDownloadBehavior", params.clone()).await.unwrap();
            if method.starts_with("Page") {
                page.call(method, params).await.unwrap();
            }
            let click = format!(
                "document.body.append(Object.assign(document.createElement('a'), {{ id: 'd', href: '/save', download: {} }}));
                 document.getElementById('d').click(); document.getElementById('d').remove();",
                json!(name)
            );
            page.eval(&click).await.unwrap();
            let done = |event: &Value| {
                event["method"] == "Browser.downloadProgress" && event["params"]["state"] == "completed"
            };
            let done = within("the download", client.heard(mark, done)).await;
            println!("{method} {name}: {}", done["params"]["filePath"]);
            host.assert_untouched();
        }
    }
    for stray in ["/tmp/c4nary-climbed", "/tmp/c4nary-absolute"] {
        assert!(!PathBuf::from(stray).exists(), "{stray}");
    }
    let listed = client.call("Hangar.listDownloads", json!({})).await.unwrap();
    assert!(listed["downloads"].as_array().unwrap().iter().any(|download| download["size"] == 10), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_switch_writes_a_file() {
    let (server, host) = (server().await, Host::new());
    let out = host.open_folder().join("out").display().to_string();
    for name in [
        "log-net-log",
        "ssl-key-log-file",
        "trace-startup-file",
        "screenshot",
        "print-to-pdf",
        "user-data-dir",
        "log-file",
        "crash-dumps-dir",
        "disk-cache-dir",
        "enable-logging",
        "js-flags",
        "homedir",
        "webrtc-event-logging",
    ] {
        let value = if name == "js-flags" { format!("--logfile={out} --prof") } else { out.clone() };
        let query = format!("{QUERY}&--{name}={}&--trace-startup=1", encode(&value));
        let client = Client::connect(&server, KEY, &query).await;
        assert!(client.field("x-hangar-warnings").is_some_and(|ignored| ignored.contains(name)), "{}", client.head());
        let page = client.page().await;
        page.eval("1").await.unwrap();
        let flags = json!({ "botCloudFlags": [format!("--{name}={value}")] });
        client.call("Target.createBrowserContext", flags).await.unwrap();
        for browser in processes::browsers(server.pid()) {
            assert!(!browser.argv.iter().any(|arg| arg.contains(&out)), "{:?}", browser.argv);
        }
        client.close().await;
        host.assert_untouched();
    }
}

/// What would still hold if the filter let everything through: the browser's own view of the files. At L3 `file:` shows
/// /usr, /etc/fonts, /etc/ssl and the session's own folder; below L3 it shows what the session's user may read.
#[tokio::test(flavor = "multi_thread")]
async fn the_browser_itself_has_no_host_files_at_the_highest_level() {
    let (server, host) = (server().await, Host::new());
    if server.level().await != "L3" {
        println!("skipped: only L3 has a mount namespace of its own");
        return;
    }
    let client = Client::connect(&server, KEY, QUERY).await;
    client.page().await.eval("1").await.unwrap();
    // Of the browsers, one that starts or ends just now has no view to look at: warm ones come and go beside the session's.
    let settled = |browser: &processes::Process| Path::new(&format!("/proc/{}/root/etc/fonts", browser.pid)).exists();
    let browsers: Vec<_> = processes::browsers(server.pid()).into_iter().filter(settled).collect();
    assert!(!browsers.is_empty(), "the control: a view can be looked at");
    for browser in browsers {
        let root = PathBuf::from(format!("/proc/{}/root", browser.pid));
        let server_data = server.data();
        for path in ["/etc/shadow", "/etc/passwd", "/root", "/home", "/work", "/sys"].map(PathBuf::from) {
            assert!(!root.join(path.strip_prefix("/").unwrap()).exists(), "{path:?} is there");
        }
        for path in [host.file(), server_data.join("hangar.db"), server_data] {
            assert!(!root.join(path.strip_prefix("/").unwrap()).exists(), "{path:?} is there");
        }
        // Nor would writing help: what is shown of the system belongs to somebody else.
        let Ok(status) = fs::read_to_string(format!("/proc/{}/status", browser.pid)) else { continue };
        let uid: u32 =
            status.lines().find_map(|line| line.strip_prefix("Uid:\t")?.split('\t').next()?.parse().ok()).unwrap();
        assert_ne!(uid, 0, "the browser runs as root");
    }
}
