//! What is counted while the server works, for whoever watches it. Handles are cloned to those who count; nothing is
//! global. The page itself is the binary's (`src/metrics.rs`).
//!
//! Labels take few values, all known in the code: never an id, a name or a text from outside.

use lianxin_domain::clock::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Seconds: from the wheel's own coarseness to what a person would call forgotten.
const LATENESS_BUCKETS: [f64; 14] =
    [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 1_800.0, 3_600.0];

/// What became of a limit that was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FiredOutcome {
    /// It took effect, or proved void.
    Done,
    /// It has to be told again.
    Failed,
    /// Nobody is there for its kind.
    Unknown,
}

impl FiredOutcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// What became of a try to deliver a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// The channel took it.
    Sent,
    /// To be tried again.
    Failed,
    /// Tried too often.
    GivenUp,
}

impl DeliveryOutcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::GivenUp => "given_up",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FiredLabels {
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DeliveryLabels {
    channel: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ChannelLabels {
    channel: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CauseLabels {
    cause: &'static str,
}

/// The counters of one process.
#[derive(Debug, Clone)]
pub struct Metrics {
    lateness: Histogram,
    fired: Family<FiredLabels, Counter>,
    armed: Gauge,
    deliveries: Family<DeliveryLabels, Counter>,
    delivery_cost: Family<ChannelLabels, Counter>,
    nudges: Counter,
    escalations: Family<CauseLabels, Counter>,
}

impl Default for Metrics {
    /// Counters that nobody reads.
    fn default() -> Self {
        Self {
            lateness: Histogram::new(LATENESS_BUCKETS),
            fired: Family::default(),
            armed: Gauge::default(),
            deliveries: Family::default(),
            delivery_cost: Family::default(),
            nudges: Counter::default(),
            escalations: Family::default(),
        }
    }
}

impl Metrics {
    /// Counters that `registry` shows.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register(
            "escalation_lateness_seconds",
            "From the end of a time limit until it took effect or proved void",
            metrics.lateness.clone(),
        );
        registry.register("escalation_fired", "Time limits handled after their end", metrics.fired.clone());
        registry.register("deadlines_armed", "Time limits that wait in the wheel", metrics.armed.clone());
        registry.register("deliveries", "Tries to deliver a message to the outside", metrics.deliveries.clone());
        registry.register(
            "delivery_cost_milli_fen",
            "What the channels charge for delivered messages, in thousandths of a fen",
            metrics.delivery_cost.clone(),
        );
        registry.register("nudges", "Nudges, by people and by the rules", metrics.nudges.clone());
        registry.register("escalations", "Tickets that went up a level", metrics.escalations.clone());
        metrics
    }

    /// A limit of `kind` that ended at `due_at` was handled `now`.
    pub fn deadline_fired(&self, kind: &'static str, outcome: FiredOutcome, due_at: Timestamp, now: Timestamp) {
        self.fired.get_or_create(&FiredLabels { kind, outcome: outcome.as_str() }).inc();
        if outcome == FiredOutcome::Done {
            // Milliseconds of a lifetime are exact in a float; a clock that went back does not make anything early.
            self.lateness.observe(now.since(due_at).max(0) as f64 / 1_000.0);
        }
    }

    /// So many limits wait in the wheel.
    pub fn deadlines_armed(&self, count: usize) {
        self.armed.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// A message was tried on `channel`.
    pub fn delivery_tried(&self, channel: &'static str, outcome: DeliveryOutcome) {
        self.deliveries.get_or_create(&DeliveryLabels { channel, outcome: outcome.as_str() }).inc();
    }

    /// `channel` charges so much for a message, in thousandths of a fen.
    pub fn delivery_charged(&self, channel: &'static str, milli_fen: i64) {
        self.delivery_cost.get_or_create(&ChannelLabels { channel }).inc_by(milli_fen.max(0).unsigned_abs());
    }

    /// Somebody was nudged.
    pub fn nudged(&self) {
        self.nudges.inc();
    }

    /// A ticket went up a level because of `cause`.
    pub fn escalated(&self, cause: &'static str) {
        self.escalations.get_or_create(&CauseLabels { cause }).inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    #[test]
    fn what_is_counted_is_shown() {
        let mut registry = Registry::default();
        let metrics = Metrics::register(&mut registry);
        metrics.deadlines_armed(7);
        metrics.deadline_fired("ticket.clock", FiredOutcome::Done, at(1_000), at(1_700));
        metrics.deadline_fired("ticket.clock", FiredOutcome::Done, at(1_000), at(900));
        metrics.deadline_fired("ticket.clock", FiredOutcome::Failed, at(1_000), at(9_000));
        metrics.delivery_tried("sms", DeliveryOutcome::GivenUp);
        metrics.delivery_charged("sms", 5);
        metrics.delivery_charged("sms", 4);
        metrics.nudged();
        metrics.escalated("overdue");
        let mut page = String::new();
        prometheus_client::encoding::text::encode(&mut page, &registry).unwrap();
        let lines = [
            "# TYPE escalation_lateness_seconds histogram",
            "escalation_lateness_seconds_sum 0.7",
            "escalation_lateness_seconds_count 2",
            "escalation_lateness_seconds_bucket{le=\"0.05\"} 1",
            "escalation_lateness_seconds_bucket{le=\"0.5\"} 1",
            "escalation_lateness_seconds_bucket{le=\"1.0\"} 2",
            "escalation_lateness_seconds_bucket{le=\"3600.0\"} 2",
            "escalation_fired_total{kind=\"ticket.clock\",outcome=\"done\"} 2",
            "escalation_fired_total{kind=\"ticket.clock\",outcome=\"failed\"} 1",
            "deadlines_armed 7",
            "deliveries_total{channel=\"sms\",outcome=\"given_up\"} 1",
            "delivery_cost_milli_fen_total{channel=\"sms\"} 9",
            "nudges_total 1",
            "escalations_total{cause=\"overdue\"} 1",
        ];
        for line in lines {
            assert!(page.lines().any(|shown| shown == line), "{line} is missing in\n{page}");
        }
    }
}
