//! One request of a chain: who told of it, what it asked for, and how that was answered.

use hangar_domain::timeline::{Request, ServedFrom};

use super::told::Answer;

/// Who told of a hop.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sources {
    pub(super) network: bool,
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
    pub(super) sources: Sources,
}

impl Hop {
    /// One that `source` has seen leaving.
    pub(super) fn left(source: Source, sent: i64, url: &str, method: &str, resource: &str) -> Self {
        let mut sources = Sources::default();
        sources.add(source);
        let (url, method, resource) = (url.to_owned(), method.to_owned(), resource.to_owned());
        Self { sent, url, method, resource, sources, ..Self::default() }
    }

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
    pub(super) fn take_answer_of(&mut self, early: Self) {
        self.answered = self.answered.or(early.answered);
        self.status = self.status.or(early.status);
        self.mime = self.mime.take().or(early.mime);
        self.protocol = self.protocol.take().or(early.protocol);
        self.served_from = self.served_from.or(early.served_from);
        if self.headers.is_empty() {
            self.headers = early.headers;
        }
    }

    pub(super) fn into_request(
        self,
        id: &str,
        over: Option<i64>,
        wall: &impl Fn(i64) -> Option<jiff::Timestamp>,
    ) -> Request {
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
    pub(super) fn has(self, source: Source) -> bool {
        match source {
            Source::Network => self.network,
            Source::Trace => self.trace,
        }
    }

    pub(super) fn add(&mut self, source: Source) {
        match source {
            Source::Network => self.network = true,
            Source::Trace => self.trace = true,
        }
    }
}

fn some_text(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
