//! What only one of several nodes does at a time: sending what is owed to the outside, and the housekeeping.
//!
//! One process holds the lease and renews it every second. The others look at its row: one that has not moved for
//! [`EXPIRED`], by their own watch, belongs to nobody alive. Whoever could not renew for [`GIVEN_UP`] stops before that, so
//! clocks that differ do no harm. A process that stops in good order hands the lease back at once.

use std::sync::Arc;
use std::time::Duration;

use lianxin_domain::clock::Clock;
use lianxin_storage::change::{Change, Write};
use lianxin_storage::journal::Journal;
use lianxin_storage::leases::{Lease, Leases};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

const RENEW: Duration = Duration::from_secs(1);
/// Without a renewal for so long its holder acts no more.
const GIVEN_UP: Duration = Duration::from_secs(3);
/// A row that did not move for so long has no holder.
const EXPIRED: Duration = Duration::from_secs(6);
/// The one lease there is.
const OUTSIDE: &str = "outside";

/// Whether this process is the one.
#[derive(Clone, Debug)]
pub struct Held(Option<watch::Receiver<Option<Instant>>>);

impl Held {
    /// By a process that is alone.
    pub const fn always() -> Self {
        Self(None)
    }

    /// Whether it may act now.
    pub fn is_held(&self) -> bool {
        let Some(renewed) = &self.0 else { return true };
        renewed.borrow().is_some_and(|at| at.elapsed() < GIVEN_UP)
    }
}

/// Takes the lease when it is free, and renews it.
pub struct LeaseKeeper {
    clock: Arc<dyn Clock>,
    journal: Journal,
    leases: Leases,
    /// This process.
    node: String,
    /// When the last renewal that succeeded was begun.
    renewed: watch::Sender<Option<Instant>>,
    /// The row of another holder, and since when it has stood so.
    seen: Option<(Lease, Instant)>,
}

impl LeaseKeeper {
    /// For the process named `node`, a name that no other ever has.
    pub fn new(clock: Arc<dyn Clock>, journal: Journal, leases: Leases, node: String) -> (Self, Held) {
        let (renewed, held) = watch::channel(None);
        (Self { clock, journal, leases, node, renewed, seen: None }, Held(Some(held)))
    }

    /// Runs until `stop` says so, and hands the lease back.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut tick = tokio::time::interval(RENEW);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = tick.tick() => self.look(Instant::now()).await,
                _ = stop.wait_for(|stop| *stop) => break,
            }
        }
        let held = self.renewed.send_replace(None).is_some();
        if let (true, Ok(Some(lease))) = (held, self.leases.get(OUTSIDE).await)
            && lease.holder.as_deref() == Some(&self.node)
        {
            self.write(lease.hand_to(None)).await;
        }
    }

    /// Renews the lease or takes it when it is free.
    async fn look(&mut self, now: Instant) {
        let lease = match self.leases.get(OUTSIDE).await {
            Ok(lease) => lease,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the lease cannot be read");
                return;
            }
        };
        let write = match &lease {
            None => Leases::make(OUTSIDE, &self.node),
            Some(lease) if self.is_ours(lease, now) => lease.hand_to(Some(&self.node)),
            Some(_) => {
                self.renewed.send_replace(None);
                return;
            }
        };
        if self.write(write).await {
            self.seen = None;
            if self.renewed.send_replace(Some(now)).is_none() {
                tracing::info!(node = self.node, "this node sends to the outside from now on");
            }
        }
    }

    /// Whether this process holds the lease, or may take it: its holder gave it back or is gone.
    fn is_ours(&mut self, lease: &Lease, now: Instant) -> bool {
        if lease.holder.as_deref().is_none_or(|holder| holder == self.node) {
            return true;
        }
        match &self.seen {
            Some((seen, since)) if seen == lease => now.duration_since(*since) >= EXPIRED,
            _ => {
                self.seen = Some((lease.clone(), now));
                false
            }
        }
    }

    async fn write(&self, write: Write) -> bool {
        let mut change = Change::new(self.clock.now(), None, None);
        change.write(write);
        // Refused: somebody else was faster.
        self.journal.commit(change).await.is_ok()
    }
}
