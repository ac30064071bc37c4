//! One command at a time: what Hangar adds to a round trip.

use std::time::Instant;

use super::pair::Pair;
use crate::{World, cdp::Page, report::Measured, sample::Sample};

const ROUNDS: u32 = 40;
const CALLS: usize = 200;

pub(super) fn measure(world: &World) -> anyhow::Result<Measured> {
    let mut pair = Pair::start(world)?;
    let (ours, bare) = pair.in_turn(world.rounds(ROUNDS), median_round_trip)?;
    let measured = Measured::ratio(ours, bare, "µs").note(format!("medians of rounds of {CALLS} calls"));
    Ok(pair.explained(measured, |page| page.pipeline("1", 10_000, 1)))
}

/// Microseconds.
fn median_round_trip(page: &mut Page) -> anyhow::Result<f64> {
    let mut sample = Sample::default();
    for _ in 0..CALLS {
        let sent = Instant::now();
        page.evaluate("1")?;
        sample.push(sent.elapsed().as_secs_f64() * 1e6);
    }
    Ok(sample.median())
}
