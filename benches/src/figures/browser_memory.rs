//! What one more warm browser weighs, at Hangar's flags and at others that were tried.

use std::fmt::Write as _;

use crate::{
    World,
    bare::{Bare, Launch},
    hangar::{Hangar, Model},
    proc,
    report::Measured,
};

const FEW: usize = 2;
const MORE: usize = 6;

/// Beside Hangar's own flags; `unsafe` ones give up a process boundary and are here for comparison only.
const TRIED: [(&str, &[&str]); 5] = [
    ("--disable-software-rasterizer", &["--disable-software-rasterizer"]),
    ("--renderer-process-limit=1", &["--renderer-process-limit=1"]),
    ("--js-flags=--lite-mode", &["--js-flags=--lite-mode"]),
    ("--in-process-gpu (unsafe)", &["--in-process-gpu"]),
    ("network service in the browser (unsafe)", &["--enable-features=NetworkServiceInProcess2"]),
];

pub(super) fn measure(world: &World) -> anyhow::Result<Measured> {
    let (few, model) = pool(world, FEW)?;
    let (more, _) = pool(world, MORE)?;
    let each = (more - few) / (MORE - FEW) as f64;
    // Its groups end with the pool.
    let model = Model { groups: Vec::new(), ..model };
    let bare = slope(world, &model)?;
    let mut note = "MiB of PSS per browser of the pool beyond the second; bare and tried:".to_owned();
    write!(note, " Hangar's flags {bare:.0}")?;
    for (name, extra) in TRIED {
        let mut model = model.clone();
        model.flags.extend(extra.iter().map(|flag| (*flag).to_owned()));
        match slope(world, &model) {
            Ok(each) => write!(note, ", {name} {each:.0}")?,
            Err(_) => write!(note, ", {name} does not start")?,
        }
    }
    Ok(Measured::ratio(each, bare, "MiB").note(note))
}

/// MiB of all browsers of a full pool, and how they are started.
fn pool(world: &World, size: usize) -> anyhow::Result<(f64, Model)> {
    let hangar = Hangar::start(world, &["--pool", &size.to_string()])?;
    hangar.settled(0)?;
    Ok((proc::descendants_pss_kib(hangar.pid()) / 1024.0, hangar.model()?))
}

/// MiB per browser beyond the second, without Hangar.
fn slope(world: &World, model: &Model) -> anyhow::Result<f64> {
    let mut browsers: Vec<Bare> = Vec::new();
    let mut weights = Vec::new();
    for count in [FEW, MORE] {
        while browsers.len() < count {
            let (browser, _) = Launch::prepare(world, model)?.on_port()?;
            browsers.push(browser);
        }
        let weigh = |browser: &Bare| {
            proc::descendants_pss_kib(browser.pid()) + proc::memory_kib(browser.pid(), "Pss").unwrap_or(0.0)
        };
        weights.push(browsers.iter().map(weigh).sum::<f64>() / 1024.0);
    }
    Ok((weights[1] - weights[0]) / (MORE - FEW) as f64)
}
