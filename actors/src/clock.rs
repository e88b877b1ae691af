//! The escalation clock: tells actors that time limits are over. It looks at what is due, never at all that runs.

use std::sync::Arc;
use std::time::Duration;

use lianxin_domain::clock::Clock;
use lianxin_storage::deadlines::{Deadline, Deadlines};
use lianxin_storage::tickets::DUE;

use crate::grid::GridActors;

/// Between two looks: limits are minutes, so a second late is early enough.
const TICK: Duration = Duration::from_millis(500);
/// Limits handled at a time.
const BATCH: i64 = 256;

/// Watches the table of deadlines.
pub struct EscalationClock {
    clock: Arc<dyn Clock>,
    deadlines: Deadlines,
    grids: GridActors,
}

impl EscalationClock {
    /// Over `deadlines`, telling `grids`.
    pub const fn new(clock: Arc<dyn Clock>, deadlines: Deadlines, grids: GridActors) -> Self {
        Self { clock, deadlines, grids }
    }

    /// Runs for ever.
    pub async fn run(self) {
        loop {
            // A full batch may have more behind it; whatever proves void must not turn this into a busy loop.
            if self.fire_due().await < usize::try_from(BATCH).unwrap_or_default() {
                tokio::time::sleep(TICK).await;
            }
        }
    }

    /// Handles what is due now; answers how many limits took effect or proved void.
    pub async fn fire_due(&self) -> usize {
        let due = match self.deadlines.due(self.clock.now(), BATCH).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "deadlines cannot be read");
                return 0;
            }
        };
        let fired = futures_util::future::join_all(due.iter().map(|deadline| self.fire(deadline))).await;
        fired.into_iter().filter(|done| *done).count()
    }

    async fn fire(&self, deadline: &Deadline) -> bool {
        if deadline.kind != DUE {
            tracing::error!(deadline.kind, "a deadline of unknown kind");
            return false;
        }
        match deadline.subject_id.parse() {
            Ok(id) => self.grids.expire(id, deadline.due_at).await.is_ok(),
            Err(_) => false,
        }
    }
}
