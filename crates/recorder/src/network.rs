//! Requests, put together from what the `Network` domain and the trace tell of each, by the browser's request id.
//!
//! Both tell of the same moments on the same monotonic clock, so that a request that both have told is one, and one that
//! each has told a part of is whole. Pure: no browser, no clock of its own.
//!
//! What Chromium 156 does, found by experiment: the trace shows each hop of a redirect as one more
//! `ResourceSendRequest` with the same id, without the answer to the hop before; of a document's hops before the last it
//! shows only the origin, and of a document that failed only `chrome-error:`; of a worker's own script only the answer,
//! under an id of its own. The `Network` domain tells all of these whole. Left out are `data:` and `blob:` addresses,
//! which ask nobody, and WebSockets, whose end says nothing of them.

mod book;
mod flight;
mod recent;
mod told;
mod traced;

pub(crate) use book::Book;
pub(crate) use told::{LoadingFailed, ResponseReceived};
pub(crate) use traced::TraceChunk;

#[cfg(test)]
mod tests;
