//! The recording: one append-only file per session that holds how it looked, what happened and what was typed and clicked.
//!
//! It is written as things happen, by a thread of its own, and is readable up to the last moment whatever becomes of the
//! server: nothing in it is ever changed in place, and a reader stops at the first record that is not whole. There is no
//! encoder; pictures are kept as the browser made them. Writing must never hold up or fail a session: what the disk does
//! not take is counted and given up.
//!
//! # The file
//!
//! Eight bytes `HGR`, a version, `\r\n\x1a\n`; then records. All numbers are little endian.
//!
//! | bytes | what |
//! | --- | --- |
//! | 4 | length of the payload |
//! | 1 | kind: 1 head, 2 frame, 3 entry, 4 input, 5 index |
//! | 3 | zero |
//! | 8 | microseconds since the session's start |
//! | 4 | CRC-32 (ISO-HDLC) of the payload |
//! | 4 | CRC-32 of the twenty bytes before |
//! | n | the payload |
//!
//! The head is the first record and JSON ([`Head`]); an entry is a [`timeline::Entry`](hangar_domain::timeline::Entry) and
//! an input an [`Input`], both JSON. A frame is the length of its JSON in two bytes, the JSON (`page`, `width`, `height`),
//! and a JPEG. The index is written when the recording is closed, as the last record: 24 bytes for each record between
//! (time, offset, length, kind), and in its last 8 bytes its own offset. A file without one is read head by head.
//!
//! Records are handed to the kernel within a second, so a SIGKILL loses no more than that. They are not synced: after a
//! loss of power the file ends where the disk had got to.

mod error;
mod find;
mod format;
mod index;
mod queue;
mod reader;
mod thin;
mod writer;

use std::time::Duration;

use hangar_domain::{SessionId, timeline::Actor, timeline::Record};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::screencast;

pub use self::{
    error::Error,
    format::Kind,
    index::Slot,
    reader::{Note, Reader, Tail},
    writer::{Limits, Summary, Writer},
};

/// What a recording says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Whose it is.
    pub session: SessionId,
    /// What all times in the file count from.
    pub started: Timestamp,
    /// How much is kept.
    pub record: Record,
}

/// A picture of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// When it was taken.
    pub at: Timestamp,
    /// Of which page: its target id.
    pub page: String,
    /// The width of what it shows, CSS pixels; the picture itself may be smaller.
    pub width: u32,
    /// The height of what it shows, CSS pixels.
    pub height: u32,
    /// The picture (JPEG).
    pub jpeg: bytes::Bytes,
}

/// A person's or a client's pointer or key. Never which key: what was typed may be a password.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// When.
    pub at: Timestamp,
    /// Into which page.
    pub page: String,
    /// By whom.
    pub by: Actor,
    /// What was done.
    pub what: Gesture,
    /// Where, CSS pixels from the left of the view; zero for keys.
    #[serde(default)]
    pub x: f64,
    /// Where, CSS pixels from the top of the view; zero for keys.
    #[serde(default)]
    pub y: f64,
}

/// What a hand does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gesture {
    /// The pointer moved.
    Move,
    /// A button went down.
    Down,
    /// A button came up.
    Up,
    /// The wheel turned.
    Wheel,
    /// A finger touched.
    Touch,
    /// Some key was pressed, or text was put in.
    Key,
}

impl Frame {
    /// What the screencast of `page` showed at `at`.
    #[must_use]
    pub fn seen(page: &str, frame: &screencast::Frame, at: Timestamp) -> Self {
        // A size is a few thousand pixels; the cast saturates whatever a browser may say.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
        let pixels = |length: f64| (length / frame.scale).round() as u32;
        let (width, height) = (pixels(frame.width), pixels(frame.height));
        Self { at, page: page.to_owned(), width, height, jpeg: frame.jpeg.clone() }
    }
}

impl Head {
    /// How long after the start `at` is; nothing where it is before.
    #[must_use]
    pub fn time(&self, at: Timestamp) -> Duration {
        Duration::try_from(at.duration_since(self.started)).unwrap_or_default()
    }

    /// The moment `time` after the start.
    #[must_use]
    pub fn at(&self, time: Duration) -> Timestamp {
        self.started.saturating_add(time).unwrap_or(self.started)
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
