//! How a page looks, as it changes: one source of JPEG frames per page, however many watch (CDP
//! `Page.startScreencast`).
//!
//! The newest frame wins: whoever is slow misses frames and never holds up the others. The browser is told to go on only
//! once some watcher has taken what it sent, so it draws for the fastest of them and for nobody otherwise. Nothing is
//! captured while nobody watches. Frames may show passwords: they must never be logged.

mod frame;
mod source;

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::Duration,
};

use hangar_cdp::{Mux, mux::CallError};
use tokio::{
    sync::{Mutex, watch},
    time::Instant,
};

pub use self::frame::Frame;
use self::source::Source;

/// What a watcher can make use of. A source gives the most that any of its watchers wants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wish {
    /// Most pixels across.
    pub width: u32,
    /// Most pixels down.
    pub height: u32,
    /// JPEG quality, 1 to 100.
    pub quality: u8,
    /// Least time from one frame to the next.
    pub interval: Duration,
}

impl Default for Wish {
    fn default() -> Self {
        Self { width: 1280, height: 1280, quality: 70, interval: Duration::from_millis(100) }
    }
}

/// The sources of one browser.
pub struct Screencasts {
    mux: Mux,
    sources: Mutex<HashMap<String, Weak<Source>>>,
}

/// One watcher of a page; its source ends with its last watcher.
pub struct Watch {
    source: Arc<Source>,
    id: u64,
    frames: watch::Receiver<Option<Arc<Frame>>>,
    interval: Duration,
    next: Instant,
}

impl Screencasts {
    /// Of the browser behind `mux`. Captures nothing yet.
    #[must_use]
    pub fn new(mux: &Mux) -> Self {
        Self { mux: mux.clone(), sources: Mutex::default() }
    }

    /// Watches the page `target`.
    ///
    /// # Errors
    /// [`CallError`] when there is no such page or the browser does not answer.
    pub async fn watch(&self, target: &str, wish: Wish) -> Result<Watch, CallError> {
        let mut sources = self.sources.lock().await;
        let running = sources.get(target).and_then(Weak::upgrade).filter(|source| !source.is_over());
        let source = match running {
            Some(source) => source,
            None => {
                let source = Source::start(&self.mux, target).await?;
                sources.retain(|_, source| source.strong_count() > 0);
                sources.insert(target.to_owned(), Arc::downgrade(&source));
                source
            }
        };
        drop(sources);
        let (id, frames) = source.join(wish);
        Ok(Watch { source, id, frames, interval: wish.interval, next: Instant::now() })
    }
}

impl Watch {
    /// The next frame that this watcher has time for; `None` once the page is gone.
    pub async fn next(&mut self) -> Option<Arc<Frame>> {
        tokio::time::sleep_until(self.next).await;
        let frame = loop {
            // A frame from before this watcher came is news to it.
            let newest = self.frames.borrow_and_update().clone();
            match newest.filter(|frame| self.source.is_news(self.id, frame.number)) {
                Some(frame) => break frame,
                None if self.source.is_over() => return None,
                None => self.frames.changed().await.ok()?,
            }
        };
        self.next = Instant::now() + self.interval;
        self.source.taken(self.id, frame.number);
        Some(frame)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.source.leave(self.id);
    }
}
