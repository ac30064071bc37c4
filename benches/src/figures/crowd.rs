//! Twenty sessions at once on a full pool, against one alone.

use crate::{World, hangar::Hangar, puppeteer::Puppeteer, report::Measured, sample::Sample};

const ROUNDS: u32 = 3;
const CROWD: usize = 20;

pub(super) fn measure(world: &World) -> anyhow::Result<Measured> {
    let hangar = Hangar::start(world, &["--pool", "20", "--max-sessions", "40"])?;
    let url = hangar.url();
    let mut puppeteer = Puppeteer::start(world)?;
    let (mut crowd, mut alone) = (Sample::default(), Sample::default());
    for round in 0..=world.rounds(ROUNDS) {
        for _ in 0..3 {
            hangar.settled(0)?;
            let one = puppeteer.connect(&url, 1)?;
            if round > 0 {
                alone.extend(one);
            }
        }
        if round > 0 {
            hangar.settled(0)?;
            crowd.extend(puppeteer.connect(&url, CROWD)?);
        }
    }
    let note = format!("p95 of {CROWD} at once ÷ p50 of one; p50 of the crowd {:.0} ms", crowd.median());
    Ok(Measured::ratio(crowd.percentile(0.95), alone.median(), "ms").note(note))
}
