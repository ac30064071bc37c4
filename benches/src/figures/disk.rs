//! What a minute of a session that is kept in full takes on the disk: of a page where everything moves, and of one at rest.

use std::{path::Path, time::Duration};

use anyhow::Context as _;
use serde_json::json;

use super::live::ANIMATION;
use crate::{World, cdp::Page, hangar::Hangar, report::Measured};

/// Beside the animation: lines on the console, as pages write them.
const TALK: &str = "setInterval(() => console.log('drawn', performance.now()), 200), 1";

/// Until the first pictures are on the disk.
const SETTLE: Duration = Duration::from_secs(2);

/// A recording's limit unless the operator says otherwise, bytes.
const LIMIT: f64 = (512 << 20) as f64;

pub(super) fn measure(world: &World) -> anyhow::Result<Measured> {
    let length = Duration::from_secs(u64::from(world.rounds(20)).max(3));
    let busy = grown(world, &[ANIMATION, TALK], length)?;
    let still = grown(world, &["1"], length)?;
    let minute = |bytes: u64| bytes as f64 * 60.0 / length.as_secs_f64();
    let note = format!(
        "MB of one minute, scaled from {} s, 1280×720; the ratio is the share of a recording's limit of 512 MiB, beyond \
         which its oldest half goes; a page at rest adds {:.3} MB a minute",
        length.as_secs(),
        minute(still) / 1e6
    );
    Ok(Measured::ratio(minute(busy) / 1e6, LIMIT / 1e6, "MB/min").note(note))
}

/// Bytes that a recording grows by in `length`.
fn grown(world: &World, scripts: &[&str], length: Duration) -> anyhow::Result<u64> {
    let folder = tempfile::tempdir()?;
    let hangar = Hangar::start_in(world, folder.path(), &["--pool", "1"])?;
    let mut endpoint = hangar.endpoint();
    endpoint.target.push_str("&record=full");
    let mut page = Page::open(&endpoint)?;
    let size = json!({ "width": 1280, "height": 720, "deviceScaleFactor": 1, "mobile": false });
    page.call_on("Emulation.setDeviceMetricsOverride", &size)?;
    for script in scripts {
        page.evaluate(script)?;
    }
    std::thread::sleep(SETTLE);
    let before = recorded(folder.path())?;
    std::thread::sleep(length);
    let after = recorded(folder.path())?;
    page.close();
    Ok(after - before)
}

/// The size of the one recording in a server's folder.
fn recorded(folder: &Path) -> anyhow::Result<u64> {
    let mut files = std::fs::read_dir(folder.join("recordings"))?;
    let file = files.next().context("nothing is recorded")??;
    Ok(file.metadata()?.len())
}
