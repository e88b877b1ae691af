//! What a node decides on may be some milliseconds old when there are other nodes. Versions catch a change that was decided so;
//! a refusal changes nothing and nothing catches it. So before somebody is refused the node catches up, and decides again.

use std::sync::Arc;
use std::time::Duration;

use lianxin_storage::log::EventLog;

use crate::health::Health;

/// Longer than this nobody waits for a refusal.
const PATIENCE: Duration = Duration::from_secs(1);

/// Brings this node's actors up to what is committed.
#[derive(Clone)]
pub struct CatchUp(Option<(Arc<EventLog>, Arc<Health>)>);

impl CatchUp {
    /// For a node that is alone: it is never behind.
    pub const fn alone() -> Self {
        Self(None)
    }

    /// For one of several nodes.
    pub const fn among_others(log: Arc<EventLog>, health: Arc<Health>) -> Self {
        Self(Some((log, health)))
    }

    /// The number of the log up to which this node's actors were told by now.
    pub fn position(&self) -> u64 {
        self.0.as_ref().map_or(u64::MAX, |(_, health)| health.position())
    }

    /// Whether more was committed than the actors were told of at number `position`; they have been told of it by now.
    pub async fn was_behind(&self, position: u64) -> bool {
        let Some((log, health)) = &self.0 else { return false };
        match log.refresh_head().await {
            Ok(head) if position < head => {
                let _ = tokio::time::timeout(PATIENCE, health.reached(head)).await;
                true
            }
            Ok(_) | Err(_) => false,
        }
    }
}
