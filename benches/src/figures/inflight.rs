//! Sixty-four commands always on their way: how many a second.

use super::pair::Pair;
use crate::{World, cdp::Page, report::Measured, sample::timed};

const ROUNDS: u32 = 20;
const CALLS: usize = 4_000;
const IN_FLIGHT: usize = 64;

pub(super) fn measure(world: &World) -> anyhow::Result<Measured> {
    let mut pair = Pair::start(world)?;
    let (ours, bare) = pair.in_turn(world.rounds(ROUNDS), per_second)?;
    let measured = Measured::ratio(ours, bare, "ops/s").note(format!("medians of rounds of {CALLS} calls"));
    Ok(pair.explained(measured, |page| page.pipeline("1", 30_000, IN_FLIGHT)))
}

fn per_second(page: &mut Page) -> anyhow::Result<f64> {
    let ((), time) = timed(|| page.pipeline("1", CALLS, IN_FLIGHT))?;
    Ok(CALLS as f64 / time.as_secs_f64())
}
