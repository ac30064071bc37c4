//! Every way in which a browser ends, and that nothing is left of it after any of them.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::process::ExitStatusExt as _,
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use hangar_browser::{BinaryKind, Browser, Level, Limits, sweep::sweep};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::{
    client::{Client, within},
    world::{Traces, World, spec},
};

/// The browser's own first process: the program itself, without a `--type`.
fn main_process(browser: &Browser) -> Pid {
    let is_main = |pid: &i32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        !line.contains("bwrap\0") && !line.contains("--type=") && line.contains("--remote-debugging-pipe")
    };
    Pid::from_raw(browser.processes().unwrap().into_iter().find(is_main).unwrap()).unwrap()
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let mut tick = tokio::time::interval(Duration::from_millis(5));
    within(what, async {
        while !is_so() {
            tick.tick().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_killed_browser_is_seen_by_everyone_who_waits() {
    for level in [Level::L3, Level::L0] {
        let world = World::at(level).await;
        let browser = world.launch().await;
        let (first, second) = (browser.exited(), browser.exited());
        let traces = Traces::of(&browser);
        kill_process(main_process(&browser), Signal::KILL).unwrap();
        let status = within("the exit", first).await;
        assert_eq!(within("the exit, for the second", second).await, status);
        // bubblewrap passes a signal on as 128 and its number.
        assert!(status.signal() == Some(9) || status.code() == Some(137), "{level}: {status}");
        assert_eq!(within("the exit, for one who comes late", browser.exited()).await, status);
        browser.finish().await.unwrap();
        traces.assert_gone();
    }
}

#[tokio::test]
async fn a_stopped_browser_can_be_finished() {
    for level in [Level::L3, Level::L2, Level::L0] {
        let world = World::at(level).await;
        let browser = world.launch().await;
        let traces = Traces::of(&browser);
        for pid in browser.processes().unwrap() {
            kill_process(Pid::from_raw(pid).unwrap(), Signal::STOP).unwrap();
        }
        within("the end of a stopped browser", browser.finish()).await.unwrap();
        traces.assert_gone();
    }
}

#[tokio::test]
async fn a_browser_whose_pipe_is_closed_ends_by_itself() {
    let world = World::at(Level::L3).await;
    let browser = world.launch().await;
    let traces = Traces::of(&browser);
    drop(browser.take_pipe());
    within("the exit", browser.exited()).await;
    until("the end of all its processes", || browser.processes().unwrap().is_empty()).await;
    browser.kill();
    browser.finish().await.unwrap();
    traces.assert_gone();
}

#[tokio::test]
async fn closing_over_cdp_closes_the_pipe() {
    let world = World::at(Level::L2).await;
    let browser = world.launch().await;
    let mut client = Client::new(browser.take_pipe().unwrap());
    client.call("Browser.close", json!({})).await;
    client.until_closed().await;
    assert!(within("the exit", browser.exited()).await.success());
    browser.finish().await.unwrap();
}

#[tokio::test]
async fn a_dropped_browser_is_killed_and_cleaned_up() {
    let world = World::at(Level::L3).await;
    let browser = world.launch().await;
    let (traces, exited) = (Traces::of(&browser), browser.exited());
    drop(browser);
    within("the exit", exited).await;
    until("the end of all that it had", || traces.left().is_none()).await;
}

#[tokio::test]
async fn a_launch_that_is_given_up_leaves_nothing() {
    let world = World::at(Level::L3).await;
    let launcher = world.launcher();
    let launch = tokio::spawn(async move { launcher.launch(spec()).await });
    until("the session's folder", || !world.sessions().is_empty()).await;
    launch.abort();
    until("the end of the folder", || world.sessions().is_empty()).await;
}

#[tokio::test]
async fn full_chromium_ends_with_all_its_helpers() {
    for level in [Level::L3, Level::L2] {
        let world = World::at(level).await;
        let chromium = hangar_browser::LaunchSpec { binary: BinaryKind::Chromium, ..spec() };
        let browser = world.launcher().launch(chromium).await.unwrap();
        let mut client = Client::new(browser.take_pipe().unwrap());
        client.open("about:blank").await;
        let traces = Traces::of(&browser);
        browser.finish().await.unwrap();
        traces.assert_gone();
    }
}

#[tokio::test]
async fn memory_beyond_the_limit_kills_the_page_and_is_told() {
    let world = World::at(Level::L3).await;
    let limits = Limits { memory_bytes: 300_000_000, ..Limits::default() };
    let browser = world.launcher().launch(hangar_browser::LaunchSpec { limits, ..spec() }).await.unwrap();
    let mut client = Client::new(browser.take_pipe().unwrap());
    assert!(!browser.oom_killed());
    assert!(browser.memory_bytes().unwrap() > 1_000_000);
    let page = client.open("data:text/html,hungry").await;
    let hungry = "globalThis.kept = []; setInterval(() => kept.push(new Uint8Array(20e6).fill(7)), 1); 0";
    client.call_in(Some(&page), "Runtime.evaluate", json!({"expression": hungry})).await;
    until("the kill for memory", || browser.oom_killed()).await;
    assert!(browser.memory_bytes().unwrap() <= 300_000_000);
    browser.stop().await.unwrap();
    assert!(browser.oom_killed(), "also known when the group is gone");
    browser.finish().await.unwrap();
}

#[tokio::test]
async fn what_a_killed_server_left_is_swept() {
    for level in [Level::L2, Level::L0] {
        let world = World::at(level).await;
        let mut server = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "end::the_server_that_is_killed", "--ignored", "--nocapture"])
            .env("HANGAR_TEST_DATA", world.data.path())
            .env("TMPDIR", world.data.path())
            .env("HANGAR_TEST_LEVEL", level.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        lines.find(|line| line.as_ref().unwrap().contains("ready to be killed")).unwrap().unwrap();
        assert_eq!(sweep(world.data.path()).await.unwrap(), 0, "the server lives, so its session is not touched");
        let cgroups = cgroups_of(&world.sessions()[0]);
        assert!(cgroups.iter().all(|folder| folder.is_dir()) && !cgroups.is_empty());
        server.kill().unwrap();
        server.wait().unwrap();
        assert_eq!(sweep(world.data.path()).await.unwrap(), 1);
        assert!(!cgroups.iter().any(|folder| folder.exists()), "{cgroups:?}");
        assert!(world.sessions().is_empty());
    }
}

fn cgroups_of(session: &std::path::Path) -> Vec<PathBuf> {
    let record: serde_json::Value = serde_json::from_slice(&fs::read(session.join("record")).unwrap()).unwrap();
    serde_json::from_value(record["cgroups"].clone()).unwrap()
}

/// Run by the test above in a process of its own: starts a browser, stops it so that it cannot end by itself, and waits.
#[tokio::test]
#[ignore = "not a test: the process that another test kills"]
async fn the_server_that_is_killed() {
    let data = PathBuf::from(std::env::var_os("HANGAR_TEST_DATA").unwrap());
    let level = if std::env::var("HANGAR_TEST_LEVEL").unwrap() == "L2" { Level::L2 } else { Level::L0 };
    let world = World::at(level).await;
    let browser = world.launcher_in(data).launch(spec()).await.unwrap();
    for pid in browser.processes().unwrap() {
        kill_process(Pid::from_raw(pid).unwrap(), Signal::STOP).unwrap();
    }
    println!("ready to be killed");
    std::future::pending::<()>().await;
}
