//! Counters and gauges in Prometheus' text format (OpenMetrics 1.0).
//!
//! Labels are from closed sets: never an account, a key or an address.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use hangar_browser::PoolStats;
use hangar_cdp::{Meter, meter::ADDED_MICROS};
use hangar_domain::{EndDetail, EndReason, session::End};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use crate::sessions::Waiting;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct EndLabels {
    reason: &'static str,
    detail: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RefusalLabels {
    code: &'static str,
}

/// The metrics of one server.
pub struct Metrics {
    registry: Registry,
    meter: Arc<Meter>,
    live: Gauge,
    free: Gauge,
    queued: Gauge,
    longest_queue: Gauge,
    pub(crate) unsettled: Gauge,
    ended: Family<EndLabels, Counter>,
    refused: Family<RefusalLabels, Counter>,
    view_refused: Family<RefusalLabels, Counter>,
    queue_seconds: Histogram,
    open_seconds: Histogram,
    session_seconds: Counter<f64, std::sync::atomic::AtomicU64>,
}

fn seconds(bounds: &[f64]) -> Histogram {
    Histogram::new(bounds.iter().copied())
}

impl Metrics {
    pub(crate) fn new(meter: Arc<Meter>) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("hangar"),
            meter,
            live: Gauge::default(),
            free: Gauge::default(),
            queued: Gauge::default(),
            longest_queue: Gauge::default(),
            unsettled: Gauge::default(),
            ended: Family::default(),
            refused: Family::default(),
            view_refused: Family::default(),
            queue_seconds: seconds(&[0.001, 0.01, 0.1, 1.0, 5.0, 10.0, 30.0]),
            open_seconds: seconds(&[0.001, 0.005, 0.02, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0]),
            session_seconds: Counter::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("sessions_live", "Sessions that run now", self.live.clone());
        registry.register("slots_free", "Places for sessions that are free", self.free.clone());
        registry.register("queue_waiting", "Sessions that wait for a place", self.queued.clone());
        registry.register("queue_longest", "Position of the last one in the longest queue", self.longest_queue.clone());
        registry.register("sessions_unsettled", "Ended sessions whose bill is not written", self.unsettled.clone());
        registry.register("sessions_ended", "Sessions that have ended, by reason", self.ended.clone());
        registry.register("sessions_refused", "Sessions that were refused, by code", self.refused.clone());
        let refused = self.view_refused.clone();
        registry.register("live_view_refused", "Messages of viewers that were refused, by code", refused);
        let queue = self.queue_seconds.clone();
        registry.register_with_unit("queue_wait", "Time that sessions waited for a place", Unit::Seconds, queue);
        let open = self.open_seconds.clone();
        registry.register_with_unit("session_open", "Time from request to browser", Unit::Seconds, open);
        let total = self.session_seconds.clone();
        registry.register_with_unit("session_time", "Time of ended sessions", Unit::Seconds, total);
    }

    pub(crate) fn queue_waited(&self, waited: Duration) {
        self.queue_seconds.observe(waited.as_secs_f64());
    }

    pub(crate) fn session_opened(&self, took: Duration) {
        self.open_seconds.observe(took.as_secs_f64());
        self.live.inc();
    }

    pub(crate) fn session_ended(&self, end: End, elapsed: Duration) {
        let detail = end.detail.map_or("", EndDetail::code);
        self.ended.get_or_create(&EndLabels { reason: end.reason.code(), detail }).inc();
        self.session_seconds.inc_by(elapsed.as_secs_f64());
        self.live.dec();
    }

    /// Counts a session that was refused.
    pub fn session_refused(&self, code: &'static str) {
        self.refused.get_or_create(&RefusalLabels { code }).inc();
    }

    /// Somebody in a live view asked for what they may not.
    pub fn view_refused(&self, code: &'static str) {
        self.view_refused.get_or_create(&RefusalLabels { code }).inc();
    }

    pub(crate) fn observe(&self, waiting: Waiting, free: usize, live: usize) {
        self.queued.set(waiting.total as i64);
        self.longest_queue.set(waiting.longest_queue as i64);
        self.free.set(free as i64);
        self.live.set(live as i64);
    }

    /// Sessions that have ended with this reason since the start.
    #[must_use]
    pub fn ended(&self, reason: EndReason, detail: Option<EndDetail>) -> u64 {
        let labels = EndLabels { reason: reason.code(), detail: detail.map_or("", EndDetail::code) };
        self.ended.get_or_create(&labels).get()
    }

    /// Everything as text.
    ///
    /// # Errors
    /// [`std::fmt::Error`], which writing to a string never gives.
    pub fn render(&self, pool: PoolStats) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        let end = text.rfind("# EOF").unwrap_or(text.len());
        text.truncate(end);
        render_pool(&mut text, pool)?;
        render_meter(&mut text, &self.meter)?;
        text.push_str("# EOF\n");
        Ok(text)
    }
}

fn render_pool(text: &mut String, pool: PoolStats) -> std::fmt::Result {
    use std::fmt::Write as _;
    writeln!(text, "# HELP hangar_pool_warm Browsers that are ready.\n# TYPE hangar_pool_warm gauge")?;
    writeln!(text, "hangar_pool_warm {}", pool.warm)?;
    writeln!(text, "# HELP hangar_pool_size Browsers kept ready when full.\n# TYPE hangar_pool_size gauge")?;
    writeln!(text, "hangar_pool_size {}", pool.size)?;
    writeln!(text, "# HELP hangar_pool_taken Browsers handed out.\n# TYPE hangar_pool_taken counter")?;
    writeln!(text, "hangar_pool_taken_total{{warm=\"true\"}} {}", pool.warm_taken)?;
    writeln!(text, "hangar_pool_taken_total{{warm=\"false\"}} {}", pool.cold_taken)?;
    writeln!(text, "# HELP hangar_pool_launches Launches by outcome.\n# TYPE hangar_pool_launches counter")?;
    writeln!(text, "hangar_pool_launches_total{{outcome=\"started\"}} {}", pool.launched)?;
    writeln!(text, "hangar_pool_launches_total{{outcome=\"failed\"}} {}", pool.failed)
}

/// The data path counts in plain atomics, so that it never meets a lock; they are read here.
fn render_meter(text: &mut String, meter: &Meter) -> std::fmt::Result {
    use std::fmt::Write as _;
    let pairs = [
        ("cdp_messages", "CDP messages", &meter.messages_up, &meter.messages_down),
        ("cdp_bytes", "Payload bytes of CDP messages", &meter.bytes_up, &meter.bytes_down),
    ];
    for (name, help, up, down) in pairs {
        writeln!(text, "# HELP hangar_{name} {help}.\n# TYPE hangar_{name} counter")?;
        writeln!(text, "hangar_{name}_total{{direction=\"up\"}} {}", up.load(Relaxed))?;
        writeln!(text, "hangar_{name}_total{{direction=\"down\"}} {}", down.load(Relaxed))?;
    }
    let singles = [
        ("cdp_denied", "Commands that the policy answered", &meter.denied),
        ("cdp_slow_readers", "Clients closed because they did not read", &meter.slow_readers),
    ];
    for (name, help, value) in singles {
        writeln!(text, "# HELP hangar_{name} {help}.\n# TYPE hangar_{name} counter")?;
        writeln!(text, "hangar_{name}_total {}", value.load(Relaxed))?;
    }
    let (counts, sum) = meter.added_histogram();
    let name = "hangar_cdp_added_seconds";
    writeln!(text, "# HELP {name} Time that a message spent in the server.\n# TYPE {name} histogram")?;
    let mut total = 0;
    for (count, bound) in counts.iter().zip(ADDED_MICROS) {
        total += count;
        writeln!(text, "{name}_bucket{{le=\"{}\"}} {total}", bound as f64 / 1e6)?;
    }
    total += counts.last().copied().unwrap_or(0);
    writeln!(text, "{name}_bucket{{le=\"+Inf\"}} {total}\n{name}_sum {sum}\n{name}_count {total}")
}
