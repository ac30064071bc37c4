//! The two sides of the data path's figures: a page behind Hangar, a page behind Chromium's own port.

use crate::{
    World,
    bare::{Bare, Launch},
    cdp::{Endpoint, Page},
    hangar::Hangar,
    profile,
    report::Measured,
    sample::Sample,
};

/// Both sides, running.
pub(super) struct Pair {
    pub(super) hangar: Hangar,
    pub(super) through: Page,
    pub(super) direct: Page,
    pub(super) port: Endpoint,
    _bare: Bare,
}

impl Pair {
    pub(super) fn start(world: &World) -> anyhow::Result<Self> {
        let hangar = Hangar::start(world, &["--pool", "1"])?;
        let (bare, port) = Launch::prepare(world, &hangar.model()?)?.on_port()?;
        let through = Page::open(&hangar.endpoint())?;
        let direct = Page::open(&port)?;
        hangar.settled(1)?;
        let mut pair = Self { hangar, through, direct, port, _bare: bare };
        for page in [&mut pair.through, &mut pair.direct] {
            page.pipeline("1", 2_000, 16)?;
        }
        Ok(pair)
    }

    /// Lets both sides `act` in turn; the medians of what it gives: ours, bare.
    pub(super) fn in_turn(
        &mut self,
        rounds: u32,
        mut act: impl FnMut(&mut Page) -> anyhow::Result<f64>,
    ) -> anyhow::Result<(f64, f64)> {
        let (mut ours, mut bare) = (Sample::default(), Sample::default());
        for _ in 0..rounds {
            ours.push(act(&mut self.through)?);
            bare.push(act(&mut self.direct)?);
        }
        Ok((ours.median(), bare.median()))
    }

    /// How it was measured and, with what the server did meanwhile, where the time goes.
    pub(super) fn explained(
        mut self,
        measured: Measured,
        act: impl FnOnce(&mut Page) -> anyhow::Result<()>,
    ) -> Measured {
        let isolation = self.hangar.isolation().unwrap_or_default();
        let through = &mut self.through;
        let profile = profile::of(self.hangar.pid(), || act(through));
        let note = format!(
            "{}; Hangar's browser at {isolation}, the bare one with the same flags, sandbox and control groups",
            measured.note
        );
        Measured { profile: Some(profile), ..measured }.note(note)
    }
}
