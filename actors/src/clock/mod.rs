//! The escalation clock: tells those concerned that time limits are over. A timing [`wheel`] over the table of
//! deadlines: it looks at what is due, never at all that runs.
//!
//! The table is the truth. The wheel holds what ends within the next minute: read when the clock starts and every half
//! minute, and told by the [`ClockBell`] in between. Whether a limit takes effect, and that it does so once, is decided
//! by whoever is told: the row goes in the same change as the effect, so nodes need not agree on who tells.

pub mod limits;
#[cfg(test)]
mod tests;
pub mod wheel;

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use lianxin_domain::clock::{Clock, Timestamp};
use lianxin_storage::deadlines::{Deadline, Deadlines};
use lianxin_storage::error::StorageError;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use self::limits::{Key, Limits, WINDOW_MS};
use crate::metrics::{FiredOutcome, Metrics};

/// A slot of the wheel: nobody notices a tenth of a second, and ten looks a second cost nothing.
const TICK: Duration = Duration::from_millis(100);
/// Between two readings of the table: half the window, so that the next one has as long again to succeed.
const READ_EVERY_MS: i64 = WINDOW_MS / 2;
/// After a reading that failed.
const READ_AGAIN_MS: i64 = 1_000;
/// Rows read at a time.
const PAGE: i64 = 1_024;
/// Limits being handled at a time: two full batches of the journal.
const IN_FLIGHT: usize = 512;
/// What the bell keeps for the clock; beyond it the table is read.
const BELL: usize = 4_096;
/// The label of deadlines that nobody here handles: their kind comes from the database.
const UNKNOWN_KIND: &str = "unknown";

/// Who acts when a limit of one kind is over.
#[async_trait(?Send)]
pub trait OnDue {
    /// The limit is over. Answers whether that took effect or proved void; otherwise it is told again. May be told more
    /// than once, by this node or another: who handles it looks whether the limit still runs and still ends then.
    async fn due(&self, deadline: &Deadline) -> bool;
}

/// Who acts, by kind of deadline.
pub type Handlers = Vec<(&'static str, Rc<dyn OnDue>)>;

/// Tells the clock of limits that were committed since it last read the table.
#[derive(Debug, Clone)]
pub struct ClockBell {
    told: mpsc::Sender<Deadline>,
    missed: Arc<AtomicBool>,
}

impl ClockBell {
    /// This limit runs now. Never waits, and may be told of any: what ends later than the clock has read is left to the
    /// next reading.
    pub fn arm(&self, deadline: Deadline) {
        if self.told.try_send(deadline).is_err() {
            self.missed.store(true, Ordering::Release);
        }
    }
}

/// The table being read, page by page.
#[derive(Debug)]
struct Reading {
    until: Timestamp,
    begun_at: Timestamp,
}

/// What the clock waits for.
enum Happening {
    Read(Result<Vec<Deadline>, StorageError>),
    Handled(Key, FiredOutcome),
}

/// Watches the table of deadlines.
pub struct EscalationClock {
    clock: Arc<dyn Clock>,
    deadlines: Deadlines,
    handlers: Handlers,
    metrics: Metrics,
    bell: ClockBell,
    told: mpsc::Receiver<Deadline>,
    limits: Limits,
    reading: Option<Reading>,
    /// What ends before this has been read, or is being read.
    read_until: Timestamp,
    last_read_at: Timestamp,
    next_read_at: Timestamp,
    underway: FuturesUnordered<LocalBoxFuture<'static, Happening>>,
}

impl EscalationClock {
    /// Over `deadlines`, telling `handlers`.
    pub fn new(clock: Arc<dyn Clock>, deadlines: Deadlines, handlers: Handlers, metrics: Metrics) -> Self {
        let (sender, told) = mpsc::channel(BELL);
        let now = clock.now();
        Self {
            clock,
            deadlines,
            handlers,
            metrics,
            bell: ClockBell { told: sender, missed: Arc::default() },
            told,
            limits: Limits::new(now),
            reading: None,
            read_until: now,
            last_read_at: now,
            next_read_at: now,
            underway: FuturesUnordered::new(),
        }
    }

    /// What tells this clock of new limits.
    pub fn bell(&self) -> ClockBell {
        self.bell.clone()
    }

    /// Runs for ever.
    pub async fn run(mut self) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.move_on();
            tokio::select! {
                _ = tick.tick() => {}
                Some(happening) = self.underway.next() => { self.take(happening); }
            }
        }
    }

    /// Reads what there is to read, tells of all that is over now, and waits until that is handled; answers how many
    /// limits took effect or proved void.
    pub async fn turn(&mut self) -> usize {
        let mut done = 0;
        self.move_on();
        while let Some(happening) = self.underway.next().await {
            done += usize::from(self.take(happening));
            self.move_on();
        }
        done
    }

    /// Begins everything that can begin now.
    fn move_on(&mut self) {
        let now = self.clock.now();
        // First the bell: it was rung after the commit, so a reading that begins now finds what is left to it.
        while let Ok(deadline) = self.told.try_recv() {
            // What moved out of reach must not be told at its old time.
            if deadline.due_at < self.read_until || self.limits.knows(&deadline.id) {
                self.limits.belled(deadline, now);
            }
        }
        if self.reading.is_none() {
            let missed = self.bell.missed.swap(false, Ordering::AcqRel);
            // A clock that went back would otherwise not come to the next reading for as long.
            if missed || now >= self.next_read_at || now < self.last_read_at {
                self.begin_reading(now);
            }
        }
        while self.limits.in_flight() < IN_FLIGHT
            && let Some((key, deadline)) = self.limits.next_due(now)
        {
            self.tell(key, deadline);
        }
        self.metrics.deadlines_armed(self.limits.armed());
    }

    fn begin_reading(&mut self, now: Timestamp) {
        self.limits.begin_reading();
        self.read_until = now.plus_millis(WINDOW_MS);
        self.last_read_at = now;
        self.reading = Some(Reading { until: self.read_until, begun_at: now });
        self.read_page(self.read_until, None);
    }

    fn read_page(&self, until: Timestamp, after: Option<Deadline>) {
        let deadlines = self.deadlines.clone();
        let read = async move { Happening::Read(deadlines.before(until, after.as_ref(), PAGE).await) };
        self.underway.push(Box::pin(read));
    }

    fn tell(&self, key: Key, deadline: Deadline) {
        let handler =
            self.handlers.iter().find(|(kind, _)| *kind == deadline.kind).map(|(_, handler)| Rc::clone(handler));
        let handled = async move {
            let outcome = match handler {
                Some(handler) if handler.due(&deadline).await => FiredOutcome::Done,
                Some(_) => FiredOutcome::Failed,
                None => FiredOutcome::Unknown,
            };
            Happening::Handled(key, outcome)
        };
        self.underway.push(Box::pin(handled));
    }

    /// Answers whether a limit took effect or proved void.
    fn take(&mut self, happening: Happening) -> bool {
        match happening {
            Happening::Read(page) => {
                self.take_page(page);
                false
            }
            Happening::Handled(key, outcome) => {
                self.take_outcome(&key, outcome);
                outcome == FiredOutcome::Done
            }
        }
    }

    fn take_page(&mut self, page: Result<Vec<Deadline>, StorageError>) {
        let now = self.clock.now();
        let Some(reading) = self.reading.take() else { return };
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "deadlines cannot be read");
                self.next_read_at = now.plus_millis(READ_AGAIN_MS);
                return;
            }
        };
        let last = page.last().filter(|_| page.len().cast_signed() as i64 >= PAGE).cloned();
        for deadline in page {
            self.limits.found(deadline, now);
        }
        if last.is_some() {
            self.read_page(reading.until, last);
            self.reading = Some(reading);
        } else {
            self.limits.end_reading();
            self.next_read_at = reading.begun_at.plus_millis(READ_EVERY_MS);
        }
    }

    fn take_outcome(&mut self, key: &Key, outcome: FiredOutcome) {
        let now = self.clock.now();
        let Some(deadline) = self.limits.handled(key, outcome == FiredOutcome::Done, now) else { return };
        if outcome == FiredOutcome::Unknown {
            tracing::error!(deadline.kind, "a deadline of unknown kind");
        }
        let kind = self.handlers.iter().map(|(kind, _)| *kind).find(|kind| *kind == deadline.kind);
        self.metrics.deadline_fired(kind.unwrap_or(UNKNOWN_KIND), outcome, deadline.due_at, now);
    }
}
