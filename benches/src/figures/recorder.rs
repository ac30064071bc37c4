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

const ROUNDS: u32 = 288;

/// Two browsers that do the same have differed by some hundredths within a run: as many pairs of them are measured, and in
/// every other one the recorded one is the first.
const PAIRS: u32 = 12;

/// Loads of each before the first that counts; the first trace turns meanwhile.
const WARM: u32 = 8;

/// What a page asks for beside itself.
const REQUESTS: u32 = 200;

/// Requests of one answer of the Sessions API.
const PIECE: usize = 5_000;

/// How a load begins.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// At the page.
    Direct,
    /// At an address that redirects to it: the recorder asks the browser how each request is answered on its way.
    Redirected,
}

/// Every request, console line and navigation; no pictures.
pub(super) fn metadata(world: &World) -> anyhow::Result<Measured> {
    measure(world, "metadata", Way::Direct)
}

/// The same where each load is redirected.
pub(super) fn redirected(world: &World) -> anyhow::Result<Measured> {
    measure(world, "metadata", Way::Redirected)
}

/// The same as the first, and how it looked.
pub(super) fn full(world: &World) -> anyhow::Result<Measured> {
    measure(world, "full", Way::Direct)
}

fn measure(world: &World, level: &str, way: Way) -> anyhow::Result<Measured> {
    let site = serve()?;
    let (mut ours, mut bare) = (Sample::default(), Sample::default());
    let rounds = world.rounds(ROUNDS).div_ceil(PAIRS) + WARM;
    for number in 0..PAIRS {
        let mut pair = Pair::open(world, level, number % 2 == 0)?;
        for round in 0..rounds {
            let (with, without) = pair.load(site, way, round)?;
            if round >= WARM {
                ours.push(with);
                bare.push(without);
            }
        }
        check(&pair.hangar, &pair.session, way, rounds)?;
        pair.close();
    }
    let note = format!(
        "p50 from Page.navigate to the load event, two sessions in turn, {PAIRS} pairs; p95 {:.0} ÷ {:.0} ms; each of the {} \
         requests is on the timeline once, redirects with their status",
        ours.percentile(0.95),
        bare.percentile(0.95),
        PAIRS * rounds * (REQUESTS + 1)
    );
    Ok(Measured::ratio(ours.median(), bare.median(), "ms").note(note))
}

/// One session that is recorded beside one that is not.
struct Pair {
    hangar: Hangar,
    recorded: Page,
    plain: Page,
    /// The id of the recorded one.
    session: String,
    is_recorded_first: bool,
}

impl Pair {
    fn open(world: &World, level: &str, is_recorded_first: bool) -> anyhow::Result<Self> {
        let hangar = Hangar::start(world, &["--pool", "2"])?;
        hangar.settled(0)?;
        let plain_first = if is_recorded_first { None } else { Some(open(&hangar, "off")?) };
        let before = sessions(&hangar)?;
        let recorded = open(&hangar, level)?;
        let session = sessions(&hangar)?.into_iter().find(|id| !before.contains(id)).context("no session runs")?;
        let plain = plain_first.map_or_else(|| open(&hangar, "off"), Ok)?;
        hangar.settled(2)?;
        Ok(Self { hangar, recorded, plain, session, is_recorded_first })
    }

    /// How long a load takes, recorded and not.
    fn load(&mut self, site: SocketAddr, way: Way, round: u32) -> anyhow::Result<(f64, f64)> {
        if self.is_recorded_first {
            let with = load(&mut self.recorded, site, way, round)?;
            return Ok((with, load(&mut self.plain, site, way, round)?));
        }
        let without = load(&mut self.plain, site, way, round)?;
        Ok((load(&mut self.recorded, site, way, round)?, without))
    }

    fn close(self) {
        self.recorded.close();
        self.plain.close();
    }
}

fn open(hangar: &Hangar, level: &str) -> anyhow::Result<Page> {
    let mut endpoint = hangar.endpoint();
    endpoint.target.push_str("&record=");
    endpoint.target.push_str(level);
    let mut page = Page::open(&endpoint)?;
    page.call_on("Page.enable", &json!({}))?;
    Ok(page)
}

fn load(page: &mut Page, site: SocketAddr, way: Way, round: u32) -> anyhow::Result<f64> {
    let path = match way {
        Way::Direct => "page",
        Way::Redirected => "to",
    };
    page.load("about:blank")?;
    let (_, time) = timed(|| page.load(&format!("http://{site}/{path}?{round}")))?;
    Ok(time.as_secs_f64() * 1e3)
}

/// The ids of those that run.
fn sessions(hangar: &Hangar) -> anyhow::Result<BTreeSet<String>> {
    let sessions: Value = serde_json::from_str(&hangar.request("GET", "/operator/v1/sessions", "")?)?;
    let items = sessions["items"].as_array().context("no list of sessions")?;
    Ok(items.iter().filter_map(|item| item["id"].as_str().map(str::to_owned)).collect())
}

/// Refuses a timeline on which a request of the site is missing, or is more than once, or a redirect has no status.
fn check(hangar: &Hangar, session: &str, way: Way, rounds: u32) -> anyhow::Result<()> {
    let mut seen = BTreeSet::new();
    let (mut twice, mut redirects, mut after) = (0, 0, 0);
    loop {
        let path = format!("/api/sessions/{session}/network?limit={PIECE}&after={after}");
        let piece: Value = serde_json::from_str(&hangar.request("GET", &path, "")?)?;
        for request in piece["requests"].as_array().context("no requests")? {
            let url = request["url"].as_str().unwrap_or_default();
            redirects += u32::from(request["status"] == 302);
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
    let expected = rounds * (REQUESTS + 1);
    ensure!(
        seen.len() == expected as usize && twice == 0,
        "{} of {expected} requests, {twice} of them twice",
        seen.len()
    );
    let led = if way == Way::Redirected { rounds } else { 0 };
    ensure!(redirects == led, "{redirects} of {led} redirects have their status");
    Ok(())
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
        if let Some(round) = path.strip_prefix("/to?") {
            write!(writer, "HTTP/1.1 302 Found\r\nLocation: /page?{round}\r\nContent-Length: 0\r\n\r\n")?;
            continue;
        }
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
