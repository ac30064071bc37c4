//! A click by REST against the same click by Puppeteer, both told by one Node process.

use anyhow::Context as _;
use serde_json::Value;

use crate::{World, bare::Launch, hangar::Hangar, puppeteer::Puppeteer, report::Measured, sample::Sample};

const ROUNDS: u32 = 12;

/// Clicks in a row on one side.
const CLICKS: usize = 25;

pub(super) fn measure(world: &World) -> anyhow::Result<Measured> {
    let hangar = Hangar::start(world, &["--pool", "1"])?;
    let model = hangar.model()?;
    let created: Value = serde_json::from_str(&hangar.request("POST", "/api/sessions", "{}")?)?;
    let session = created["sessionId"].as_str().context("a session without an id")?;
    let (_browser, endpoint) = Launch::prepare(world, &model)?.on_port()?;
    let mut puppeteer = Puppeteer::start(world)?;
    puppeteer.open_button(
        &hangar.session_url(session),
        &hangar.key(),
        &format!("ws://{}{}", endpoint.address, endpoint.target),
    )?;
    let (mut ours, mut bare) = (Sample::default(), Sample::default());
    for round in 0..=world.rounds(ROUNDS) {
        let through = puppeteer.click("rest", CLICKS)?;
        let direct = puppeteer.click("puppeteer", CLICKS)?;
        if round > 0 {
            ours.extend(through);
            bare.extend(direct);
        }
    }
    let note = format!(
        "p50 of single clicks on a ready button, recording as it is by default; p95 {:.1} ÷ {:.1} ms",
        ours.percentile(0.95),
        bare.percentile(0.95)
    );
    Ok(Measured::ratio(ours.median(), bare.median(), "ms").note(note))
}
