//! What a recording costs a page that asks for 200 things while it loads, and whether all of them are on the timeline.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::{
    World,
    cdp::Page,
    hangar::Hangar,
    report::Measured,
    sample::{Sample, timed},
};

const ROUNDS: u32 = 100;

/// Loads at first, and again before the first that counts.
const WARM: u32 = 4;

/// What a page asks for beside itself.
const REQUESTS: u32 = 200;

/// Requests of one answer of the Sessions API.
const PIECE: usize = 5_000;

/// What happens between the first loads and those that count.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    /// Nothing: redirects are counted, as in every session that is young, has met one, or came by REST.
    Nothing,
    /// Its timeline is read, by which the recorder learns that hundreds of requests met no redirect: it stops to count.
    Reading,
}

/// Every request, console line and navigation; no pictures.
pub(super) fn metadata(world: &World) -> anyhow::Result<Measured> {
    measure(world, "metadata", Before::Nothing)
}

/// The same where no redirects are expected any more.
pub(super) fn direct(world: &World) -> anyhow::Result<Measured> {
    measure(world, "metadata", Before::Reading)
}

/// The same, and how it looked.
pub(super) fn full(world: &World) -> anyhow::Result<Measured> {
    measure(world, "full", Before::Nothing)
}

fn measure(world: &World, level: &str, before: Before) -> anyhow::Result<Measured> {
    let site = serve()?;
    let hangar = Hangar::start(world, &["--pool", "2"])?;
    hangar.settled(0)?;
    let mut recorded = open(&hangar, level)?;
    let session = only_session(&hangar)?;
    let mut plain = open(&hangar, "off")?;
    hangar.settled(2)?;
    let (mut ours, mut bare) = (Sample::default(), Sample::default());
    let rounds = world.rounds(ROUNDS) + 2 * WARM;
    for round in 0..rounds {
        if round == WARM && before == Before::Reading {
            missing(&hangar, &session, WARM)?;
        }
        let with = load(&mut recorded, site, round)?;
        let without = load(&mut plain, site, round)?;
        if round >= 2 * WARM {
            ours.push(with);
            bare.push(without);
        }
    }
    let missing = missing(&hangar, &session, rounds)?;
    recorded.close();
    plain.close();
    ensure!(missing == 0, "{missing} of {} requests are not on the timeline", rounds * (REQUESTS + 1));
    let note = format!(
        "p50 from Page.navigate to the load event, two sessions in turn; p95 {:.0} ÷ {:.0} ms; each of the {} requests is on \
         the timeline once",
        ours.percentile(0.95),
        bare.percentile(0.95),
        rounds * (REQUESTS + 1)
    );
    Ok(Measured::ratio(ours.median(), bare.median(), "ms").note(note))
}

fn open(hangar: &Hangar, level: &str) -> anyhow::Result<Page> {
    let mut endpoint = hangar.endpoint();
    endpoint.target.push_str("&record=");
    endpoint.target.push_str(level);
    let mut page = Page::open(&endpoint)?;
    page.call_on("Page.enable", &json!({}))?;
    Ok(page)
}

fn load(page: &mut Page, site: SocketAddr, round: u32) -> anyhow::Result<f64> {
    page.load("about:blank")?;
    let (_, time) = timed(|| page.load(&format!("http://{site}/page?{round}")))?;
    Ok(time.as_secs_f64() * 1e3)
}

fn only_session(hangar: &Hangar) -> anyhow::Result<String> {
    let sessions: Value = serde_json::from_str(&hangar.request("GET", "/operator/v1/sessions", "")?)?;
    Ok(sessions["items"][0]["id"].as_str().context("no session runs")?.to_owned())
}

/// How many requests of the site are missing on the session's timeline, or are there more than once.
fn missing(hangar: &Hangar, session: &str, rounds: u32) -> anyhow::Result<usize> {
    let mut seen = BTreeSet::new();
    let (mut twice, mut after) = (0, 0);
    loop {
        let path = format!("/api/sessions/{session}/network?limit={PIECE}&after={after}");
        let piece: Value = serde_json::from_str(&hangar.request("GET", &path, "")?)?;
        for request in piece["requests"].as_array().context("no requests")? {
            let url = request["url"].as_str().unwrap_or_default();
            let is_whole = request["status"] == 200 && request["duration"].is_number();
            if url.starts_with("http://127.0.0.1") && is_whole && !seen.insert(url.to_owned()) {
                twice += 1;
            }
        }
        match piece["next"].as_u64() {
            Some(next) => after = next,
            None => break,
        }
    }
    Ok((rounds * (REQUESTS + 1)) as usize - seen.len() + twice)
}

/// A site on loopback, one thread a connection, that ends with this process.
fn serve() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A connection that breaks is the browser's to open again.
            thread::spawn(move || drop(answer(&stream)));
        }
    });
    Ok(address)
}

fn answer(stream: &TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let mut writer = stream;
    while let Some(request) = lines.next().transpose()? {
        while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
        let path = request.split(' ').nth(1).unwrap_or_default();
        let (kind, body) = match path.strip_prefix("/page?") {
            Some(round) => ("text/html", page(round)),
            None => ("text/javascript", "0".to_owned()),
        };
        let length = body.len();
        writer.write_all(
            format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nCache-Control: no-store\r\n\r\n{body}")
                .as_bytes(),
        )?;
    }
    Ok(())
}

fn page(round: &str) -> String {
    let scripts = (0..REQUESTS).map(|number| format!("<script src=\"/script?{round}-{number}\"></script>"));
    format!("<!doctype html><title>{round}</title>{}", scripts.collect::<String>())
}
