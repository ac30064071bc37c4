//! A whole session with Puppeteer, warm through Hangar against a launch of its own.

use crate::{World, hangar::Hangar, puppeteer::Puppeteer, report::Measured, sample::Sample};

const ROUNDS: u32 = 21;

pub(super) fn measure(world: &World) -> anyhow::Result<Measured> {
    let hangar = Hangar::start(world, &["--pool", "2"])?;
    let url = hangar.url();
    let mut puppeteer = Puppeteer::start(world)?;
    let (mut ours, mut bare) = (Sample::default(), Sample::default());
    for round in 0..=world.rounds(ROUNDS) {
        hangar.settled(0)?;
        let warm = puppeteer.connect(&url, 1)?;
        hangar.settled(0)?;
        let cold = puppeteer.launch()?;
        // Node compiles its own code in the first round.
        if round > 0 {
            ours.extend(warm);
            bare.extend(cold);
        }
    }
    let isolation = hangar.isolation()?;
    let note = format!(
        "p50; p95 {:.0} ÷ {:.0} ms; Hangar's browser at {isolation}, Puppeteer's own without a sandbox where this runs as root",
        ours.percentile(0.95),
        bare.percentile(0.95)
    );
    Ok(Measured::ratio(ours.median(), bare.median(), "ms").note(note))
}
