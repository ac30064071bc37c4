//! Filming a session: everything that happens goes to its recording, and at the level [`Record::Full`] the page in which
//! something happens is watched, one page at a time, as a person would look.
//!
//! It must never hold up the session: pictures that come too fast are passed over by the screencast, and what the disk
//! does not take is counted by the [`Writer`].

mod hand;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hangar_domain::{
    Clock,
    timeline::{Actor, Entry, Event, PageChange, Record},
};
use tokio::{sync::watch, task::JoinHandle};

use self::hand::Thinning;
use crate::{
    recording::{Frame, Gesture, Input, Summary, Writer},
    screencast::{Screencasts, Wish},
};

/// What a recording asks of a screencast: enough to read a page by, and to see it move.
const WISH: Wish = Wish { width: 1280, height: 1280, quality: 60, interval: Duration::from_millis(125) };

/// One session's film. The camera stops when it is closed or dropped.
pub struct Film {
    writer: Writer,
    clock: Arc<dyn Clock>,
    hands: Mutex<Thinning>,
    /// The pages that are open, the one in which something happened last at the end.
    open: Mutex<Vec<String>>,
    focus: watch::Sender<Option<String>>,
    camera: Option<JoinHandle<()>>,
}

impl Film {
    /// Begins to film into `writer`, as much as its head says.
    #[must_use]
    pub fn start(screencasts: Arc<Screencasts>, writer: Writer, clock: Arc<dyn Clock>) -> Arc<Self> {
        let (focus, focused) = watch::channel(None);
        let camera = (writer.head().record == Record::Full).then(|| {
            let camera = Camera { screencasts, writer: writer.clone(), clock: clock.clone() };
            tokio::spawn(camera.roll(focused))
        });
        Arc::new(Self { writer, clock, hands: Mutex::default(), open: Mutex::default(), focus, camera })
    }

    /// Adds something that happened, and looks where it did.
    pub fn entry(&self, entry: &Entry) {
        self.rest_hands();
        self.writer.entry(entry);
        self.look(&entry.event);
    }

    /// Adds what a hand does now in a page, at a place in CSS pixels of the view (zero for keys). Moves are thinned out, and
    /// so is whatever comes faster than hands are.
    pub fn hand(&self, page: &str, by: Actor, what: Gesture, (x, y): (f64, f64)) {
        let input = Input { at: self.clock.now(), page: page.to_owned(), by, what, x, y };
        let mut hands = self.hands.lock().unwrap_or_else(PoisonError::into_inner);
        hands.next(input).for_each(|input| self.writer.input(&input));
    }

    fn rest_hands(&self) {
        let resting = self.hands.lock().unwrap_or_else(PoisonError::into_inner).rest();
        resting.into_iter().for_each(|input| self.writer.input(&input));
    }

    /// Stops the camera and waits until all that was filmed is written.
    pub async fn close(&self) -> Summary {
        self.stop();
        self.rest_hands();
        self.writer.close().await
    }

    fn stop(&self) {
        if let Some(camera) = &self.camera {
            camera.abort();
        }
    }

    fn look(&self, event: &Event) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Page(page) => {
                open.retain(|open| *open != page.page);
                if page.change == PageChange::Opened {
                    open.push(page.page.clone());
                }
            }
            Event::Navigation(navigation) => bring_forward(&mut open, &navigation.page),
            Event::Action(action) => {
                if let Some(page) = action.details.get("page").and_then(serde_json::Value::as_str) {
                    bring_forward(&mut open, page);
                }
            }
            _ => return,
        }
        self.focus.send_if_modified(|focus| {
            let is_news = focus.as_ref() != open.last();
            *focus = open.last().cloned();
            is_news
        });
    }
}

impl Drop for Film {
    fn drop(&mut self) {
        self.stop();
    }
}

fn bring_forward(open: &mut Vec<String>, page: &str) {
    if let Some(place) = open.iter().position(|open| open == page) {
        let page = open.remove(place);
        open.push(page);
    }
}

struct Camera {
    screencasts: Arc<Screencasts>,
    writer: Writer,
    clock: Arc<dyn Clock>,
}

impl Camera {
    async fn roll(self, mut focus: watch::Receiver<Option<String>>) {
        loop {
            let page = focus.borrow_and_update().clone();
            let changed = match &page {
                Some(page) => tokio::select! {
                    () = self.shoot(page) => focus.changed().await,
                    changed = focus.changed() => changed,
                },
                None => focus.changed().await,
            };
            if changed.is_err() {
                return;
            }
        }
    }

    /// Takes pictures of a page until it is gone.
    async fn shoot(&self, page: &str) {
        let mut watch = match self.screencasts.watch(page, WISH).await {
            Ok(watch) => watch,
            Err(error) => {
                tracing::debug!(%error, session.id = %self.writer.head().session, "a page was gone before it was filmed");
                return;
            }
        };
        while let Some(frame) = watch.next().await {
            self.writer.frame(Frame::seen(page, &frame, self.clock.now()));
        }
    }
}
