//! Events of the trace (categories `devtools.timeline` and `navigation`, and one histogram), as far as they are read.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    reasons::reason,
    redirects::{Redirects, STATUS_HISTOGRAM},
    told::Timing,
};

/// `Tracing.dataCollected`.
#[derive(Deserialize)]
pub(crate) struct TraceChunk<'a> {
    #[serde(borrow)]
    value: Vec<RawTraceEvent<'a>>,
}

#[derive(Deserialize)]
struct RawTraceEvent<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(default)]
    ts: f64,
    #[serde(borrow)]
    args: Option<&'a RawValue>,
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
    /// `HistogramSample`: the status of a redirect, of which the trace does not say whose it was.
    Counted { status: u16 },
    /// `ResourceSendRequest`.
    Send { id: String, url: String, method: String, resource: String, frame: String },
    /// `ResourceReceiveResponse`.
    Answer(Box<TracedAnswer>),
    /// `ResourceFinish`.
    Finish { id: String, failed: bool, encoded: Option<u64>, decoded: Option<u64>, finished: Option<i64> },
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

/// Of a histogram.
#[derive(Deserialize)]
struct Histogram {
    chrome_histogram_sample: Sample,
}

#[derive(Deserialize)]
struct Sample {
    name: String,
    sample: i64,
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

impl TraceChunk<'_> {
    /// What it tells of requests.
    pub(crate) fn requests(self) -> impl Iterator<Item = TraceEvent> {
        let tells = |name: &str| {
            name.starts_with("Resource")
                || matches!(name, "HistogramSample" | "WillRedirectRequest" | "RenderFrameHostImpl::FailedNavigation")
        };
        self.value.into_iter().filter(move |event| tells(&event.name)).filter_map(|event| {
            let data = || serde_json::from_str::<Args>(event.args?.get()).ok().map(|args| args.data);
            let at = whole(event.ts);
            let what = match &*event.name {
                "WillRedirectRequest" => {
                    What::Redirect { url: serde_json::from_str::<Place>(event.args?.get()).ok()?.url }
                }
                "RenderFrameHostImpl::FailedNavigation" => {
                    let failed: Failed = serde_json::from_str(event.args?.get()).ok()?;
                    What::Broken { url: failed.navigation_request.url, reason: reason(failed.error) }
                }
                "HistogramSample" => {
                    let counted: Histogram = serde_json::from_str(event.args?.get()).ok()?;
                    What::Counted { status: counted.chrome_histogram_sample.redirect()? }
                }
                "ResourceWillSendRequest" => What::Begin { id: data()?.request_id },
                "ResourceSendRequest" => data()?.sent(),
                "ResourceReceiveResponse" => data()?.answered(),
                "ResourceFinish" => data()?.finished(),
                _ => return None,
            };
            Some(TraceEvent { at, what })
        })
    }
}

impl TraceEvent {
    /// When somebody was sent elsewhere, and how.
    pub(crate) fn counted(&self) -> Option<(i64, u16)> {
        match self.what {
            What::Counted { status } => Some((self.at, status)),
            _ => None,
        }
    }

    /// The address of a document that did not come, and why.
    pub(crate) fn broken(&self) -> Option<(String, String)> {
        match &self.what {
            What::Broken { url, reason } => Some((url.clone(), reason.clone())),
            _ => None,
        }
    }
}

impl Sample {
    fn redirect(&self) -> Option<u16> {
        let status = u16::try_from(self.sample).ok().filter(|_| self.name == STATUS_HISTOGRAM)?;
        Redirects::is_redirect(status).then_some(status)
    }
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
