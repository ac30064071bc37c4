//! Results of ten megabytes: how many megabytes a second.

use super::pair::Pair;
use crate::{World, cdp::Page, report::Measured, sample::timed};

const ROUNDS: u32 = 12;
const CALLS: usize = 2;

pub(super) fn measure(world: &World) -> anyhow::Result<Measured> {
    let mut pair = Pair::start(world)?;
    let (ours, bare) = pair.in_turn(world.rounds(ROUNDS), megabytes_per_second)?;
    let measured = Measured::ratio(ours, bare, "MB/s").note(format!("medians of rounds of {CALLS} results"));
    Ok(pair.explained(measured, |page| (0..6).try_for_each(|_| megabytes_per_second(page).map(drop))))
}

fn megabytes_per_second(page: &mut Page) -> anyhow::Result<f64> {
    let mut bytes = 0;
    let (received, time) = timed(|| {
        for _ in 0..CALLS {
            bytes += page.evaluate("'x'.repeat(1e7)")?;
        }
        Ok(bytes)
    })?;
    Ok(received as f64 / 1e6 / time.as_secs_f64())
}
