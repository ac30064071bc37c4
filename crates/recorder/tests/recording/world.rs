//! Recordings to write and compare.

use std::{path::PathBuf, time::Duration};

use hangar_domain::{
    SessionId,
    timeline::{Console, Entry, Event, Level, Record},
};
use hangar_recorder::recording::{Frame, Head, Limits, Reader, Writer};
use hangar_testkit::wait;
use jiff::Timestamp;
use tempfile::TempDir;

/// A folder with a place for one recording.
pub(crate) struct World {
    folder: TempDir,
    pub(crate) head: Head,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), head: head() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("a.hgr")
    }

    pub(crate) fn writer(&self, limits: Limits) -> Writer {
        Writer::create(&self.path(), self.head.clone(), limits).unwrap()
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::open(&self.path()).unwrap()
    }

    pub(crate) fn files(&self) -> usize {
        std::fs::read_dir(self.folder.path()).unwrap().count()
    }
}

pub(crate) fn head() -> Head {
    let session: SessionId = format!("sess_{:032x}", 7).parse().unwrap();
    Head { session, started: Timestamp::from_second(1_800_000_000).unwrap(), record: Record::Full }
}

/// `millis` after the start.
pub(crate) fn at(millis: u64) -> Timestamp {
    head().at(Duration::from_millis(millis))
}

pub(crate) fn frame(millis: u64, jpeg: Vec<u8>) -> Frame {
    Frame { at: at(millis), page: "P".to_owned(), width: 1280, height: 720, jpeg: jpeg.into() }
}

pub(crate) fn line(millis: u64, text: &str) -> Entry {
    let console = Console {
        level: Level::Log,
        text: text.to_owned(),
        source: "console-api".to_owned(),
        url: None,
        line: None,
        stack: Vec::new(),
        page: None,
    };
    Entry { at: at(millis), event: Event::Console(console) }
}

/// The console lines of a recording.
pub(crate) fn lines(reader: &Reader) -> Vec<String> {
    let text = |entry: Entry| match entry.event {
        Event::Console(console) => Some(console.text),
        _ => None,
    };
    reader.entries().filter_map(|entry| text(entry.unwrap())).collect()
}

/// Every picture of a recording.
pub(crate) fn frames(reader: &Reader) -> Vec<Frame> {
    reader.frames_between(Duration::ZERO, Duration::MAX).map(Result::unwrap).collect()
}

/// Waits until `condition` holds.
pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    wait::eventually(what, async || condition().then_some(()).ok_or_else(|| "not yet".to_owned())).await;
}
