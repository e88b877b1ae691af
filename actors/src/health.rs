//! How this process is, for load balancers and whoever looks after it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// A follower that has been behind for so long stands still.
const STALLED: Duration = Duration::from_secs(10);

/// What is known of the process beside what can be asked.
#[derive(Debug)]
pub struct Health {
    began: Instant,
    draining: AtomicBool,
    /// When the follower last had nothing to do, in milliseconds since the beginning.
    caught_up: AtomicU64,
    /// The number of the log that it came to.
    position: AtomicU64,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            draining: AtomicBool::new(false),
            caught_up: AtomicU64::new(0),
            position: AtomicU64::new(0),
        }
    }
}

impl Health {
    /// The server is about to stop: clients should go elsewhere.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Whether it is about to stop.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// The follower has told everybody of the log up to number `position`.
    pub(crate) fn followed(&self, position: u64) {
        self.position.store(position, Ordering::Release);
    }

    /// The follower has told everybody of everything that is known.
    pub(crate) fn caught_up(&self) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.caught_up.store(now, Ordering::Release);
    }

    /// The number of the log up to which everybody was told.
    pub fn position(&self) -> u64 {
        self.position.load(Ordering::Acquire)
    }

    /// Whether the log moves on, whose last number is `head`, and nobody is told of it.
    pub fn is_stalled(&self, head: u64) -> bool {
        let caught_up = Duration::from_millis(self.caught_up.load(Ordering::Acquire));
        self.position() < head && self.began.elapsed().saturating_sub(caught_up) > STALLED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_follower_that_stays_behind_is_noticed() {
        let health = Health::default();
        health.followed(5);
        health.caught_up();
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(!health.is_stalled(5), "nothing happens");
        assert!(health.is_stalled(6));
        health.followed(6);
        health.caught_up();
        assert!(!health.is_stalled(6));
        assert!(!health.is_stalled(7), "it has just come");
        tokio::time::advance(STALLED).await;
        assert!(!health.is_stalled(7));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(health.is_stalled(7));
    }
}
