//! The loop over the browser's events. It never waits for anything but the next one.

use std::sync::Arc;

use hangar_cdp::mux::{self, Events};
use hangar_domain::timeline::{Event, Navigation};
use serde::Deserialize;

use crate::{arrive::Frame, network::LoadingFailed, shared::Shared, targets::Kind, tracer::stream};

/// So much of the trace's buffer may be used before it is read.
const FILLING: f64 = 0.2;

/// A trace that has grown by so much of its buffer tells of something.
const STIRRING: f64 = 0.0005;

#[derive(Deserialize)]
struct FrameNavigated {
    frame: Frame,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WithinDocument {
    frame_id: String,
    url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FrameAttached {
    frame_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartedNavigating {
    frame_id: String,
    url: String,
    loader_id: String,
    #[serde(default)]
    navigation_type: String,
}

#[derive(Deserialize)]
struct Fired {
    timestamp: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BufferUsage {
    percent_full: Option<f64>,
}

pub(crate) async fn follow(shared: Arc<Shared>, mut events: Events) {
    while let Some(event) = events.recv().await {
        shared.on(&event);
    }
    // The tracer may be waiting for what will never come.
    {
        let mut state = shared.lock();
        if !state.is_all_told() {
            state.told = state.ended;
            shared.trace_lost();
        }
    }
    shared.traced.notify_one();
}

impl Shared {
    fn on(self: &Arc<Self>, event: &mux::Event) {
        match event.method.split_once('.') {
            Some(("Network", method)) => self.on_network(method, event),
            Some(("Page", method)) => self.on_page(method, event),
            Some(("Tracing", method)) => self.on_tracing(method, event),
            Some(("Runtime", "consoleAPICalled")) => self.console_called(event),
            Some(("Runtime", "exceptionThrown")) => self.exception_thrown(event),
            Some(("Log", "entryAdded")) => self.log_added(event),
            Some(("Inspector", "targetCrashed")) => self.session_crashed(event),
            Some(("Target", "attachedToTarget")) => self.attached(event),
            Some(("Target", "detachedFromTarget")) => self.detached(event),
            Some(("Target", "targetInfoChanged")) => self.info_changed(event),
            Some(("Target", "targetCrashed")) => self.target_crashed(event),
            _ => {}
        }
    }

    fn on_network(&self, method: &str, event: &mux::Event) {
        let mut state = self.lock();
        let page = state.page_of(event.session);
        let page = page.as_deref();
        match method {
            "requestWillBeSent" => {
                if let Some(sent) = event.params() {
                    state.book.sent(sent, page);
                    self.request_left(&mut state, event.session);
                }
            }
            "responseReceived" => {
                if let Some(received) = event.params::<crate::network::ResponseReceived>() {
                    state.book.received(received, page);
                }
            }
            "requestServedFromCache" => event.params().iter().for_each(|served| state.book.cached(served)),
            "dataReceived" => event.params().iter().for_each(|data| state.book.data(data)),
            "loadingFinished" => event.params().iter().for_each(|finished| state.book.finished(finished)),
            "loadingFailed" => event.params().iter().for_each(|failed: &LoadingFailed| state.book.failed(failed)),
            _ => return,
        }
        self.emit_requests(&mut state);
    }

    fn on_tracing(self: &Arc<Self>, method: &str, event: &mux::Event) {
        match method {
            "tracingComplete" => drop(tokio::spawn(stream::join(self.clone(), event.params()))),
            "bufferUsage" => {
                let usage = event.params::<BufferUsage>().and_then(|usage| usage.percent_full);
                usage.into_iter().for_each(|usage| self.buffer_used(usage));
            }
            _ => {}
        }
    }

    fn buffer_used(&self, usage: f64) {
        let mut state = self.lock();
        let before = *state.usage.get_or_insert(usage);
        if usage > FILLING {
            state.is_filling = true;
            self.stirred.notify_one();
        } else if usage - before > STIRRING {
            self.stirring(&mut state);
        }
    }

    fn on_page(self: &Arc<Self>, method: &str, event: &mux::Event) {
        match method {
            "frameNavigated" => self.frame_navigated(event),
            "navigatedWithinDocument" => self.navigated_within(event),
            "frameAttached" => {
                if let Some(FrameAttached { frame_id }) = event.params() {
                    let mut state = self.lock();
                    if let Some(page) = state.page_of(event.session) {
                        state.book.frame(&frame_id, &page);
                    }
                }
            }
            "frameStartedNavigating" => self.started_navigating(event),
            "loadEventFired" => {
                let mut state = self.lock();
                self.loaded(&mut state);
                if let Some(page) = state.page_of(event.session) {
                    self.look_at_arrivals(&mut state, &page);
                }
            }
            "domContentEventFired" => {
                if let Some(Fired { timestamp }) = event.params() {
                    let mut state = self.lock();
                    if let Some(page) = state.page_of(event.session) {
                        state.book.document_complete(&page, timestamp);
                        self.look_at_arrivals(&mut state, &page);
                    }
                }
            }
            // The session that sets where downloads go is another one; these events come without that.
            "downloadWillBegin" => self.download_begins(event),
            "downloadProgress" => self.download_progresses(event),
            "javascriptDialogOpening" => self.dialog_opening(event),
            "javascriptDialogClosed" => self.dialog_closed(event),
            _ => {}
        }
    }

    fn started_navigating(&self, event: &mux::Event) {
        let Some(started) = event.params::<StartedNavigating>() else { return };
        if matches!(started.navigation_type.as_str(), "sameDocument" | "historySameDocument") {
            return;
        }
        let mut state = self.lock();
        let Some(page) = state.page_of(event.session) else { return };
        state.book.navigating(&started.loader_id, &started.url, &page);
        if started.frame_id == page {
            state.leaving.insert(page, started.loader_id);
            self.navigating(&mut state);
        }
    }

    fn frame_navigated(self: &Arc<Self>, event: &mux::Event) {
        if let Some(FrameNavigated { frame }) = event.params() {
            let page = self.lock().page_of(event.session);
            page.into_iter().for_each(|page| self.arrived(page, &frame));
        }
    }

    fn navigated_within(&self, event: &mux::Event) {
        let Some(WithinDocument { frame_id, url }) = event.params() else { return };
        let url = self.url(&url);
        let mut state = self.lock();
        let is_page = state.targets.get(&event.session).is_some_and(|target| target.kind == Kind::Page);
        let Some(page) = state.observed.page(&frame_id).filter(|_| is_page) else { return };
        url.clone_into(&mut page.url);
        let title = page.title.clone();
        self.look_at_titles(&mut state);
        drop(state);
        let navigation = Navigation { page: frame_id, url, title, same_document: true, failure: None };
        self.emit(Event::Navigation(navigation));
    }
}
