//! Time that costs: it runs out, it is bought while it runs out, it is spent once, and no clock can change it
//! (reference/security.md §7, §8 60 and 71; §2 row 25).

use std::{fs, path::Path, time::Duration};

use hangar_testkit::{client::Farewell, server::Tenant};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::rig::{PLACES, World};

const LIMIT: Duration = Duration::from_secs(60);

/// One unit of money a second, and nothing included.
fn prepaid() -> Value {
    json!({ "kind": "subscription", "includedHours": 0, "overageRatePerHour": 3600 })
}

fn blocked(why: &str) -> String {
    format!("primary_blocked:{why}")
}

#[tokio::test]
async fn a_trial_ends_when_its_minutes_are_spent() {
    let world = World::start(&[]).await;
    let tenant = world.server.tenant(json!({ "kind": "trial", "trialMinutes": 0.05 }), 0.0).await;
    let session = world.session_of(&tenant.token, &[]).await;
    session.assert_farewell(LIMIT, 1008, "trial_exhausted").await;
    world.assert_ended(&tenant, &session.id, "trial_exhausted", None).await;
    assert_refused(&world, &tenant, 401).await;
    world.assert_clean().await;
}

#[tokio::test]
async fn a_balance_is_spent_to_its_end_and_not_beyond() {
    let world = World::start(&[]).await;
    let tenant = world.server.tenant(prepaid(), 3.0).await;
    let session = world.session_of(&tenant.token, &[]).await;
    let reason = blocked("Insufficient balance");
    session.assert_farewell(LIMIT, 1008, &reason).await;
    let row = world.assert_ended(&tenant, &session.id, &reason, None).await;
    assert!(row["durationMs"].as_i64().unwrap() >= 3000, "{row}");
    assert_refused(&world, &tenant, 403).await;
    world.assert_clean().await;
}

#[tokio::test]
async fn a_top_up_in_time_lets_a_session_go_on() {
    let world = World::start(&[]).await;
    let tenant = world.server.tenant(prepaid(), 3.0).await;
    let session = world.session_of(&tenant.token, &[]).await;
    let top_ups = (0..4).map(|_| world.server.patch(&tenant, json!({ "topUp": 5 })));
    futures_util::future::join_all(top_ups).await;
    let early = session.client.ended_within(Duration::from_secs(6)).await;
    assert!(early.is_err(), "it has 23 s and ended after at most 6: {early:?}");
    session.client.call("Browser.getVersion", json!({})).await.unwrap();
    session.client.close().await.unwrap();
    let row = world.assert_ended(&tenant, &session.id, "socket_close", None).await;
    world.assert_clean().await;
    let account = world.server.patch(&tenant, json!({})).await;
    let cost = row["durationMs"].as_f64().unwrap() / 1000.0;
    assert!((account["balance"].as_f64().unwrap() - (23.0 - cost)).abs() < 0.001, "{account} after {row}");
    assert_eq!(account["heldMs"], 0);
}

#[tokio::test]
async fn a_subscription_that_ends_ends_its_sessions() {
    let world = World::start(&[]).await;
    let plan = json!({ "kind": "subscription", "includedHours": 1 });
    let tenant = world.server.tenant(plan, 0.0).await;
    let reason = blocked("Subscription lapsed or expired");

    let lapsing = world.session_of(&tenant.token, &[]).await;
    let over = json!({ "kind": "subscription", "includedHours": 1, "periodEnd": "2020-01-01T00:00:00Z" });
    world.server.patch(&tenant, json!({ "plan": over })).await;
    lapsing.assert_farewell(LIMIT, 1008, &reason).await;
    world.assert_ended(&tenant, &lapsing.id, &reason, None).await;
    assert_refused(&world, &tenant, 401).await;

    world.server.patch(&tenant, json!({ "plan": { "kind": "subscription", "includedHours": 1 } })).await;
    let suspended = world.session_of(&tenant.token, &[]).await;
    world.server.patch(&tenant, json!({ "status": "suspended" })).await;
    suspended.assert_farewell(LIMIT, 1008, &reason).await;
    world.assert_ended(&tenant, &suspended.id, &reason, None).await;
    world.assert_clean().await;
}

/// Row 25 of the threats: the last minute is spent once.
#[tokio::test]
async fn money_for_one_session_opens_one() {
    let world = World::start(&[]).await;
    let tenant = world.server.tenant(prepaid(), 40.0).await;
    let connects = (0..20).map(|_| world.server.connect(&tenant.token, &[]));
    let (mut open, mut refused) = (Vec::new(), Vec::new());
    for outcome in futures_util::future::join_all(connects).await {
        match outcome.unwrap() {
            Ok(client) => open.push(client),
            Err(refusal) => refused.push(refusal.0.head.status),
        }
    }
    assert_eq!((open.len(), refused.len()), (1, 19), "{refused:?}");
    assert!(refused.iter().all(|status| *status == 403 || *status == 429), "{refused:?}");
    assert!(refused.contains(&403), "{refused:?}");
    for client in open {
        client.close().await.unwrap();
    }
    world.assert_clean().await;
    assert_eq!(world.server.history(&tenant.token).await.len(), 1);
}

/// Only one of a trial's sessions is live at once; the next is let in as soon as the last has gone.
#[tokio::test]
async fn a_trial_has_one_session_at_a_time_and_the_next_at_once() {
    let world = World::start(&[]).await;
    let tenant = world.server.tenant(json!({ "kind": "trial", "trialMinutes": 10 }), 0.0).await;
    let first = world.server.session(&tenant.token, &[]).await;
    assert_refused(&world, &tenant, 429).await;
    first.close().await.unwrap();
    for _ in 0..3 {
        world.server.session(&tenant.token, &[]).await.close().await.unwrap();
    }
    world.server.session(&tenant.token, &[]).await.reset();
    world.server.session(&tenant.token, &[]).await.hang_up().await.unwrap();
    world.assert_clean().await;
}

/// Case 60: the wall clock jumps by two hours to and fro; bills go by the monotonic one.
#[tokio::test]
async fn a_wall_clock_that_jumps_changes_no_bill() {
    let library = Path::new("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1");
    if !library.exists() {
        return eprintln!("skipped: the package libfaketime is not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let offset = folder.path().join("offset");
    let jump = |by: &str| {
        let next = offset.with_extension("next");
        fs::write(&next, by).unwrap();
        fs::rename(&next, &offset).unwrap();
    };
    jump("+0");
    let env = [
        ("LD_PRELOAD", library.to_str().unwrap()),
        ("FAKETIME_TIMESTAMP_FILE", offset.to_str().unwrap()),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ];
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let world = World::start_with(PLACES, |mut setup| {
        setup.env = env;
        setup
    })
    .await;
    let tenant = world.server.tenant(json!({ "kind": "subscription", "includedHours": 1 }), 0.0).await;
    for by in ["+7200", "-7200", "+0"] {
        let session = world.session_of(&tenant.token, &[]).await;
        jump(by);
        // More than a tick of the server's under the new time.
        let early = session.client.ended_within(Duration::from_millis(1500)).await;
        assert!(early.is_err(), "{by}: {early:?}");
        session.client.call("Browser.getVersion", json!({})).await.unwrap();
        assert!(matches!(session.client.close().await.unwrap(), Farewell::Frame { .. }));
        let row = world.assert_ended(&tenant, &session.id, "socket_close", None).await;
        assert!(row["durationMs"].as_i64().unwrap() < 60_000, "{by}: {row}");
    }
    let started: Vec<String> =
        world.server.history(&tenant.token).await.iter().map(|row| row["startedAt"].to_string()).collect();
    assert_ne!(started[0][..14], started[1][..14], "the clock did not jump at all: {started:?}");
    world.assert_clean().await;
}

/// A browser that crashes on a metered plan is billed to the moment of its crash.
#[tokio::test]
async fn a_crash_is_billed_to_its_moment() {
    let world = World::start(&[]).await;
    let tenant = world.server.tenant(prepaid(), 600.0).await;
    let session = world.session_of(&tenant.token, &[]).await;
    session.page().await;
    crate::rig::main(&world, &session).signal(Signal::KILL);
    session.assert_farewell(LIMIT, 1011, "browser_crash").await;
    world.assert_ended(&tenant, &session.id, "browser_crash", None).await;
    world.assert_clean().await;
}

async fn assert_refused(world: &World, tenant: &Tenant, status: u16) {
    match world.server.connect(&tenant.token, &[]).await.unwrap() {
        Ok(_) => panic!("it was let in"),
        Err(refused) => assert_eq!(refused.0.head.status, status, "{}", refused.0.text),
    }
}
