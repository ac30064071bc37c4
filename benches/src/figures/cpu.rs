//! Processor time of the server per 10,000 round trips, against a proxy that looks at nothing.

use super::pair::Pair;
use crate::{
    World,
    cdp::{Endpoint, Page},
    proc,
    report::Measured,
    sample::Sample,
    splice::Splice,
};

const ROUNDS: u32 = 5;
const MESSAGES: usize = 10_000;

pub(super) fn measure(world: &World) -> anyhow::Result<Measured> {
    let mut pair = Pair::start(world)?;
    let splice = Splice::start(pair.port.address)?;
    let mut spliced = Page::open(&Endpoint { address: splice.address, target: pair.port.target.clone() })?;
    let (mut ours, mut bare) = (Sample::default(), Sample::default());
    for _ in 0..world.rounds(ROUNDS) {
        ours.push(cost(pair.hangar.pid(), &mut pair.through)?);
        bare.push(cost(splice.pid(), &mut spliced)?);
    }
    spliced.close();
    let note = "seconds of user and system time, one message in flight; the splice is tokio's copy_bidirectional";
    let measured = Measured::ratio(ours.median(), bare.median(), "s").note(note);
    Ok(pair.explained(measured, |page| page.pipeline("1", 10_000, 1)))
}

fn cost(pid: u32, page: &mut Page) -> anyhow::Result<f64> {
    let before = proc::cpu_seconds(pid)?;
    page.pipeline("1", MESSAGES, 1)?;
    Ok(proc::cpu_seconds(pid)? - before)
}
