//! From nothing to the first reply: a warm browser of the pool against a cold one.

use crate::{
    World,
    bare::Launch,
    cdp,
    hangar::Hangar,
    report::Measured,
    sample::{Sample, timed},
};

const ROUNDS: u32 = 25;

pub(super) fn measure(world: &World) -> anyhow::Result<Measured> {
    let hangar = Hangar::start(world, &["--pool", "2"])?;
    let model = hangar.model()?;
    let endpoint = hangar.endpoint();
    let (mut ours, mut bare) = (Sample::default(), Sample::default());
    for _ in 0..world.rounds(ROUNDS) {
        hangar.settled(0)?;
        let (socket, time) = timed(|| cdp::first_reply(&endpoint))?;
        ours.push(time.as_secs_f64() * 1e3);
        socket.close();
        hangar.settled(0)?;
        let launch = Launch::prepare(world, &model)?;
        let (_browser, time) = timed(|| launch.first_reply_on_pipe())?;
        bare.push(time.as_secs_f64() * 1e3);
    }
    let note = format!(
        "p50 of TCP connect → upgrade → Browser.getVersion; p95 {:.1} ÷ {:.1} ms",
        ours.percentile(0.95),
        bare.percentile(0.95)
    );
    Ok(Measured::ratio(ours.median(), bare.median(), "ms").note(note))
}
