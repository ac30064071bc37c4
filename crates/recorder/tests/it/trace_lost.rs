//! What a recording says when the browser loses a part of its trace: a scripted browser, since no real one does on demand.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hangar_cdp::{Meter, Mux};
use hangar_domain::timeline::{Dropped, Entry, Event, Record};
use hangar_recorder::{Options, Recorder};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::unix::pipe::{Receiver, Sender, pipe},
    runtime::Handle,
    sync::mpsc,
};

use crate::world::clock;

/// A packet with an event that nobody needs, on the monotonic clock.
const WHOLE: &[u8] = b"\x0a\x0b\x40\x01\xd0\x03\x03\x50\x01\x5a\x02\x48\x03";

const ROOT: &str = "0123456789ABCDEF0123456789ABCDEF";

/// What the browser does when its first trace is to end; the ones after it are whole.
#[derive(Clone, Copy)]
enum Ending {
    /// Says whether it lost anything, and that the trace is these bytes.
    Tells { trace: &'static [u8], is_lossy: bool },
    /// Refuses to.
    Refuses,
    /// Exits.
    Exits,
}

/// A browser that does as it is told, and shows nothing.
struct Scripted {
    reads: BufReader<Receiver>,
    writes: Sender,
    first: Option<Ending>,
    /// The trace that is to be read.
    trace: &'static [u8],
}

impl Scripted {
    async fn say(&mut self, message: Value) {
        // Whoever read it may have gone.
        let _gone = self.writes.write_all(format!("{message}\0").as_bytes()).await;
    }

    async fn tell(&mut self, method: &str, params: Value) {
        self.say(json!({ "method": method, "params": params, "sessionId": ROOT })).await;
    }

    async fn serve(mut self) {
        loop {
            let mut command = Vec::new();
            if self.reads.read_until(0, &mut command).await.unwrap_or_default() == 0 {
                return;
            }
            command.pop();
            let command: Value = serde_json::from_slice(&command).unwrap();
            let reply = |member: &str, value: Value| match command["sessionId"].as_str() {
                Some(session) => json!({ "id": command["id"], member: value, "sessionId": session }),
                None => json!({ "id": command["id"], member: value }),
            };
            let ending = match command["method"].as_str().unwrap() {
                "Target.attachToBrowserTarget" => {
                    self.say(reply("result", json!({ "sessionId": ROOT }))).await;
                    continue;
                }
                "Target.getTargets" => {
                    self.say(reply("result", json!({ "targetInfos": [] }))).await;
                    continue;
                }
                "Tracing.end" => self.first.take().unwrap_or(Ending::Tells { trace: WHOLE, is_lossy: false }),
                "IO.read" => {
                    let (piece, rest) = self.trace.split_at(self.trace.len().min(5));
                    self.trace = rest;
                    let read = json!({ "data": STANDARD.encode(piece), "base64Encoded": true, "eof": rest.is_empty() });
                    self.say(reply("result", read)).await;
                    continue;
                }
                _ => {
                    self.say(reply("result", json!({}))).await;
                    continue;
                }
            };
            match ending {
                Ending::Tells { trace, is_lossy } => {
                    self.trace = trace;
                    self.say(reply("result", json!({}))).await;
                    let complete = json!({ "dataLossOccurred": is_lossy, "stream": "1", "traceFormat": "proto" });
                    self.tell("Tracing.tracingComplete", complete).await;
                }
                Ending::Refuses => {
                    self.say(reply("error", json!({ "code": -32000, "message": "Tracing is not started" }))).await;
                }
                Ending::Exits => return self.say(reply("result", json!({}))).await,
            }
        }
    }
}

/// The events of a recording whose first trace ends like this, read twice, then stopped.
async fn recorded(first: Ending) -> Vec<Event> {
    let (writes, from_browser) = pipe().unwrap();
    let (to_browser, reads) = pipe().unwrap();
    let (from_browser, to_browser) =
        (from_browser.into_nonblocking_fd().unwrap(), to_browser.into_nonblocking_fd().unwrap());
    let mux = Mux::start(Handle::current(), from_browser, to_browser, Arc::new(Meter::default())).unwrap();
    let browser =
        tokio::spawn(Scripted { reads: BufReader::new(reads), writes, first: Some(first), trace: WHOLE }.serve());
    let (sender, mut entries) = mpsc::channel::<Entry>(64);
    let recorder = Recorder::start(&mux, clock(), Options::new(Record::Metadata), sender).await.unwrap();
    recorder.ready().await;
    // It traces by itself from its first page on, and this browser has none.
    recorder.yield_tracing().await;
    recorder.retake_tracing().await;
    recorder.flush().await;
    recorder.flush().await;
    recorder.stop().await;
    drop(recorder);
    mux.close();
    browser.await.unwrap();
    let mut events = Vec::new();
    while let Some(entry) = entries.recv().await {
        events.push(entry.event);
    }
    events
}

fn marker() -> Event {
    Event::Dropped(Dropped { count: 0, reason: "trace".to_owned() })
}

#[tokio::test]
async fn a_trace_that_is_whole_is_not_marked() {
    assert_eq!(recorded(Ending::Tells { trace: WHOLE, is_lossy: false }).await, []);
}

#[tokio::test]
async fn what_the_browser_lost_of_its_trace_is_marked_once() {
    assert_eq!(recorded(Ending::Tells { trace: WHOLE, is_lossy: true }).await, [marker()]);
}

#[tokio::test]
async fn a_part_that_cannot_be_read_is_marked() {
    // No packet; one that is no message; an event of a sequence that has lost what came before it; one that is cut off.
    let no_sequence = b"\x0a\x08\x40\x01\x50\x01\x5a\x02\x48\x03";
    for trace in [b"no trace".as_slice(), b"\x0a\x02\xff\xff", no_sequence, WHOLE.split_at(7).0] {
        assert_eq!(recorded(Ending::Tells { trace, is_lossy: false }).await, [marker()], "{trace:?}");
    }
}

#[tokio::test]
async fn a_trace_that_nobody_gives_is_marked() {
    assert_eq!(recorded(Ending::Refuses).await, [marker()]);
}

#[tokio::test]
async fn a_trace_that_goes_with_its_browser_is_marked() {
    assert_eq!(recorded(Ending::Exits).await, [marker()]);
}
