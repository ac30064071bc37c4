//! Processor time of the server per 10,000 round trips, against a proxy that looks at nothing.

use super::pair::Pair;
use crate::{
    World,
    cdp::{Endpoint, Page},
    proc,
    report::Measured,
    splice::Splice,
};

/// Short rounds, many of them: whether two threads wake each other on one core or across two changes from second to
/// second, and is dearer than anything that is measured here.
const ROUNDS: u32 = 40;
const MESSAGES: usize = 2_500;

pub(super) fn measure(world: &World) -> anyhow::Result<Measured> {
    let mut pair = Pair::start(world)?;
    let splice = Splice::start(pair.port.address)?;
    let mut spliced = Page::open(&Endpoint { address: splice.address, target: pair.port.target.clone() })?;
    spliced.pipeline("1", 2_000, 16)?;
    let rounds = world.rounds(ROUNDS);
    let (mut ours, mut bare) = (0.0, 0.0);
    for _ in 0..rounds {
        ours += cost(pair.hangar.pid(), &mut pair.through)?;
        bare += cost(splice.pid(), &mut spliced)?;
    }
    spliced.close();
    let scale = 10_000.0 / (f64::from(rounds) * MESSAGES as f64);
    let note = "mean seconds of user and system time per 10,000 round trips, one in flight; the splice is tokio's copy_bidirectional";
    let measured = Measured::ratio(ours * scale, bare * scale, "s").note(note);
    Ok(pair.explained(measured, |page| page.pipeline("1", 10_000, 1)))
}

fn cost(pid: u32, page: &mut Page) -> anyhow::Result<f64> {
    let before = proc::cpu_seconds(pid)?;
    page.pipeline("1", MESSAGES, 1)?;
    Ok(proc::cpu_seconds(pid)? - before)
}
