//! A session by REST until it runs, against one by WebSocket until it answers.

use anyhow::Context as _;
use serde_json::Value;

use crate::{
    World, cdp,
    hangar::Hangar,
    report::Measured,
    sample::{Sample, timed},
};

const ROUNDS: u32 = 25;

pub(super) fn measure(world: &World) -> anyhow::Result<Measured> {
    let hangar = Hangar::start(world, &["--pool", "2"])?;
    let endpoint = hangar.endpoint();
    let (mut ours, mut bare) = (Sample::default(), Sample::default());
    for round in 0..=world.rounds(ROUNDS) {
        hangar.settled(0)?;
        let (id, created) = timed(|| until_running(&hangar))?;
        hangar.request("DELETE", &format!("/api/sessions/{id}"), "")?;
        hangar.settled(0)?;
        let (socket, connected) = timed(|| cdp::first_reply(&endpoint))?;
        socket.close();
        // The first of each also warms the server.
        if round > 0 {
            ours.push(created.as_secs_f64() * 1e3);
            bare.push(connected.as_secs_f64() * 1e3);
        }
    }
    let note = "p50 of POST /api/sessions with recording as it is by default, then GET until its status is running, each on a \
                connection of its own; the other side is TCP connect → upgrade → Browser.getVersion";
    Ok(Measured::ratio(ours.median(), bare.median(), "ms").note(note))
}

fn until_running(hangar: &Hangar) -> anyhow::Result<String> {
    let created: Value = serde_json::from_str(&hangar.request("POST", "/api/sessions", "{}")?)?;
    let id = created["sessionId"].as_str().context("a session without an id")?.to_owned();
    loop {
        let seen: Value = serde_json::from_str(&hangar.request("GET", &format!("/api/sessions/{id}"), "")?)?;
        match seen["status"].as_str() {
            Some("creating") => {}
            Some("running") => return Ok(id),
            other => anyhow::bail!("the session is {other:?}"),
        }
    }
}
