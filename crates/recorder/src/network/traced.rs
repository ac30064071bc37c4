//! Events of the trace (categories `devtools.timeline`, `navigation` and `disabled-by-default-net`), as far as they are read.

use std::collections::HashSet;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{reasons::reason, told::Timing};
use crate::perfetto::{Kind, TrackEvent};

/// Events of one trace; a page that makes more loses the last.
const MOST: usize = 400_000;

/// What one trace tells, as far as it has been read.
#[derive(Default)]
pub(crate) struct Traced {
    pub(super) events: Vec<TraceEvent>,
    /// Of transactions, by their moment and track.
    pub(super) steps: Vec<(i64, u64, Step)>,
    /// The tracks of transactions that have begun.
    begun: HashSet<u64>,
    /// Whether it told more than is kept.
    pub(super) is_cut: bool,
}

/// An event of a request, with its moment in monotonic microseconds.
#[derive(Debug, PartialEq)]
pub(crate) struct TraceEvent {
    pub(crate) at: i64,
    pub(crate) what: What,
}

#[derive(Debug, PartialEq)]
pub(crate) enum What {
    /// `ResourceWillSendRequest`: the browser process begins a navigation's request, or a hop of it.
    Begin { id: String },
    /// `WillRedirectRequest`: a navigation is sent elsewhere; what begins next goes there.
    Redirect { url: String },
    /// `RenderFrameHostImpl::FailedNavigation`: why a document did not come.
    Broken { url: String, reason: String },
    /// `ResourceSendRequest`.
    Send { id: String, url: String, method: String, resource: String, frame: String },
    /// `ResourceReceiveResponse`.
    Answer(Box<TracedAnswer>),
    /// `ResourceFinish`.
    Finish { id: String, failed: bool, encoded: Option<u64>, decoded: Option<u64>, finished: Option<i64> },
}

/// A step of a transaction of the HTTP cache, which every request over HTTP is.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// `HttpCacheTransactionState`: it begins, for this address.
    Begin { url: String },
    /// `DoSuccessfulSendRequest`: the server has answered.
    Answered { status: u16 },
    /// It is over: what it was asked for was in the cache, where no server has answered.
    End,
}

#[derive(Debug, PartialEq)]
pub(crate) struct TracedAnswer {
    pub(crate) id: String,
    pub(crate) status: u16,
    pub(crate) mime: String,
    pub(crate) protocol: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) from_cache: bool,
    pub(crate) from_service_worker: bool,
    /// Monotonic microseconds: when the request went out and when the head was there.
    pub(crate) timing: Option<(i64, i64)>,
}

#[derive(Deserialize)]
struct Args {
    data: Data,
}

/// Of a navigation that failed.
#[derive(Deserialize)]
struct Failed {
    error: i64,
    navigation_request: Place,
}

/// Of a redirect; its end has none.
#[derive(Deserialize)]
struct Place {
    url: String,
}

/// Of an answer in the network process.
#[derive(Deserialize)]
struct Answered {
    response_code: u16,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Data {
    request_id: String,
    url: String,
    request_method: String,
    resource_type: String,
    frame: String,
    initiator: Option<Initiator>,
    status_code: i64,
    mime_type: String,
    protocol: String,
    headers: Vec<Header>,
    from_cache: bool,
    from_service_worker: bool,
    timing: Option<Timing>,
    did_fail: bool,
    encoded_data_length: Option<f64>,
    decoded_body_length: Option<f64>,
    finish_time: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Initiator {
    fetch_type: String,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

impl Traced {
    /// Takes what an event tells of requests.
    pub(crate) fn take(&mut self, event: &TrackEvent<'_>) {
        if event.kind == Kind::End {
            // Most ends are of something else, and say not even of what.
            if self.begun.remove(&event.track) {
                self.steps.push((event.at, event.track, Step::End));
            }
            return;
        }
        if self.events.len() + self.steps.len() >= MOST {
            self.is_cut = true;
            return;
        }
        let arguments = || event.arguments();
        if let Some(step) = Step::told(event.name, arguments) {
            self.begun.extend(matches!(step, Step::Begin { .. }).then_some(event.track));
            self.steps.push((event.at, event.track, step));
        } else if let Some(what) = What::told(event.name, arguments) {
            self.events.push(TraceEvent { at: event.at, what });
        }
    }
}

impl Step {
    pub(super) fn told(name: &str, arguments: impl FnOnce() -> Value) -> Option<Self> {
        match name {
            "HttpCacheTransactionState" => Some(Self::Begin { url: read::<Place>(arguments())?.url }),
            "DoSuccessfulSendRequest" => Some(Self::Answered { status: read::<Answered>(arguments())?.response_code }),
            _ => None,
        }
    }
}

impl What {
    pub(super) fn told(name: &str, arguments: impl FnOnce() -> Value) -> Option<Self> {
        Some(match name {
            "WillRedirectRequest" => Self::Redirect { url: read::<Place>(arguments())?.url },
            "RenderFrameHostImpl::FailedNavigation" => {
                let failed: Failed = read(arguments())?;
                Self::Broken { url: failed.navigation_request.url, reason: reason(failed.error) }
            }
            "ResourceWillSendRequest" => Self::Begin { id: data(arguments())?.request_id },
            "ResourceSendRequest" => data(arguments())?.sent(),
            "ResourceReceiveResponse" => data(arguments())?.answered(),
            "ResourceFinish" => data(arguments())?.finished(),
            _ => return None,
        })
    }
}

impl TraceEvent {
    /// The address of a document that did not come, and why.
    pub(crate) fn broken(&self) -> Option<(String, String)> {
        match &self.what {
            What::Broken { url, reason } => Some((url.clone(), reason.clone())),
            _ => None,
        }
    }
}

fn data(arguments: Value) -> Option<Data> {
    read::<Args>(arguments).map(|args| args.data)
}

fn read<T: DeserializeOwned>(arguments: Value) -> Option<T> {
    serde_json::from_value(arguments).ok()
}

impl Data {
    fn sent(self) -> What {
        // The trace has one word for whatever script asks for; who asked tells them apart.
        let resource = match self.initiator.as_ref().map(|initiator| initiator.fetch_type.as_str()) {
            Some("fetch") => "Fetch".to_owned(),
            Some("xmlhttprequest") => "XHR".to_owned(),
            Some("beacon") => "Ping".to_owned(),
            _ => self.resource_type,
        };
        What::Send { id: self.request_id, url: self.url, method: self.request_method, resource, frame: self.frame }
    }

    fn answered(self) -> What {
        let timing = self.timing.map(|timing| timing.moments());
        What::Answer(Box::new(TracedAnswer {
            id: self.request_id,
            status: u16::try_from(self.status_code).unwrap_or_default(),
            mime: self.mime_type,
            protocol: self.protocol,
            headers: self.headers.into_iter().map(|header| (header.name, header.value)).collect(),
            from_cache: self.from_cache,
            from_service_worker: self.from_service_worker,
            timing,
        }))
    }

    fn finished(self) -> What {
        What::Finish {
            id: self.request_id,
            failed: self.did_fail,
            encoded: self.encoded_data_length.and_then(bytes),
            decoded: self.decoded_body_length.and_then(bytes),
            finished: self.finish_time.filter(|time| *time > 0.0).map(micros),
        }
    }
}

impl Timing {
    /// When the request went out and when the answer's head was there, monotonic microseconds.
    pub(crate) fn moments(&self) -> (i64, i64) {
        let out = micros(self.request_time);
        (out, out + whole(self.receive_headers_end.max(0.0) * 1e3))
    }
}

/// Seconds to microseconds.
pub(crate) fn micros(seconds: f64) -> i64 {
    whole(seconds * 1e6)
}

/// A size, where it is one: Chromium says -1 for what it does not know.
pub(crate) fn bytes(size: f64) -> Option<u64> {
    (size >= 0.0).then_some(size as u64)
}

fn whole(number: f64) -> i64 {
    number.round() as i64
}
