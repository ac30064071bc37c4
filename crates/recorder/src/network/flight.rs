//! One request on its way: its hops, and what is known of its end.

use hangar_domain::timeline::{Request, ServedFrom};

use super::told::Answer;

/// Both sources see a subresource leave at the same instruction; their clocks are one.
const SAME_MOMENT: i64 = 5_000;

/// Chromium follows twenty.
const MOST_HOPS: usize = 25;

/// Who told of a hop.
#[derive(Clone, Copy, Debug, Default)]
struct Sources {
    network: bool,
    trace: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Network,
    Trace,
}

/// One request of a chain. Times are monotonic microseconds.
#[derive(Default)]
pub(super) struct Hop {
    pub(super) sent: i64,
    pub(super) url: String,
    pub(super) method: String,
    pub(super) resource: String,
    answered: Option<i64>,
    pub(super) status: Option<u16>,
    mime: Option<String>,
    protocol: Option<String>,
    pub(super) headers: Vec<(String, String)>,
    served_from: Option<ServedFrom>,
    encoded: Option<u64>,
    sources: Sources,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Landing {
    pub(super) at: i64,
    pub(super) failure: Option<String>,
}

/// A request with all its hops.
#[derive(Default)]
pub(super) struct Flight {
    pub(super) hops: Vec<Hop>,
    pub(super) page: Option<String>,
    pub(super) landing: Option<Landing>,
    /// An answer that came before anything was known of its request: the worker's own script, or the trace's start is
    /// still to be read.
    pub(super) early: Option<Hop>,
    encoded: Option<u64>,
    decoded: Option<u64>,
    received: u64,
    /// Whether all that was received is in `received`.
    is_counted: bool,
    cached: bool,
    /// Its page is gone; nobody will tell its end.
    pub(super) orphaned: bool,
    /// Known to the trace's own beginning of a navigation.
    pub(super) begun: Option<i64>,
}

impl Flight {
    /// Adds a hop that `source` has seen leaving, unless the other one has told of it already.
    pub(super) fn send(&mut self, source: Source, sent: i64, url: &str, method: &str, resource: &str) {
        let same = self
            .hops
            .iter_mut()
            .find(|hop| !hop.sources.has(source) && (hop.sent - sent).abs() < SAME_MOMENT && hop.url == url);
        if let Some(hop) = same {
            hop.sources.add(source);
            hop.sent = hop.sent.min(sent);
            if source == Source::Network || hop.resource.is_empty() {
                resource.clone_into(&mut hop.resource);
            }
            return;
        }
        if self.hops.len() >= MOST_HOPS {
            return;
        }
        let mut hop = Hop {
            sent,
            url: url.to_owned(),
            method: method.to_owned(),
            resource: resource.to_owned(),
            ..Hop::default()
        };
        hop.sources.add(source);
        let position = self.hops.partition_point(|hop| hop.sent <= sent);
        self.hops.insert(position, hop);
        if position + 1 == self.hops.len()
            && let Some(early) = self.early.take()
            && let Some(last) = self.hops.last_mut()
        {
            last.take_answer_of(early);
        }
    }

    /// The method of a navigation whose beginning told only its address.
    pub(super) fn note_method(&mut self, method: &str) {
        if let Some(hop) = self.hops.first_mut().filter(|hop| !hop.sources.network) {
            method.clone_into(&mut hop.method);
        }
    }

    /// What the trace tells of a document is less than what the `Network` domain tells; a document of the trace alone
    /// takes its hops.
    pub(super) fn is_told_by_network(&self) -> bool {
        self.hops.iter().any(|hop| hop.sources.network)
    }

    /// The answer to the last hop, or to one that is not known yet.
    pub(super) fn answered(&mut self) -> &mut Hop {
        match self.hops.last_mut() {
            Some(hop) => hop,
            None => self.early.get_or_insert_default(),
        }
    }

    /// Whether somebody told of the answer to its last hop.
    pub(super) fn is_answered(&self) -> bool {
        self.hops.last().is_some_and(|hop| hop.status.is_some())
    }

    /// From here on the `Network` domain tells what is received.
    pub(super) fn count(&mut self) {
        self.is_counted = true;
    }

    /// Whether all of it is known: what it was, and its answer or why there is none.
    pub(super) fn is_whole(&self) -> bool {
        let is_failed = self.landing.as_ref().is_some_and(|landing| landing.failure.is_some());
        self.landing.is_some() && self.hops.last().is_some_and(|hop| is_failed || hop.status.is_some())
    }

    pub(super) fn receive(&mut self, bytes: u64) {
        self.received = self.received.saturating_add(bytes);
    }

    pub(super) fn mark_cached(&mut self) {
        self.cached = true;
    }

    pub(super) fn land(&mut self, landing: Landing, encoded: Option<u64>, decoded: Option<u64>) {
        self.encoded = self.encoded.or(encoded);
        self.decoded = self.decoded.or(decoded);
        match &mut self.landing {
            None => self.landing = Some(landing),
            // The `Network` domain says why, the trace only that.
            Some(known) => known.failure = known.failure.take().or(landing.failure),
        }
    }

    /// When it began, monotonic microseconds.
    pub(super) fn began(&self) -> Option<i64> {
        self.hops.first().map(|hop| hop.sent)
    }

    /// Each hop as a request of its own, in order, with the moment at which it was over. `wall` tells wall time.
    pub(super) fn into_requests(
        mut self,
        id: &str,
        wall: impl Fn(i64) -> Option<jiff::Timestamp>,
    ) -> Vec<(i64, Request)> {
        let nexts: Vec<Option<i64>> =
            (0..self.hops.len()).map(|index| self.hops.get(index + 1).map(|hop| hop.sent)).collect();
        let mut before = None;
        let mut requests = Vec::with_capacity(nexts.len());
        for (hop, next) in std::mem::take(&mut self.hops).into_iter().zip(nexts) {
            let is_last = next.is_none();
            let over = next.or(self.landing.as_ref().map(|landing| landing.at));
            let at = over.unwrap_or(hop.sent);
            let url = hop.url.clone();
            let mut request = hop.into_request(id, over, &wall);
            request.redirected_from = before.replace(url);
            request.page.clone_from(&self.page);
            if is_last {
                self.finish(&mut request);
            }
            requests.push((at, request));
        }
        requests
    }

    fn finish(&self, request: &mut Request) {
        request.failure = self.landing.as_ref().and_then(|landing| landing.failure.clone());
        let is_over = self.landing.is_some();
        request.encoded_bytes = self.encoded.or(request.encoded_bytes).filter(|_| is_over || request.status.is_some());
        // What came before the domain was on is not in its sum.
        request.decoded_bytes = self.decoded.or((is_over && self.is_counted).then_some(self.received));
        if self.cached && request.served_from.is_none() {
            request.served_from = Some(ServedFrom::Cache);
        }
    }
}

impl Hop {
    /// What the `Network` domain says of its answer.
    pub(super) fn told(&mut self, answer: Answer, at: i64) {
        if self.status.is_none() {
            self.status = u16::try_from(answer.status).ok().filter(|status| *status > 0);
        }
        self.mime = some_text(answer.mime_type).or(self.mime.take());
        self.protocol = some_text(answer.protocol).or(self.protocol.take());
        if self.headers.is_empty() {
            let text = |value: serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            self.headers = answer.headers.into_iter().map(|(name, value)| (name, text(value))).collect();
        }
        self.serve(answer.from_disk_cache || answer.from_prefetch_cache, answer.from_service_worker);
        self.encoded = super::traced::bytes(answer.encoded_data_length).or(self.encoded);
        self.time(answer.timing.map(|timing| timing.moments()), at);
    }

    /// What the trace says of it.
    pub(super) fn traced(&mut self, answer: super::traced::TracedAnswer, at: i64) {
        self.status = self.status.or(Some(answer.status).filter(|status| *status > 0));
        self.mime = self.mime.take().or(some_text(answer.mime));
        self.protocol = self.protocol.take().or(some_text(answer.protocol));
        if self.headers.is_empty() {
            self.headers = answer.headers;
        }
        self.serve(answer.from_cache, answer.from_service_worker);
        self.time(answer.timing, at);
    }

    fn serve(&mut self, from_cache: bool, from_service_worker: bool) {
        let served = match (from_service_worker, from_cache) {
            (true, _) => Some(ServedFrom::ServiceWorker),
            (_, true) => Some(ServedFrom::Cache),
            _ => None,
        };
        self.served_from = self.served_from.or(served);
    }

    fn time(&mut self, timing: Option<(i64, i64)>, at: i64) {
        match timing.filter(|(out, _)| *out > 0) {
            Some((out, head)) => {
                // A document's trace shows it leaving when it has arrived.
                let is_known = self.sent > 0;
                self.sent = if is_known { self.sent.min(out) } else { out };
                self.answered = Some(head.max(self.sent));
            }
            None => {
                self.answered.get_or_insert(at);
            }
        }
    }

    /// An answer that came before this hop was known.
    fn take_answer_of(&mut self, early: Self) {
        self.answered = self.answered.or(early.answered);
        self.status = self.status.or(early.status);
        self.mime = self.mime.take().or(early.mime);
        self.protocol = self.protocol.take().or(early.protocol);
        self.served_from = self.served_from.or(early.served_from);
        if self.headers.is_empty() {
            self.headers = early.headers;
        }
    }

    fn into_request(self, id: &str, over: Option<i64>, wall: &impl Fn(i64) -> Option<jiff::Timestamp>) -> Request {
        let since = |moment: i64| (moment - self.sent).max(0) as f64 / 1e3;
        Request {
            id: id.to_owned(),
            url: self.url,
            method: self.method,
            resource: if self.resource.is_empty() { "Other".to_owned() } else { self.resource },
            status: self.status,
            mime: self.mime,
            protocol: self.protocol,
            started: wall(self.sent),
            duration_ms: over.map(since),
            wait_ms: self.answered.map(since),
            encoded_bytes: self.encoded,
            decoded_bytes: None,
            failure: None,
            served_from: self.served_from,
            redirected_from: None,
            response_headers: self.headers,
            page: None,
        }
    }
}

impl Sources {
    fn has(self, source: Source) -> bool {
        match source {
            Source::Network => self.network,
            Source::Trace => self.trace,
        }
    }

    fn add(&mut self, source: Source) {
        match source {
            Source::Network => self.network = true,
            Source::Trace => self.trace = true,
        }
    }
}

fn some_text(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
