//! A session's recording as it is written: the pictures of the page that something happens in, and beside them whatever
//! comes onto the timeline.
//!
//! It is one more watcher of the pages' pictures, so that nothing is drawn twice, and nothing at all where nobody asked
//! for it. It must never hold up the session, and never fails it: a recording that cannot be written is missed.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hangar_domain::timeline::{Entry, Event, Record};
use hangar_recorder::{
    recording::{Frame, Gesture, Head, Input, Writer},
    screencast::{self, Wish},
};
use jiff::Timestamp;
use tokio::time::MissedTickBehavior;

use super::{Live, open::Admitted};
use crate::Control;

/// How often it is asked which page something happens in.
const LOOK: Duration = Duration::from_millis(500);

/// Pictures of a recording: small enough to keep, large enough to read.
const PICTURE: Wish = Wish { width: 1280, height: 960, quality: 55, interval: Duration::from_millis(125) };

/// One session's recording.
pub(crate) struct Film {
    writer: Writer,
    /// The page whose pictures are taken.
    page: Mutex<String>,
}

impl Control {
    /// Begins the recording of a session that is kept in full.
    pub(super) fn begin_film(&self, admitted: &Admitted) -> Option<Arc<Film>> {
        if admitted.request.record != Record::Full {
            return None;
        }
        let (session, started) = (admitted.spec.id, admitted.spec.started_at);
        match self.recordings.begin(Head { session, started, record: Record::Full }) {
            Ok(writer) => Some(Arc::new(Film { writer, page: Mutex::default() })),
            Err(error) => {
                tracing::error!(%error, session.id = %session, "a recording could not be begun");
                None
            }
        }
    }

    /// Takes pictures until the session ends.
    pub(super) fn shoot(&self, live: &Arc<Live>) {
        let Some(film) = live.memory.film.clone() else { return };
        let (live, clock) = (live.clone(), self.clock.clone());
        self.tasks.spawn(async move {
            tokio::select! {
                () = film.follow(&live, &*clock) => {}
                _ = live.ending() => {}
            }
        });
    }
}

impl Film {
    /// Keeps what happened, and where a pointer was used, that too.
    pub(crate) fn entry(&self, entry: &Entry) {
        self.writer.entry(entry);
        if let Event::Action(action) = &entry.event
            && let (Some(x), Some(y)) = (action.details["x"].as_f64(), action.details["y"].as_f64())
        {
            let page = self.page.lock().unwrap_or_else(PoisonError::into_inner).clone();
            self.writer.input(&Input { at: entry.at, page, by: action.by, what: Gesture::Down, x, y });
        }
    }

    /// Writes the last of it.
    pub(crate) async fn close(&self) {
        let summary = self.writer.close().await;
        tracing::debug!(recording.bytes = summary.bytes, recording.frames = summary.frames, "a recording is closed");
    }

    async fn follow(&self, live: &Live, clock: &dyn hangar_domain::Clock) {
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut watched: Option<(String, screencast::Watch)> = None;
        loop {
            let frame = match &mut watched {
                Some((page, watch)) => tokio::select! {
                    frame = watch.next() => Some((page.clone(), frame)),
                    _ = look.tick() => None,
                },
                None => {
                    look.tick().await;
                    None
                }
            };
            match frame {
                Some((page, Some(frame))) => self.writer.frame(framed(page, &frame, clock.now())),
                Some((_, None)) => watched = None,
                None => watched = self.turn(live, watched).await,
            }
        }
    }

    /// Turns to the page in which something happened last.
    async fn turn(
        &self,
        live: &Live,
        watched: Option<(String, screencast::Watch)>,
    ) -> Option<(String, screencast::Watch)> {
        let observed = live.memory.recorder.as_ref()?.observed();
        let Some(active) = observed.active_page() else { return watched };
        if watched.as_ref().is_some_and(|(page, _)| *page == active.id) {
            return watched;
        }
        active.id.clone_into(&mut self.page.lock().unwrap_or_else(PoisonError::into_inner));
        // A page that has just gone is no page to watch; the next look finds another.
        let watch = live.stage().screencasts().watch(&active.id, PICTURE).await.ok()?;
        Some((active.id.clone(), watch))
    }
}

fn framed(page: String, frame: &screencast::Frame, now: Timestamp) -> Frame {
    let css = |length: f64| (length / frame.scale).round().clamp(0.0, f64::from(u32::MAX)) as u32;
    Frame {
        at: frame.at.unwrap_or(now),
        page,
        width: css(frame.width),
        height: css(frame.height),
        jpeg: frame.jpeg.clone(),
    }
}
