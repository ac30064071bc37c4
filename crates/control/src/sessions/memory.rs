//! What a session remembers: its timeline, the recorder that fills it, and the film that is played later.
//!
//! A session that nobody asked to record has none of them, and pays for none.

use std::{sync::Arc, time::Duration};

use hangar_browser::ReadyBrowser;
use hangar_cdp::mux::Gate;
use hangar_domain::timeline::{Event, Record};
use hangar_recorder::{Recorder, film::Film, screencast::Screencasts};

use super::{open::Admitted, timeline::Timeline};
use crate::{Control, Error, recordings::Head};

/// How long a session's end waits for its recording's last bytes.
const CLOSING: Duration = Duration::from_secs(5);

/// What is kept of one session while it runs.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) timeline: Option<Timeline>,
    pub(crate) recorder: Option<Recorder>,
    pub(crate) film: Option<Arc<Film>>,
    /// What its pages show, for the film and for whoever watches live.
    pub(crate) screencasts: Option<Arc<Screencasts>>,
}

impl Memory {
    /// Puts something on the timeline, where there is one; what is secret in an action is taken out on the way.
    pub(crate) fn add(&self, event: Event) {
        match (&self.recorder, &self.timeline, event) {
            (Some(recorder), _, Event::Action(action)) => recorder.act(action),
            (Some(recorder), _, event) => recorder.note(event),
            (None, Some(timeline), event) => timeline.add(event),
            (None, None, _) => {}
        }
    }

    /// What recorder and film put in the way of clients, to see what they do.
    pub(crate) fn gates(&self) -> Arc<[Arc<dyn Gate>]> {
        let recorder = self.recorder.as_ref().map(Recorder::gate);
        let film = self.film.clone().map(|film| film as Arc<dyn Gate>);
        recorder.into_iter().chain(film).collect()
    }

    /// Waits until whatever happens from now on is seen.
    pub(crate) async fn ready(&self) {
        if let Some(recorder) = &self.recorder {
            recorder.ready().await;
        }
    }

    /// Somebody has a page go to `url`, and may read at once what came of it.
    pub(crate) async fn navigating(&self, url: &str) {
        if let Some(recorder) = &self.recorder {
            recorder.navigating(url).await;
        }
    }

    /// Waits until everything that has happened by now can be read from the store.
    pub(crate) async fn flush(&self) {
        if let Some(recorder) = &self.recorder {
            recorder.flush().await;
        }
        if let Some(timeline) = &self.timeline {
            timeline.flush().await;
        }
    }

    /// Waits until the documents that are shown by now can be read from the store. Asked again and again, so that it leaves the
    /// trace alone.
    pub(crate) async fn catch_up(&self) {
        if let Some(recorder) = &self.recorder
            && !recorder.catch_up().await
        {
            return;
        }
        if let Some(timeline) = &self.timeline {
            timeline.flush().await;
        }
    }

    /// Writes the last of it: the browser is about to go.
    pub(crate) async fn close(&self) {
        if let Some(recorder) = &self.recorder {
            recorder.stop().await;
        }
        if let Some(timeline) = &self.timeline {
            timeline.close().await;
        }
        if let Some(film) = &self.film
            && tokio::time::timeout(CLOSING, film.close()).await.is_err()
        {
            tracing::warn!("a session ends before the disk has taken all of its recording");
        }
    }
}

impl Control {
    /// Begins to remember a session, as far as it asked for that.
    pub(crate) async fn remember(&self, browser: &ReadyBrowser, admitted: &Admitted) -> Result<Memory, Error> {
        if !admitted.request.has_timeline() {
            return Ok(Memory::default());
        }
        let level = admitted.request.record;
        let screencasts = Arc::new(Screencasts::new(&browser.mux));
        let film = self.film(&screencasts, admitted).await;
        let (store, clock) = (self.store.clone(), self.clock.clone());
        let timeline = Timeline::start(store, clock, admitted.number, film.clone(), &self.tasks);
        let recorder = match level {
            Record::Off => None,
            Record::Metadata | Record::Full => {
                let mut options = hangar_recorder::Options::new(level);
                // Who acts by REST has no client that could answer, and answers by REST.
                options.hold_dialogs = admitted.request.keeps_actions;
                Some(Recorder::start(&browser.mux, self.clock.clone(), options, timeline.sender()).await?)
            }
        };
        Ok(Memory { timeline: Some(timeline), recorder, film, screencasts: Some(screencasts) })
    }

    /// Begins the session's recording. A session goes on without one where the disk does not take it.
    async fn film(&self, screencasts: &Arc<Screencasts>, admitted: &Admitted) -> Option<Arc<Film>> {
        let record = admitted.request.record;
        // Without pictures, the timeline in the store says it all.
        if record != Record::Full {
            return None;
        }
        let head = Head { session: admitted.spec.id, started: self.clock.now(), record };
        let recordings = self.recordings.clone();
        let begun = tokio::task::spawn_blocking(move || recordings.begin(head)).await;
        match begun {
            Ok(Ok(writer)) => Some(Film::start(screencasts.clone(), writer, self.clock.clone())),
            Ok(Err(error)) => {
                let cause = &error as &dyn std::error::Error;
                tracing::warn!(error = cause, session.id = %admitted.spec.id, "a session goes without a recording");
                None
            }
            Err(_) => None,
        }
    }
}
