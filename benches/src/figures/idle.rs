//! What a client that does nothing costs the server, on browsers that cost nothing.

use std::{thread, time::Duration};

use anyhow::Context as _;

use crate::{World, cdp, hangar::Hangar, proc, report::Measured, socket::Socket};

const CLIENTS: usize = 1_000;

/// KiB per client that the ratio is taken against.
const BUDGET: f64 = 24.0;

/// An account may open as many at once.
const PER_ACCOUNT: usize = 20;

pub(super) fn measure(world: &World) -> anyhow::Result<Measured> {
    let fake = std::env::current_exe()?.with_file_name("hangar-fake-browser");
    let fake = fake.to_str().context("a path that is not text")?;
    let more =
        ["--isolation", "L0", "--allow-no-sandbox", "--headless-shell", fake, "--pool", "1", "--max-sessions", "1100"];
    let hangar = Hangar::start(world, &more)?;
    let mut clients = Vec::with_capacity(CLIENTS + 1);
    connect(&hangar, &mut clients, 1)?;
    let (first_rss, first_pss) = settle(&hangar, 1)?;
    connect(&hangar, &mut clients, CLIENTS)?;
    let (rss, pss) = settle(&hangar, clients.len())?;
    let each = (rss - first_rss) / CLIENTS as f64;
    let note = format!(
        "RSS per client beyond the first, each with a session and a fake browser of its own; PSS {:.1} KiB; {:.1} MiB with one, {:.1} MiB with all",
        (pss - first_pss) / CLIENTS as f64,
        first_rss / 1024.0,
        rss / 1024.0
    );
    Ok(Measured::ratio(each, BUDGET, "KiB").note(note))
}

fn connect(hangar: &Hangar, clients: &mut Vec<Socket>, mut count: usize) -> anyhow::Result<()> {
    while count > 0 {
        let endpoint = hangar.endpoint_for(&hangar.account()?);
        for _ in 0..count.min(PER_ACCOUNT) {
            let mut socket = cdp::first_reply(&endpoint)?;
            socket.idle();
            clients.push(socket);
            count -= 1;
        }
    }
    Ok(())
}

/// RSS and PSS, KiB, once they no longer fall.
fn settle(hangar: &Hangar, live: usize) -> anyhow::Result<(f64, f64)> {
    hangar.settled(live)?;
    let read =
        || Ok::<_, anyhow::Error>((proc::memory_kib(hangar.pid(), "Rss")?, proc::memory_kib(hangar.pid(), "Pss")?));
    let mut last = read()?;
    for _ in 0..30 {
        thread::sleep(Duration::from_secs(1));
        let now = read()?;
        if (now.0 - last.0).abs() < 64.0 {
            return Ok(now);
        }
        last = now;
    }
    Ok(last)
}
