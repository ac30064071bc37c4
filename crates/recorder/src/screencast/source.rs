//! One page's screencast: a session of its own on the page, and the frames that come from it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hangar_cdp::{
    Mux, SessionKey,
    mux::{CallError, Events, InternalSession, TargetInfo},
};
use serde::Deserialize;
use serde_json::json;
use tokio::{sync::watch, time::Instant};

use super::{
    Wish,
    frame::{Frame, ScreencastFrame},
};

/// After this long without a frame a page is taken to be at rest, and an acknowledgement to have arrived: the browser waits
/// once two frames are not acknowledged (seen on Chromium 156), and what it draws meanwhile is never sent, so that of frames
/// that come closer together the last may be missing.
const REST: Duration = Duration::from_millis(200);

/// A page that sends no frame at once is asked for a picture.
const FIRST_FRAME: Duration = Duration::from_millis(700);

/// How long a picture may take.
const PICTURE: Duration = Duration::from_secs(10);

pub(super) struct Source {
    session: InternalSession,
    page: SessionKey,
    frames: watch::Sender<Option<Arc<Frame>>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    next_watcher: u64,
    watchers: HashMap<u64, Watcher>,
    /// What the browser was last told to send.
    format: Option<Format>,
    /// Frames that came and were not acknowledged: how many, and of which run of the screencast.
    unacked: usize,
    run: i64,
    last: u64,
    acked_at: Option<Instant>,
    /// Whether the last frames came so close together that one behind them may have been lost.
    is_crowded: bool,
    is_over: bool,
}

struct Watcher {
    wish: Wish,
    seen: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Format {
    width: u32,
    height: u32,
    quality: u8,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attached {
    session_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    target_info: TargetInfo,
}

#[derive(Deserialize)]
struct Picture<'a> {
    #[serde(borrow)]
    data: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layout {
    css_visual_viewport: Viewport,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Viewport {
    client_width: f64,
    client_height: f64,
    page_x: f64,
    page_y: f64,
}

impl Source {
    pub(super) async fn start(mux: &Mux, target: &str) -> Result<Arc<Self>, CallError> {
        let (session, events) = mux.open_session().await?;
        let reply = session.call("Target.getTargetInfo", &json!({ "targetId": target })).await?;
        let told: Told = serde_json::from_str(reply.get()).map_err(|_| CallError::Unreadable)?;
        let params = json!({ "targetId": target, "flatten": true });
        let reply = session.call("Target.attachToTarget", &params).await?;
        let attached: Attached = serde_json::from_str(reply.get()).map_err(|_| CallError::Unreadable)?;
        let page = SessionKey::parse(attached.session_id.as_bytes()).ok_or(CallError::Unreadable)?;
        session.equip(page, &told.target_info);
        let source = Arc::new(Self { session, page, frames: watch::Sender::new(None), state: Mutex::default() });
        tokio::spawn(follow(Arc::downgrade(&source), events));
        Ok(source)
    }

    pub(super) fn is_over(&self) -> bool {
        self.lock().is_over
    }

    pub(super) fn join(self: &Arc<Self>, wish: Wish) -> (u64, watch::Receiver<Option<Arc<Frame>>>) {
        let mut state = self.lock();
        let id = state.next_watcher;
        state.next_watcher += 1;
        state.watchers.insert(id, Watcher { wish, seen: 0 });
        let is_first = state.format.is_none();
        self.reconcile(&mut state);
        drop(state);
        if is_first {
            tokio::spawn(picture_unless_sent(Arc::downgrade(self)));
        }
        (id, self.frames.subscribe())
    }

    pub(super) fn leave(&self, id: u64) {
        let mut state = self.lock();
        state.watchers.remove(&id);
        self.reconcile(&mut state);
    }

    /// Whether this watcher has not seen the frame.
    pub(super) fn is_news(&self, watcher: u64, number: u64) -> bool {
        self.lock().watchers.get(&watcher).is_some_and(|watcher| watcher.seen < number)
    }

    /// A watcher has the frame: the browser may send more.
    pub(super) fn taken(self: &Arc<Self>, watcher: u64, number: u64) {
        let mut state = self.lock();
        if let Some(watcher) = state.watchers.get_mut(&watcher) {
            watcher.seen = number;
        }
        let (unacked, run) = (std::mem::take(&mut state.unacked), state.run);
        if unacked > 0 {
            state.acked_at = Some(Instant::now());
        }
        let may_lack_one = number == state.last && std::mem::take(&mut state.is_crowded);
        drop(state);
        for _ in 0..unacked {
            self.session.send_on(self.page, "Page.screencastFrameAck", &json!({ "sessionId": run }));
        }
        if may_lack_one {
            tokio::spawn(refresh_at_rest(Arc::downgrade(self), number));
        }
    }

    /// Tells the browser to send what the watchers want together, where that has changed.
    fn reconcile(&self, state: &mut State) {
        let most = |one: Format, other: Format| Format {
            width: one.width.max(other.width),
            height: one.height.max(other.height),
            quality: one.quality.max(other.quality),
        };
        let wishes = state.watchers.values().map(|watcher| watcher.wish);
        let format = wishes.map(|Wish { width, height, quality, .. }| Format { width, height, quality }).reduce(most);
        if format == state.format {
            return;
        }
        state.format = format;
        self.begin(state);
    }

    /// Starts the screencast anew, which also sends the page as it looks now.
    fn begin(&self, state: &mut State) {
        state.unacked = 0;
        match state.format {
            Some(Format { width, height, quality }) => {
                let params = json!({ "format": "jpeg", "quality": quality, "maxWidth": width, "maxHeight": height });
                self.session.send_on(self.page, "Page.startScreencast", &params);
            }
            None => self.session.send_on(self.page, "Page.stopScreencast", &json!({})),
        }
    }

    fn arrived(&self, wire: ScreencastFrame<'_>) {
        let mut state = self.lock();
        if state.run != wire.session_id {
            (state.run, state.unacked) = (wire.session_id, 0);
        }
        state.is_crowded |= state.unacked > 0 || state.acked_at.is_some_and(|at| at.elapsed() < REST);
        state.unacked += 1;
        state.last += 1;
        if let Some(frame) = wire.decode(state.last) {
            self.frames.send_replace(Some(Arc::new(frame)));
        }
    }

    /// Asks for a picture: for pages that send no frames.
    async fn picture(&self) -> Result<(), CallError> {
        let params = json!({ "format": "jpeg", "quality": 70 });
        let layout = self.session.call_on(self.page, "Page.getLayoutMetrics", &json!({})).await?;
        let layout: Layout = serde_json::from_str(layout.get()).map_err(|_| CallError::Unreadable)?;
        let reply = self.session.call_on(self.page, "Page.captureScreenshot", &params).await?;
        let picture: Picture<'_> = serde_json::from_str(reply.get()).map_err(|_| CallError::Unreadable)?;
        let jpeg = STANDARD.decode(picture.data).map_err(|_| CallError::Unreadable)?.into();
        let mut state = self.lock();
        if state.last == 0 {
            state.last = 1;
            let Viewport { client_width: width, client_height: height, page_x, page_y } = layout.css_visual_viewport;
            let scroll = (page_x, page_y);
            let frame = Frame { number: 1, jpeg, width, height, offset_top: 0.0, scale: 1.0, scroll, at: None };
            self.frames.send_replace(Some(Arc::new(frame)));
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn follow(source: Weak<Source>, mut events: Events) {
    while let Some(event) = events.recv().await {
        let Some(source) = source.upgrade() else { return };
        match event.method.as_str() {
            "Page.screencastFrame" => {
                if let Ok(wire) = serde_json::from_str(event.params.get()) {
                    source.arrived(wire);
                }
            }
            "Target.detachedFromTarget" => {
                source.lock().is_over = true;
                break;
            }
            _ => {}
        }
    }
    if let Some(source) = source.upgrade() {
        source.lock().is_over = true;
        // The channel stays, so that a watcher learns of the end by a change that brings nothing.
        source.frames.send_replace(None);
    }
}

/// What the browser drew while its frames were not taken was lost: sends for the page's last look once it is at rest.
async fn refresh_at_rest(source: Weak<Source>, after: u64) {
    tokio::time::sleep(REST).await;
    let Some(source) = source.upgrade() else { return };
    let mut state = source.lock();
    if state.last == after && !state.is_over {
        source.begin(&mut state);
    }
}

async fn picture_unless_sent(source: Weak<Source>) {
    tokio::time::sleep(FIRST_FRAME).await;
    let Some(source) = source.upgrade() else { return };
    if source.lock().last == 0 {
        match tokio::time::timeout(PICTURE, source.picture()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a page gave no picture"),
            Err(_) => tracing::debug!("a page gave no picture in time"),
        }
        // A screencast that began while the page changed its process may have been lost with the old one.
        let mut state = source.lock();
        if state.last <= 1 && !state.is_over {
            source.begin(&mut state);
        }
    }
}
