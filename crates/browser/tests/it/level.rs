//! What each level gives, and what a browser at the highest one cannot reach.

use std::time::Instant;

use hangar_browser::{DetectOptions, EGRESS_PORT, Isolation, Launcher, LauncherConfig, Level, Request};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{
    client::{Client, within},
    world::{Traces, Urandom, World},
};

/// The text of a page once all of it is there.
const LOADED_TEXT: &str = "new Promise(done => {
    const text = () => done(document.documentElement.outerHTML);
    document.readyState === 'complete' ? text() : addEventListener('load', text);
})";

async fn launches_and_ends(level: Level) {
    let world = World::at(level).await;
    let launcher = world.launcher();
    let since = Instant::now();
    let browser = launcher.launch(crate::world::spec()).await.unwrap();
    println!("{level}: first reply {:?} after launch()", since.elapsed());
    assert!(browser.version().product.contains("HeadlessChrome"));
    let mut client = Client::new(browser.take_pipe().unwrap());
    assert!(browser.take_pipe().is_none());
    let version = client.call("Browser.getVersion", json!({})).await;
    assert_eq!(version["result"]["product"], browser.version().product);
    let traces = Traces::of(&browser);
    assert!(browser.disk_usage().await.unwrap() > 0);
    browser.finish().await.unwrap();
    traces.assert_gone();
    assert_eq!(world.sessions(), Vec::<std::path::PathBuf>::new());
    let own = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    let open = own.filter_map(|entry| std::fs::read_link(entry.path()).ok());
    let left: Vec<_> = open.filter(|path| path.starts_with(world.data.path())).collect();
    assert!(left.is_empty(), "descriptors are left: {left:?}");
}

#[tokio::test]
async fn l3_launches_and_leaves_nothing() {
    launches_and_ends(Level::L3).await;
}

#[tokio::test]
async fn l2_launches_and_leaves_nothing() {
    launches_and_ends(Level::L2).await;
}

#[tokio::test]
async fn l0_launches_and_leaves_nothing() {
    launches_and_ends(Level::L0).await;
}

#[tokio::test]
async fn detection_finds_the_highest_level_and_refuses_what_does_not_work() {
    let world = World::at(Level::L3).await;
    let detect = |request| DetectOptions {
        request,
        allow_l0: false,
        binaries: world.binaries.clone(),
        data_dir: world.data.path().to_path_buf(),
        random: std::sync::Arc::new(Urandom),
    };
    let found = Isolation::detect(&detect(Request::Auto)).await.unwrap();
    assert_eq!((found.level, found.why_not_higher.len()), (Level::L3, 0));
    println!("cgroups: {}", found.cgroups.support());
    // These tests run as root, where Chromium's sandbox alone does not start; and L0 was not allowed.
    for level in [Level::L1, Level::L0] {
        let error = Isolation::detect(&detect(Request::Level(level))).await.unwrap_err();
        assert_eq!(error.code(), "isolation_unavailable");
        assert!(error.to_string().contains(&level.to_string()), "{error}");
    }
    assert_eq!(world.sessions(), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn files_of_the_host_are_not_there_at_l3() {
    let world = World::at(Level::L3).await;
    let browser = world.launch().await;
    let mut client = Client::new(browser.take_pipe().unwrap());
    for path in ["/etc/passwd", "/etc/hostname", "/root", "/work", "/sys", "/mnt", "/home"] {
        let page = client.open("about:blank").await;
        let moved = client.call_in(Some(&page), "Page.navigate", json!({"url": format!("file://{path}")})).await;
        assert_eq!(moved["result"]["errorText"], "net::ERR_FILE_NOT_FOUND", "{path}: {moved}");
    }
    // A file that is let in can be read: the test above would see one that should not be there.
    let page = client.open("file:///etc/fonts/fonts.conf").await;
    let text = client.evaluate(&page, LOADED_TEXT).await;
    assert!(text.as_str().unwrap().contains("fontconfig"), "{text}");
    browser.finish().await.unwrap();
}

#[tokio::test]
async fn the_egress_listener_is_the_only_way_out_at_l3() {
    let world = World::at(Level::L3).await;
    let browser = world.launch().await;
    let mut client = Client::new(browser.take_pipe().unwrap());
    let listener = browser.network().listen(EGRESS_PORT).await.unwrap().0;
    let second = browser.network().listen(EGRESS_PORT + 1).await.unwrap().0;
    assert_eq!(second.local_addr().unwrap().port(), EGRESS_PORT + 1);
    let egress = tokio::net::TcpListener::from_std(listener).unwrap();
    let seen = tokio::spawn(async move {
        let (mut stream, _) = egress.accept().await.unwrap();
        let mut request = vec![0; 4096];
        let count = stream.read(&mut request).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\nconnection: close\r\n\r\narrived").await.unwrap();
        String::from_utf8_lossy(&request[..count]).into_owned()
    });
    let page = client.open("http://site.example/hello").await;
    let request = within("the request at the egress listener", seen).await.unwrap();
    assert!(request.starts_with("GET http://site.example/hello HTTP/1.1"), "{request}");
    // The request is seen before its answer is shown: until then the page still shows the empty document.
    let shown = async { while client.evaluate(&page, "document.body.innerText").await != "arrived" {} };
    within("the answer on the page", shown).await;

    // Past the proxy there is nothing: not even a listener on the host's own loopback.
    let host = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let context = client.call("Target.createBrowserContext", json!({"proxyServer": "direct://"})).await;
    let context = &context["result"]["browserContextId"];
    let params = json!({"url": "about:blank", "browserContextId": context});
    let target = client.call("Target.createTarget", params).await["result"]["targetId"].clone();
    let session = client.call("Target.attachToTarget", json!({"targetId": target, "flatten": true})).await;
    let session = session["result"]["sessionId"].as_str().unwrap().to_owned();
    for address in [host.local_addr().unwrap().to_string(), "192.0.2.1".to_owned()] {
        let params = json!({"url": format!("http://{address}/")});
        let moved = client.call_in(Some(&session), "Page.navigate", params).await;
        assert!(moved["result"]["errorText"].is_string(), "{address}: {moved}");
    }
    let none = tokio::time::timeout(std::time::Duration::ZERO, host.accept()).await;
    assert!(none.is_err(), "the browser reached the host");
    browser.finish().await.unwrap();
}

#[tokio::test]
async fn below_l3_the_listener_is_the_one_that_the_browser_was_told() {
    let world = World::at(Level::L0).await;
    let browser = world.launch().await;
    let mut client = Client::new(browser.take_pipe().unwrap());
    let egress = tokio::net::TcpListener::from_std(browser.network().listen(EGRESS_PORT).await.unwrap().0).unwrap();
    let second = browser.network().listen(EGRESS_PORT).await.unwrap().0;
    assert_ne!(second.local_addr().unwrap(), egress.local_addr().unwrap());
    let seen = tokio::spawn(async move { egress.accept().await.map(drop) });
    client.open("http://site.example/").await;
    within("the request", seen).await.unwrap().unwrap();
    browser.finish().await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_not_root_gets_l1() {
    let world = World::at(Level::L1).await;
    std::os::unix::fs::chown(world.data.path(), Some(USER), Some(USER)).unwrap();
    let server = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "level::the_server_that_is_not_root", "--ignored", "--nocapture"])
        .env("HANGAR_TEST_DATA", world.data.path())
        .uid(USER)
        .gid(USER)
        .output();
    let output = within("the other server", server).await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("L1 came and went"), "{text}");
}

/// Not of the pool, and nobody's on the machine.
const USER: u32 = 29_999;

/// Run by the test above in a process of its own, as another user.
#[tokio::test]
#[ignore = "not a test: the process that another test starts as a user"]
async fn the_server_that_is_not_root() {
    let data_dir = std::path::PathBuf::from(std::env::var_os("HANGAR_TEST_DATA").unwrap());
    let world = World::at(Level::L1).await;
    let detect = DetectOptions {
        request: Request::Auto,
        allow_l0: false,
        binaries: world.binaries.clone(),
        data_dir: data_dir.clone(),
        random: std::sync::Arc::new(Urandom),
    };
    let isolation = Isolation::detect(&detect).await.unwrap();
    assert_eq!(isolation.level, Level::L1);
    assert!(isolation.why_not_higher[0].1.contains("root"), "{:?}", isolation.why_not_higher);
    let config = LauncherConfig { isolation, data_dir: data_dir.clone(), ..world.config() };
    let browser = Launcher::new(config).unwrap().launch(crate::world::spec()).await.unwrap();
    let pids = browser.processes().unwrap();
    assert!(pids.len() > 2, "{pids:?}");
    browser.finish().await.unwrap();
    for pid in pids {
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists(), "process {pid} is left");
    }
    assert!(std::fs::read_dir(data_dir.join("sessions")).unwrap().flatten().all(|entry| entry.path().is_file()));
    println!("L1 came and went");
}
