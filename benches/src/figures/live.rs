//! What one live view costs the server: an animated page of 1280×720 at ten pictures a second.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::{World, cdp::Page, hangar::Hangar, proc, report::Measured, socket::Socket};

/// Everything moves, all the time; without a double quote, which the evaluation does not know.
pub(super) const ANIMATION: &str = "document.body.innerHTML = '<canvas width=1280 height=720>'; document.body.style.margin = 0; \
    const c = document.querySelector('canvas').getContext('2d'); let n = 0; (function draw() { n += 1; \
    for (let i = 0; i < 60; i++) { c.fillStyle = 'hsl(' + (n * 3 + i * 6) % 360 + ' 70% 50%)'; \
    c.fillRect((n * 7 + i * 97) % 1280, (n * 5 + i * 53) % 720, 160, 90); } requestAnimationFrame(draw); })(); 1";

const SETTLE: Duration = Duration::from_secs(2);

pub(super) fn measure(world: &World) -> anyhow::Result<Measured> {
    let length = Duration::from_secs(u64::from(world.rounds(10)).max(3));
    let hangar = Hangar::start(world, &["--pool", "1"])?;
    let mut page = Page::open(&hangar.endpoint())?;
    page.call_on(
        "Emulation.setDeviceMetricsOverride",
        &json!({ "width": 1280, "height": 720, "deviceScaleFactor": 1, "mobile": false }),
    )?;
    page.evaluate(ANIMATION)?;
    hangar.settled(1)?;
    std::thread::sleep(SETTLE);
    let unseen = spent(&hangar, || {
        std::thread::sleep(length);
        Ok(())
    })?;
    let mut viewer = view(&hangar)?;
    watch(&mut viewer, SETTLE)?;
    let (mut pictures, mut bytes) = (0, 0);
    let seen = spent(&hangar, || {
        (pictures, bytes) = watch(&mut viewer, length)?;
        Ok(())
    })?;
    viewer.close();
    page.close();
    let per_second = f64::from(pictures) / length.as_secs_f64();
    let note = format!(
        "processor time of the server per second of viewing, and of the same second unseen; the ratio is the share of one \
         core; {per_second:.1} pictures a second of {:.0} KiB each were reached",
        bytes as f64 / 1024.0 / f64::from(pictures.max(1))
    );
    Ok(Measured { ours: seen * 1000.0, bare: unseen * 1000.0, unit: "ms/s", ratio: seen, ..Measured::default() }
        .note(note))
}

/// Processor seconds of the server per second of `act`.
fn spent(hangar: &Hangar, act: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let (begun, before) = (Instant::now(), proc::cpu_seconds(hangar.pid())?);
    act()?;
    Ok((proc::cpu_seconds(hangar.pid())? - before) / begun.elapsed().as_secs_f64())
}

/// Opens the live view of the one session, as large as the page.
fn view(hangar: &Hangar) -> anyhow::Result<Socket> {
    let sessions: Value = serde_json::from_str(&hangar.request("GET", "/operator/v1/sessions", "")?)?;
    let id = sessions["items"][0]["id"].as_str().context("no session runs")?;
    let link = hangar.request("POST", &format!("/operator/v1/sessions/{id}/links"), r#"{"scope":"view"}"#)?;
    let link: Value = serde_json::from_str(&link)?;
    let url = link["url"].as_str().context("a link without an address")?;
    let path = url.find("/live/").map(|at| &url[at..]).context("an address without a path")?;
    let mut socket = Socket::connect(hangar.address, &format!("{path}/socket?viewer={}", "0".repeat(32)))?;
    socket.send(br#"{"type":"size","width":1280,"height":720}"#)?;
    Ok(socket)
}

/// Takes pictures for this long, each as soon as it comes; how many, and their bytes.
fn watch(viewer: &mut Socket, length: Duration) -> anyhow::Result<(u32, usize)> {
    let until = Instant::now() + length;
    let (mut pictures, mut bytes) = (0, 0);
    while Instant::now() < until {
        let message = viewer.receive()?;
        if message.first() == Some(&1) {
            pictures += 1;
            bytes += message.len();
            viewer.send(br#"{"type":"drawn"}"#)?;
        }
    }
    Ok((pictures, bytes))
}
