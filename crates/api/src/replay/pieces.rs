//! The pieces that the page loads: the outline, pictures in batches, and what happened.

use std::time::Duration;

use axum::{
    extract::{Path, Query},
    response::{IntoResponse as _, Response},
};
use bytes::{BufMut as _, BytesMut};
use hangar_control::recordings::{Frame, Kind, Note, Tail};
use http::header;
use serde::{Deserialize, Serialize};
use serde_json::{json, value::RawValue};

use super::{Refusal, open};
use crate::faces::{self, Shared};

/// Entries in one answer.
const MOST_ENTRIES: usize = 1000;

/// Microseconds since the session's start.
#[derive(Deserialize)]
pub(super) struct Span {
    #[serde(default)]
    from: u64,
    #[serde(default = "forever")]
    to: u64,
}

#[derive(Deserialize)]
pub(super) struct Page {
    /// How many entries are known already.
    #[serde(default)]
    after: usize,
    #[serde(default = "most")]
    limit: usize,
}

/// An entry or input as the page gets it.
#[derive(Serialize)]
struct Item<'a> {
    /// Microseconds since the session's start.
    t: u64,
    kind: &'static str,
    data: &'a RawValue,
}

fn forever() -> u64 {
    u64::MAX
}

fn most() -> usize {
    MOST_ENTRIES
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// `GET …/manifest?from=`: what there is, with the places of the pictures from `from` on.
pub(super) async fn manifest(state: Shared, Path(token): Path<String>, Query(span): Query<Span>) -> Response {
    let answer = async {
        let opened = open(&state, &token)?;
        let from = Duration::from_micros(span.from);
        let manifest = state.control.recordings().manifest(opened.session, from).await?;
        let (times, sizes): (Vec<u64>, Vec<u32>) = manifest.frames.into_iter().unzip();
        let tail = match manifest.tail {
            Tail::Closed => "closed",
            Tail::Open => "open",
            Tail::Torn { .. } => "torn",
        };
        Ok::<_, Refusal>(json!({
            "session": opened.session,
            "startedAt": manifest.head.started,
            "expiresAt": opened.pass.expires_at,
            "record": manifest.head.record,
            "duration": micros(manifest.duration),
            "bytes": manifest.bytes,
            "entries": manifest.notes,
            "frames": { "times": times, "bytes": sizes },
            "tail": tail,
            "live": state.control.is_live(opened.session),
        }))
    };
    match answer.await {
        Ok(json) => faces::json_response(http::StatusCode::OK, &json),
        Err(refusal) => refusal.into(),
    }
}

/// `GET …/frames?from=&to=`: pictures from `from` until before `to`, as many as one answer holds; the page asks on from
/// the last. Each is its time (8 bytes), the width and height of what it shows (4 each), the lengths of its page's id (2)
/// and of the picture (4), the id, the picture; little endian.
pub(super) async fn frames(state: Shared, Path(token): Path<String>, Query(span): Query<Span>) -> Response {
    let answer = async {
        let opened = open(&state, &token)?;
        let range = Duration::from_micros(span.from)..Duration::from_micros(span.to);
        let recordings = state.control.recordings();
        let head = recordings.manifest(opened.session, Duration::MAX).await?.head;
        let frames = recordings.frames(opened.session, range).await?;
        Ok::<_, Refusal>(batch(&frames, |frame| micros(head.time(frame.at))))
    };
    match answer.await {
        Ok(batch) => ([(header::CONTENT_TYPE, "application/octet-stream")], batch.freeze()).into_response(),
        Err(refusal) => refusal.into(),
    }
}

/// `GET …/entries?after=&limit=`: what happened, in the order in which it came to be known.
pub(super) async fn entries(state: Shared, Path(token): Path<String>, Query(page): Query<Page>) -> Response {
    let answer = async {
        let opened = open(&state, &token)?;
        let limit = page.limit.clamp(1, MOST_ENTRIES);
        Ok::<_, Refusal>(state.control.recordings().notes(opened.session, page.after, limit).await?)
    };
    match answer.await {
        Ok(notes) => {
            let items: Vec<_> = notes.iter().filter_map(item).collect();
            let next = page.after + notes.len();
            let body = serde_json::to_vec(&Items { entries: items, next }).unwrap_or_default();
            ([(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
        Err(refusal) => refusal.into(),
    }
}

#[derive(Serialize)]
struct Items<'a> {
    entries: Vec<Item<'a>>,
    next: usize,
}

fn item(note: &Note) -> Option<Item<'_>> {
    let kind = match note.kind {
        Kind::Input => "input",
        _ => "entry",
    };
    Some(Item { t: micros(note.time), kind, data: serde_json::from_slice(&note.json).ok()? })
}

fn batch(frames: &[Frame], time: impl Fn(&Frame) -> u64) -> BytesMut {
    let size = frames.iter().map(|frame| 22 + frame.page.len() + frame.jpeg.len()).sum();
    let mut batch = BytesMut::with_capacity(size);
    for frame in frames {
        let Ok(page) = u16::try_from(frame.page.len()) else { continue };
        let Ok(picture) = u32::try_from(frame.jpeg.len()) else { continue };
        batch.put_u64_le(time(frame));
        batch.put_u32_le(frame.width);
        batch.put_u32_le(frame.height);
        batch.put_u16_le(page);
        batch.put_u32_le(picture);
        batch.put_slice(frame.page.as_bytes());
        batch.put_slice(&frame.jpeg);
    }
    batch
}
