//! A trace that is complete, joined to what the `Network` domain has told.

use jiff::Timestamp;

use super::{Book, Committed, is_loader};
use crate::network::{
    flight::{Flight, Landing},
    hop::Source,
    traced::{TraceEvent, Traced, TracedAnswer, What},
};

impl Book {
    /// The trace is complete: joins what it tells. `now` stands for its last event where nothing else ties it to wall
    /// time. False where something is known to be missing.
    pub(crate) fn trace_complete(&mut self, traced: Traced, now: Timestamp) -> bool {
        let is_cut = traced.is_cut;
        for (at, transaction, step) in traced.steps {
            self.redirects.step(at, transaction, step);
        }
        let mut traced = traced.events;
        traced.sort_by_key(|event| event.at);
        if let (None, Some(last)) = (self.offset, traced.last()) {
            self.offset = Some(now.as_microsecond() - last.at);
        }
        self.broken = traced.iter().filter_map(TraceEvent::broken).collect();
        for event in traced {
            self.join(event);
        }
        self.flights.values_mut().for_each(Flight::place_early);
        let are_answered = self.land_committed();
        self.settle_landed();
        self.give_up_orphans();
        are_answered && !is_cut
    }

    fn join(&mut self, TraceEvent { at, what }: TraceEvent) {
        match what {
            What::Begin { id } => self.traced_begin(&id, at),
            // Known before.
            What::Broken { .. } => {}
            What::Redirect { url } => self.redirected = Some(url),
            What::Send { id, url, method, resource, frame } => {
                self.traced_send(&id, at, &url, &method, &resource, &frame);
            }
            What::Answer(answer) => self.traced_answer(*answer, at),
            What::Finish { id, failed, encoded, decoded, finished } => {
                // An error page arrives well.
                let is_failed = failed || (is_loader(&id) && self.failures.has(&id));
                let failure = is_failed.then(|| self.traced_failure(&id));
                self.land(&id, Landing { at: finished.unwrap_or(at), failure }, encoded, decoded);
            }
        }
    }

    /// Why a request failed. Of a document the trace says it; the log names every other reason but that it was given up.
    fn traced_failure(&self, id: &str) -> String {
        let document = self.flights.get(id).filter(|_| is_loader(id)).and_then(|flight| flight.hops.last());
        if let Some(reason) = document.and_then(|hop| self.broken.get(&hop.url)) {
            return reason.clone();
        }
        self.failures.get(id).cloned().unwrap_or_else(|| "net::ERR_ABORTED".to_owned())
    }

    fn traced_begin(&mut self, id: &str, at: i64) {
        let redirected = self.redirected.take();
        let Some((url, page)) = self.navigations.get(id).cloned() else { return };
        if self.is_foreign(id, &url) {
            return;
        }
        let flight = self.flight(id);
        flight.page = flight.page.take().or(Some(page));
        let is_first = flight.begun.is_none();
        flight.begun.get_or_insert(at);
        if let Some(url) = if is_first { Some(url) } else { redirected }
            && (!flight.is_told_by_network() || flight.goes_on(at, &url))
        {
            let hop = flight.send(Source::Trace, at, &url, "GET", "Document");
            self.traced_redirect(id, at, hop);
        }
    }

    /// Says how the hop before `to` was answered.
    fn traced_redirect(&mut self, id: &str, at: i64, to: Option<usize>) {
        let before = to.and_then(|to| to.checked_sub(1));
        let hop = before.and_then(|before| self.flights.get_mut(id)?.hops.get_mut(before));
        if let Some(hop) = hop {
            let status = self.redirects.take(&hop.url, hop.sent, at);
            hop.status = hop.status.or(status);
        }
    }

    fn traced_send(&mut self, id: &str, at: i64, url: &str, method: &str, resource: &str, frame: &str) {
        if self.is_foreign(id, url) {
            return;
        }
        let page = self.page_of(Some(frame));
        let is_failed_document = url.starts_with("chrome-error:");
        let flight = self.flight(id);
        flight.page = flight.page.take().or(page);
        // What the browser process tells of a document is whole; what its renderer tells is not.
        let is_known = is_loader(id) && (flight.is_told_by_network() || flight.begun.is_some());
        if is_known || is_failed_document {
            return flight.note_method(method);
        }
        let hop = flight.send(Source::Trace, at, url, method, resource);
        self.traced_redirect(id, at, hop);
    }

    fn traced_answer(&mut self, answer: TracedAnswer, at: i64) {
        if self.settled.has(&answer.id) || matches!(answer.protocol.as_str(), "data" | "blob") {
            return;
        }
        self.flight(&answer.id.clone()).answered().traced(answer, at);
    }

    /// Documents that are there although nobody told of their end, or of them at all. False where nobody told even of the
    /// answer of one: its process was not traced when it arrived, nor what it asked for then.
    fn land_committed(&mut self) -> bool {
        let mut are_answered = true;
        let complete: Vec<(String, Committed)> =
            self.committed.extract_if(|_, committed| committed.complete_at.is_some()).collect();
        for (loader, Committed { url, page, complete_at }) in complete {
            let Some(at) = complete_at.filter(|_| !self.settled.has(&loader)) else { continue };
            let flight = self.flight(&loader);
            flight.page = flight.page.take().or(Some(page));
            if flight.hops.is_empty() {
                flight.send(Source::Trace, at, &url, "GET", "Document");
            }
            are_answered &= flight.is_answered();
            flight.land(Landing { at, failure: None }, None, None);
        }
        are_answered
    }

    /// What was told to have ended before the trace told what it was.
    fn settle_landed(&mut self) {
        let landed = self.flights.iter().filter(|(_, flight)| flight.landing.is_some() && !flight.hops.is_empty());
        let mut landed: Vec<(i64, String)> =
            landed.map(|(id, flight)| (flight.began().unwrap_or_default(), id.clone())).collect();
        landed.sort();
        landed.iter().for_each(|(_, id)| self.settle(id));
    }

    /// After a whole trace: what ended without a beginning was a worker's own script, which the `Network` domain tells
    /// under another id, or began before anybody watched. What a page that is gone waited for is given up.
    fn give_up_orphans(&mut self) {
        let unknown = |flight: &Flight| flight.hops.is_empty() && (flight.landing.is_some() || flight.orphaned);
        let settled: Vec<String> = self
            .flights
            .iter()
            .filter(|(_, flight)| unknown(flight) || flight.orphaned)
            .map(|(id, _)| id.clone())
            .collect();
        for id in settled {
            if let Some(flight) = self.flights.get_mut(&id).filter(|flight| flight.landing.is_none()) {
                let at = flight.hops.last().map_or(0, |hop| hop.sent);
                flight.land(Landing { at, failure: Some("the page is gone".to_owned()) }, None, None);
            }
            self.settle(&id);
        }
    }
}
