//! One request on its way: its hops, and what is known of its end.

use hangar_domain::timeline::{Request, ServedFrom};

use super::hop::{Hop, Source};

/// Both sources see a subresource leave at the same instruction; their clocks are one.
const SAME_MOMENT: i64 = 5_000;

/// Chromium follows twenty.
const MOST_HOPS: usize = 25;

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
    /// The answer of a hop that is not known yet: the trace that saw it leave is still to be read.
    early: Option<Hop>,
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
    /// Adds a hop that `source` has seen leaving, unless the other one has told of it already. Its position, where there
    /// is room for it.
    pub(super) fn send(&mut self, source: Source, sent: i64, url: &str, method: &str, resource: &str) -> Option<usize> {
        let same = |hop: &Hop| !hop.sources.has(source) && (hop.sent - sent).abs() < SAME_MOMENT && hop.url == url;
        if let Some(position) = self.hops.iter().position(same) {
            let hop = self.hops.get_mut(position)?;
            hop.sources.add(source);
            hop.sent = hop.sent.min(sent);
            if source == Source::Network || hop.resource.is_empty() {
                resource.clone_into(&mut hop.resource);
            }
            return Some(position);
        }
        if self.hops.len() >= MOST_HOPS {
            return None;
        }
        let position = self.hops.partition_point(|hop| hop.sent <= sent);
        self.hops.insert(position, Hop::left(source, sent, url, method, resource));
        Some(position)
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

    /// Whether the last hop that is known goes to `url`.
    pub(super) fn shows(&self, url: &str) -> bool {
        self.hops.last().is_some_and(|hop| is_same(&hop.url, url))
    }

    /// Whether a hop to `url` that left at `sent` comes after all that are known: the `Network` domain was closed before.
    pub(super) fn goes_on(&self, sent: i64, url: &str) -> bool {
        let is_after = |last: &Hop| sent > last.sent && (!is_same(&last.url, url) || sent - last.sent > SAME_MOMENT);
        self.hops.last().is_some_and(is_after)
    }

    /// The answer that came from `url`: of the last hop, or of one that is not known yet.
    pub(super) fn answered_by(&mut self, url: &str) -> &mut Hop {
        match self.hops.last_mut().filter(|hop| is_same(&hop.url, url)) {
            Some(hop) => hop,
            None => self.early.get_or_insert_default(),
        }
    }

    /// The answer to the last hop. All that left before it is known.
    pub(super) fn answered(&mut self) -> &mut Hop {
        match self.hops.last_mut() {
            Some(hop) => hop,
            None => self.early.get_or_insert_default(),
        }
    }

    /// Whether somebody told of the answer to its last hop.
    pub(super) fn is_answered(&self) -> bool {
        let last = self.hops.last().and_then(|hop| hop.status);
        last.or(self.early.as_ref().and_then(|early| early.status)).is_some()
    }

    /// A trace has been read: what was answered before is known, and its last hop is the one.
    pub(super) fn place_early(&mut self) {
        if let Some(last) = self.hops.last_mut()
            && let Some(early) = self.early.take()
        {
            last.take_answer_of(early);
        }
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
        self.place_early();
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

/// Whether both name the same resource: a fragment is not sent (RFC 9110 section 7.1).
fn is_same(one: &str, other: &str) -> bool {
    one.split('#').next() == other.split('#').next()
}
