//! After whatever happened: nothing is left, everything is free, every session has one end and one bill.
//!
//! The oracle of every failure case (reference/security.md §8). It must never be weaker because of how a session ended.

use std::{
    fs,
    sync::PoisonError,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    server::{KEY, Opened, Server},
    wait::eventually,
};

/// How far descriptors and threads may be from what they were.
const SLACK: usize = 2;

/// A bill and the wall may differ by this much.
const ONE_SECOND: Duration = Duration::from_secs(1);

/// A server's own use when nothing goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Baseline {
    descriptors: usize,
    threads: usize,
}

/// What is still allowed to be there.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// Sessions that go on, such as the canary's.
    pub live: usize,
    /// Places of the server.
    pub places: usize,
    /// Its use at rest with as many sessions; not looked at without.
    pub baseline: Option<Baseline>,
}

/// The use of a server that is at rest.
pub async fn baseline(server: &Server, live: usize, places: usize) -> Baseline {
    assert_clean(server, Expected { live, places, baseline: None }).await;
    use_of(server.pid())
}

/// Waits until nothing is left but what is expected, then holds every bill against the wall.
pub async fn assert_clean(server: &Server, expected: Expected) {
    eventually("nothing left behind", async || look(server, expected).await.map_err(|what| what + &log(server))).await;
    for opened in server.opened() {
        check_bill(server, &opened).await;
    }
}

fn log(server: &Server) -> String {
    format!("\n{}", server.tail())
}

async fn look(server: &Server, expected: Expected) -> Result<(), String> {
    let health = server.get("/healthz", KEY).await;
    let (size, warm) = (number(&health["pool"]["size"]), number(&health["pool"]["warm"]));
    same("warm browsers", warm, size)?;
    let live = server.get("/operator/v1/sessions", KEY).await;
    same("live sessions", live["items"].as_array().map_or(0, Vec::len), expected.live)?;
    let metrics = [
        ("hangar_slots_free", expected.places - expected.live),
        ("hangar_sessions_live", expected.live),
        ("hangar_queue_waiting", 0),
        ("hangar_sessions_unsettled", 0),
    ];
    for (name, value) in metrics {
        same(name, server.metric(name).await as usize, value)?;
    }
    let left = server.census().leftovers();
    if !left.is_empty() {
        return Err(format!("left behind: {}", left.join(", ")));
    }
    same("session folders", server.census().present().len(), warm + expected.live)?;
    check_process(server.pid(), warm + expected.live, expected.baseline)
}

fn check_process(pid: i32, browsers: usize, baseline: Option<Baseline>) -> Result<(), String> {
    let links = links(pid);
    let locked = links.iter().filter(|link| link.contains("/hangar-uids/")).count();
    // Below L3 and L2 no user ids are taken at all.
    if locked != 0 {
        same("locked user ids", locked, browsers)?;
    }
    let zombies = zombies_of(pid);
    same("dead children not reaped", zombies.len(), 0)?;
    let Some(baseline) = baseline else { return Ok(()) };
    let now = use_of(pid);
    if now.descriptors.abs_diff(baseline.descriptors) > SLACK {
        return Err(format!("{} descriptors were {}: {links:?}", now.descriptors, baseline.descriptors));
    }
    // Idle threads of the blocking pool go after ten seconds; fewer than before are no leak.
    if now.threads > baseline.threads + SLACK {
        return Err(format!("{} threads were {}", now.threads, baseline.threads));
    }
    Ok(())
}

/// One row, one reason, and a bill that is the time during which the session was there.
async fn check_bill(server: &Server, opened: &Opened) {
    let lifetime = opened.lifetime.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let live = server.get("/operator/v1/sessions", KEY).await;
    let is_live = live["items"].as_array().is_some_and(|all| all.iter().any(|one| one["id"] == *lifetime.session));
    if is_live {
        return;
    }
    let rows = server.history(&opened.token).await;
    let rows: Vec<&Value> = rows.iter().filter(|row| row["sessionId"] == *lifetime.session).collect();
    assert_eq!(rows.len(), 1, "rows of {}: {rows:?}{}", lifetime.session, log(server));
    let row = rows[0];
    assert!(row["disconnectReason"].is_string(), "{row}");
    let billed = Duration::from_millis(row["durationMs"].as_u64().unwrap_or(u64::MAX));
    let least = lifetime.answered.duration_since(lifetime.opened);
    let over = lifetime.over.filter(|_| !lifetime.is_kept);
    let most = over.unwrap_or_else(Instant::now).duration_since(lifetime.asked);
    assert!(billed + ONE_SECOND >= least, "billed {billed:?}, was there for {least:?}: {row}");
    assert!(billed <= most + ONE_SECOND, "billed {billed:?}, was there for at most {most:?}: {row}");
}

/// Descriptors and threads of a process, without those of the database, whose pool opens connections when it is asked.
fn use_of(pid: i32) -> Baseline {
    let own = links(pid).into_iter().filter(|link| !link.contains("hangar.db")).count();
    Baseline { descriptors: own, threads: threads(pid) }
}

fn links(pid: i32) -> Vec<String> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some(fs::read_link(entry.path()).ok()?.to_string_lossy().into_owned())).collect()
}

fn threads(pid: i32) -> usize {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let names = tasks.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|name| !name.starts_with("sqlx")).count()
}

fn zombies_of(parent: i32) -> Vec<i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let is_zombie = |pid: &i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let mut fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split(' ');
        fields.next() == Some("Z") && fields.next() == Some(&parent.to_string())
    };
    pids.filter(is_zombie).collect()
}

fn number(value: &Value) -> usize {
    value.as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or(0)
}

fn same(what: &str, is: usize, should: usize) -> Result<(), String> {
    if is == should { Ok(()) } else { Err(format!("{what}: {is} instead of {should}")) }
}
