//! Many sessions that end in every way there is: nothing is left over, and the ledger is the rows.

use std::{env, time::Duration};

use hangar_testkit::{census::Process, client::Client, server::KEY, wait::within};
use rustix::process::Signal;
use serde_json::json;

use crate::{rig::World, server::Dice};

/// Sessions in all, unless `HANGAR_TEST_SESSIONS` says otherwise.
const SESSIONS: u64 = 200;

/// Sessions at once.
const AT_ONCE: u64 = 8;

/// A session may take this long to be seen ending; eight browsers die at once here.
const LIMIT: Duration = Duration::from_secs(120);

#[tokio::test]
async fn sessions_that_are_killed_at_random_leave_nothing() {
    let sessions = env::var("HANGAR_TEST_SESSIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(SESSIONS);
    // One place is the canary's.
    let world = World::start_with(AT_ONCE as usize + 1, |setup| setup.args(&["--queue-wait=300", "--pool=3"])).await;
    let plan = json!({ "kind": "subscription", "includedHours": 0.05, "overageRatePerHour": 3600 });
    let tenant = world.server.tenant(plan, 100_000.0).await;
    let mut dice = Dice(0x5eed_0f5e_5510_4500);
    for batch in 0..sessions.div_ceil(AT_ONCE) {
        let lives =
            (0..AT_ONCE.min(sessions - batch * AT_ONCE)).map(|_| live(&world, &tenant.token, dice.below(u64::MAX)));
        futures_util::future::join_all(lives).await;
    }
    within(LIMIT, "the end of all sessions", async || {
        let rows = world.server.history(&tenant.token).await.len() as u64;
        if rows == sessions { Ok(()) } else { Err(format!("{rows} of {sessions} have ended")) }
    })
    .await;
    let mut reasons = std::collections::BTreeMap::<String, usize>::new();
    for row in world.server.history(&tenant.token).await {
        *reasons.entry(row["disconnectReason"].to_string()).or_default() += 1;
    }
    println!("{sessions} sessions ended by {reasons:?}");
    assert!(reasons.len() >= 3, "the dice do not reach every end: {reasons:?}");
    world.assert_clean().await;
}

/// One session, ended in the way that the dice choose.
async fn live(world: &World, token: &str, seed: u64) {
    let mut dice = Dice(seed);
    let before = world.server.census().present();
    let client = loop {
        match world.server.connect(token, &[]).await.unwrap() {
            Ok(client) => break client,
            // Another's dice have hit the browser that was being started for this one.
            Err(refused) => assert_eq!(refused.0.head.status, 503, "{}", refused.0.text),
        }
    };
    let has_page = dice.below(2) == 0 && client.page("about:blank").await.is_ok();
    match dice.below(7) {
        0 => drop(client.close().await),
        1 => client.reset(),
        2 => drop(client.hang_up().await),
        3 => {
            // The browser may be dead already, by another's dice.
            let _dead = client.post(None, "Browser.close", json!({})).await;
            drop(client.ended().await);
        }
        4 => end_by_operator(world, client).await,
        kind => {
            // Whose browser it is, is left to chance, but never the canary's: that was there before all.
            let fresh = world.server.census().present().into_iter().filter(|name| !before.contains(name));
            let processes: Vec<Process> = fresh.flat_map(|name| world.server.census().processes(&name)).collect();
            kill_one(&processes, &mut dice, kind == 5);
            if has_page && dice.below(2) == 0 {
                drop(client.close().await);
            } else {
                client.reset();
            }
        }
    }
}

async fn end_by_operator(world: &World, client: Client) {
    let path = format!("/operator/v1/sessions/{}", client.session());
    // It may have ended by then.
    let _status = world.server.api("DELETE", &path, KEY, None).await;
    drop(client.ended().await);
}

/// A renderer, or any process at all, bubblewrap included.
fn kill_one(processes: &[Process], dice: &mut Dice, is_renderer: bool) {
    let mut fit = processes.iter().filter(|process| !is_renderer || process.is_renderer());
    if let Some(process) =
        fit.clone().nth(dice.below(fit.clone().count().max(1) as u64) as usize).or_else(|| fit.next())
    {
        process.signal(Signal::KILL);
    }
}
