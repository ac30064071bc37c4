//! Requests, put together from what the `Network` domain and the trace tell of each, by the browser's request id.
//!
//! Both tell of the same moments on the same monotonic clock, so that a request that both have told is one, and one that
//! each has told a part of is whole. Pure: no browser, no clock of its own.
//!
//! What Chromium 156 does, found by experiment: the trace shows each hop of a redirect as one more
//! `ResourceSendRequest` with the same id, without the answer to the hop before; the network process tells that, if it is
//! traced as well (`redirects`). Of a document's hops before the last the renderer shows only the origin; the browser
//! process tells their addresses (`WillRedirectRequest`, category `navigation`, free) and when they began
//! (`ResourceWillSendRequest`). Of a document that failed it shows only `chrome-error:`;
//! why is told, as a number, by the browser process (`RenderFrameHostImpl::FailedNavigation`). Of a worker's own script it shows
//! the answer under an id of its own and nothing else; the worker's `Network` domain tells it whole. Why a request failed
//! is said by the log, not by the trace. Both sources share Chromium's monotonic clock (`CLOCK_MONOTONIC`), which
//! `requestWillBeSent` ties to wall time; before the first of those, a trace's last event stands for its end. Left out are
//! `data:` and `blob:` addresses, which ask nobody, and WebSockets.

mod book;
mod flight;
mod hop;
mod reasons;
mod recent;
mod redirects;
mod told;
mod traced;

pub(crate) use book::Book;
pub(crate) use reasons::reason;
pub(crate) use told::{LoadingFailed, ResponseReceived};
pub(crate) use traced::Traced;

#[cfg(test)]
mod tests;
