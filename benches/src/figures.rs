//! The figures, in the order of the table. Each starts what it needs, alternates between the two sides, and ends it.

mod browser_memory;
mod bulk;
mod click;
mod connect;
mod cpu;
mod create;
mod crowd;
mod disk;
mod evaluate;
mod history;
mod idle;
mod inflight;
mod live;
mod network;
mod pair;
mod recorder;
mod session;

use crate::{
    World,
    report::{Limit, Measured},
};

/// One row of the table.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    pub(crate) limit: Limit,
    pub(crate) measure: fn(&World) -> anyhow::Result<Measured>,
}

/// Every figure.
pub(crate) const FIGURES: &[Figure] = &[
    Figure {
        name: "evaluate",
        what: "Runtime.evaluate round trip, p50 ÷ own port",
        limit: Limit::AtMost(1.0),
        measure: evaluate::measure,
    },
    Figure {
        name: "inflight",
        what: "64 in flight, operations per second ÷ own port",
        limit: Limit::AtLeast(1.0),
        measure: inflight::measure,
    },
    Figure { name: "bulk", what: "10 MB results ÷ own port", limit: Limit::AtLeast(1.05), measure: bulk::measure },
    Figure {
        name: "cpu",
        what: "server CPU per 10,000 messages ÷ TCP splice",
        limit: Limit::AtMost(1.5),
        measure: cpu::measure,
    },
    Figure {
        name: "connect",
        what: "warm connect → first reply ÷ cold launch → first reply",
        limit: Limit::AtMost(0.08),
        measure: connect::measure,
    },
    Figure {
        name: "session",
        what: "Puppeteer connect → page → goto → close ÷ launch",
        limit: Limit::AtMost(0.4),
        measure: session::measure,
    },
    Figure {
        name: "crowd",
        what: "20 sessions at once, p95 ÷ p50 of one",
        limit: Limit::Reported,
        measure: crowd::measure,
    },
    Figure {
        name: "idle",
        what: "server memory per idle client, 1,000 clients (limit ÷ 24)",
        limit: Limit::AtMost(1.0),
        measure: idle::measure,
    },
    Figure {
        name: "memory",
        what: "PSS per warm session beyond the first ÷ bare",
        limit: Limit::Reported,
        measure: browser_memory::measure,
    },
    Figure {
        name: "history",
        what: "GET /api/history, 1,000,000 sessions ÷ 1,000",
        limit: Limit::AtMost(1.3),
        measure: history::measure,
    },
    Figure {
        name: "create",
        what: "POST create → running ÷ warm connect → first reply",
        limit: Limit::AtMost(1.5),
        measure: create::measure,
    },
    Figure {
        name: "click",
        what: "POST click ÷ Puppeteer's click over Chromium's own port",
        limit: Limit::AtMost(1.2),
        measure: click::measure,
    },
    Figure {
        name: "network",
        what: "GET network, 100,000 stored events ÷ 1,000",
        limit: Limit::AtMost(1.3),
        measure: network::measure,
    },
    Figure {
        name: "live",
        what: "server CPU of one live view, 1280×720, 10 pictures/s",
        limit: Limit::Reported,
        measure: live::measure,
    },
    Figure {
        name: "disk",
        what: "disk of one minute of full recording of a busy page",
        limit: Limit::Reported,
        measure: disk::measure,
    },
    Figure {
        name: "recorder",
        what: "load of a page of 200 requests, recorded ÷ not",
        limit: Limit::AtMost(1.05),
        measure: recorder::metadata,
    },
    Figure {
        name: "recorder-redirects",
        what: "the same where each load is redirected ÷ not",
        limit: Limit::Reported,
        measure: recorder::redirected,
    },
    Figure {
        name: "recorder-full",
        what: "the same, recorded in full with pictures ÷ not",
        limit: Limit::AtMost(1.4),
        measure: recorder::full,
    },
];
