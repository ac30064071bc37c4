//! The book of all requests: those under way, and the ids of those that are over.

mod join;

use std::collections::HashMap;

use hangar_domain::timeline::Request;
use jiff::Timestamp;

use super::{
    flight::{Flight, Landing},
    hop::Source,
    recent::Recent,
    redirects::Redirects,
    told::{DataReceived, LoadingFailed, LoadingFinished, RequestWillBeSent, ResponseReceived, ServedFromCache},
    traced::micros,
};

/// Ids of requests that are over, which the other source may yet tell.
const SETTLED: usize = 50_000;
/// Navigations, failures and frames remembered for requests that need them.
const REMEMBERED: usize = 4_096;
/// Requests that tell, where none of them was sent elsewhere, that the next ones will not be either.
const TELLING: u64 = 500;
/// A request that is over, and when.
pub(crate) type Over = (Timestamp, Request);

struct Committed {
    url: String,
    page: String,
    complete_at: Option<i64>,
}

/// All requests of a session.
pub(crate) struct Book {
    flights: HashMap<String, Flight>,
    settled: Recent<()>,
    /// Where navigations went, by their loader's id, which is also their request's.
    navigations: Recent<(String, String)>,
    /// Why requests failed, told by the log.
    failures: Recent<String>,
    /// The page that a frame is in.
    frames: Recent<String>,
    /// Documents that pages show, by their loader's id: address, page, and when it was complete.
    committed: HashMap<String, Committed>,
    /// Why documents did not come, by their address, as the trace tells it.
    broken: HashMap<String, String>,
    /// How redirects were answered.
    redirects: Redirects,
    /// Requests that are over since the last that was sent elsewhere.
    direct_count: u64,
    /// Where the navigation that begins next was sent.
    redirected: Option<String>,
    over: Vec<Over>,
    /// Wall time minus monotonic time, microseconds.
    offset: Option<i64>,
    most: usize,
}

impl Book {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            flights: HashMap::new(),
            settled: Recent::new(SETTLED),
            navigations: Recent::new(REMEMBERED),
            failures: Recent::new(REMEMBERED),
            frames: Recent::new(REMEMBERED),
            committed: HashMap::new(),
            broken: HashMap::new(),
            redirects: Redirects::default(),
            direct_count: 0,
            redirected: None,
            over: Vec::new(),
            offset: None,
            most,
        }
    }

    /// The requests that are over since the last call, oldest end first.
    pub(crate) fn take_over(&mut self) -> Vec<Over> {
        let mut over = std::mem::take(&mut self.over);
        over.sort_by_key(|(at, _)| *at);
        over
    }

    /// The requests under way as they are known, oldest first.
    pub(crate) fn pending(&self) -> Vec<Request> {
        let flights = self.flights.iter().filter(|(_, flight)| !flight.hops.is_empty());
        let mut pending: Vec<(i64, Request)> = flights
            .filter_map(|(id, flight)| {
                let hop = flight.hops.last()?;
                let request = Request {
                    id: id.clone(),
                    url: hop.url.clone(),
                    method: hop.method.clone(),
                    resource: hop.resource.clone(),
                    status: hop.status,
                    started: self.wall(hop.sent),
                    page: flight.page.clone(),
                    ..Request::default()
                };
                Some((hop.sent, request))
            })
            .collect();
        pending.sort_by_key(|(sent, _)| *sent);
        pending.into_iter().map(|(_, request)| request).collect()
    }

    /// Whether redirects are to be expected: nobody knows yet, or there was one lately.
    pub(crate) fn expects_redirects(&self) -> bool {
        self.direct_count < TELLING
    }

    /// Notes where a frame goes.
    pub(crate) fn navigating(&mut self, loader: &str, url: &str, page: &str) {
        self.navigations.put(loader, (url.to_owned(), page.to_owned()));
    }

    /// Notes the document that a frame shows.
    pub(crate) fn committed(&mut self, loader: &str, url: &str, page: &str) {
        if !self.settled.has(loader) && self.committed.len() < REMEMBERED {
            let committed = Committed { url: url.to_owned(), page: page.to_owned(), complete_at: None };
            self.committed.insert(loader.to_owned(), committed);
        }
    }

    /// Notes that a page's documents are complete. Their end is told by a renderer, which may begin to trace too late.
    pub(crate) fn document_complete(&mut self, page: &str, at: f64) {
        let of_page = self.committed.values_mut().filter(|committed| committed.page == page);
        of_page.for_each(|committed| committed.complete_at = committed.complete_at.or(Some(micros(at))));
    }

    /// Notes why a request failed, before its end is known.
    pub(crate) fn failing(&mut self, id: &str, reason: &str) {
        self.failures.put(id, reason.to_owned());
    }

    /// Why a request failed, where known.
    pub(crate) fn failure(&self, id: &str) -> Option<&str> {
        self.failures.get(id).map(String::as_str)
    }

    /// Notes the page that a frame is in.
    pub(crate) fn frame(&mut self, frame: &str, page: &str) {
        self.frames.put(frame, page.to_owned());
    }

    /// Whatever this page still waits for has lost its asker.
    pub(crate) fn page_gone(&mut self, page: &str) {
        let of_page = self.flights.values_mut().filter(|flight| flight.page.as_deref() == Some(page));
        of_page.for_each(|flight| flight.orphaned = true);
    }

    pub(crate) fn sent(&mut self, sent: RequestWillBeSent, page: Option<&str>) {
        let at = micros(sent.timestamp);
        self.offset = Some(micros(sent.wall_time) - at);
        if self.is_foreign(&sent.request_id, &sent.request.url) {
            return;
        }
        let page = page.map(str::to_owned).or_else(|| self.page_of(sent.frame_id.as_deref()));
        let resource = sent.r#type.as_deref().unwrap_or("Other");
        let flight = self.flight(&sent.request_id);
        flight.page = flight.page.take().or(page);
        if let Some(redirect) = sent.redirect_response {
            if !flight.shows(&redirect.url) {
                let out = redirect.timing.map_or(at, |timing| timing.moments().0).min(at);
                flight.send(Source::Network, out, &redirect.url, &sent.request.method, resource);
            }
            flight.answered().told(redirect, at);
        }
        let url = sent.request.url + sent.request.url_fragment.as_deref().unwrap_or_default();
        flight.send(Source::Network, at, &url, &sent.request.method, resource);
    }

    pub(crate) fn received(&mut self, received: ResponseReceived, page: Option<&str>) {
        let at = micros(received.timestamp);
        if self.is_foreign(&received.request_id, &received.response.url) {
            return;
        }
        let page = page.map(str::to_owned).or_else(|| self.page_of(received.frame_id.as_deref()));
        let flight = self.flight(&received.request_id);
        flight.page = flight.page.take().or(page);
        // A worker's own script is asked for by its page and answered to the worker.
        let is_worker_script = flight.hops.is_empty() && is_loader(&received.request_id);
        if is_worker_script {
            let out = received.response.timing.map_or(at, |timing| timing.moments().0).min(at);
            flight.send(Source::Network, out, &received.response.url, "GET", &received.r#type);
        }
        flight.count();
        // A service worker answers with whatever it has.
        let hop = match &received.response {
            answer if answer.from_service_worker => flight.answered(),
            answer => flight.answered_by(&answer.url),
        };
        hop.told(received.response, at);
    }

    pub(crate) fn cached(&mut self, served: &ServedFromCache) {
        if let Some(flight) = self.flights.get_mut(&served.request_id) {
            flight.mark_cached();
        }
    }

    pub(crate) fn data(&mut self, data: &DataReceived) {
        if let Some(flight) = self.flights.get_mut(&data.request_id) {
            flight.receive(data.data_length);
        }
    }

    pub(crate) fn finished(&mut self, finished: &LoadingFinished) {
        let landing = Landing { at: micros(finished.timestamp), failure: None };
        self.land(&finished.request_id, landing, super::traced::bytes(finished.encoded_data_length), None);
    }

    pub(crate) fn failed(&mut self, failed: &LoadingFailed) {
        let reason = failed.reason();
        self.failures.put(&failed.request_id, reason.clone());
        let landing = Landing { at: micros(failed.timestamp), failure: Some(reason) };
        self.land(&failed.request_id, landing, None, None);
    }

    /// Gives up whatever is under way, as it is.
    pub(crate) fn give_up(&mut self) {
        let mut ids: Vec<(i64, String)> =
            self.flights.iter().map(|(id, flight)| (flight.began().unwrap_or(i64::MAX), id.clone())).collect();
        ids.sort();
        ids.iter().for_each(|(_, id)| self.settle(id));
    }

    fn land(&mut self, id: &str, landing: Landing, encoded: Option<u64>, decoded: Option<u64>) {
        if self.settled.has(id) {
            return;
        }
        let flight = self.flight(id);
        flight.land(landing, encoded, decoded);
        // Otherwise its beginning or its answer is in a trace that is still to be read.
        if flight.is_whole() {
            self.settle(id);
        }
    }

    fn settle(&mut self, id: &str) {
        let Some(flight) = self.flights.remove(id) else { return };
        self.settled.put(id, ());
        self.direct_count = if flight.hops.len() > 1 { 0 } else { self.direct_count.saturating_add(1) };
        let offset = self.offset;
        let wall = |moment: i64| wall(offset, moment);
        for (at, request) in flight.into_requests(id, wall) {
            self.over.push((wall(at).unwrap_or(Timestamp::UNIX_EPOCH), request));
        }
    }

    /// Whether it is nothing to record, or over already.
    fn is_foreign(&self, id: &str, url: &str) -> bool {
        let asks_nobody = ["data:", "blob:"]
            .iter()
            .any(|scheme| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
        asks_nobody || self.settled.has(id)
    }

    fn flight(&mut self, id: &str) -> &mut Flight {
        if self.flights.len() >= self.most && !self.flights.contains_key(id) {
            let began = |flight: &Flight| flight.began().unwrap_or_default();
            let oldest = self.flights.iter().min_by_key(|(_, flight)| began(flight)).map(|(id, _)| id.clone());
            oldest.iter().for_each(|oldest| self.settle(oldest));
        }
        self.flights.entry(id.to_owned()).or_default()
    }

    fn page_of(&self, frame: Option<&str>) -> Option<String> {
        self.frames.get(frame.filter(|frame| !frame.is_empty())?).cloned()
    }

    fn wall(&self, moment: i64) -> Option<Timestamp> {
        wall(self.offset, moment)
    }
}

fn wall(offset: Option<i64>, moment: i64) -> Option<Timestamp> {
    Timestamp::from_microsecond(offset?.checked_add(moment)?).ok()
}

/// Whether a request id is a loader's or worker's (32 hexadecimal digits); others are `process.number`.
fn is_loader(id: &str) -> bool {
    id.len() == 32 && !id.contains('.')
}
