//! How this process is, for load balancers and whoever looks after it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;
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
    position: watch::Sender<u64>,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            draining: AtomicBool::new(false),
            caught_up: AtomicU64::new(0),
            position: watch::Sender::new(0),
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
        self.position.send_replace(position);
    }

    /// The follower has told everybody of everything that is known `now`.
    pub(crate) fn caught_up(&self, now: Instant) {
        let age = now.duration_since(self.began).as_millis();
        self.caught_up.store(u64::try_from(age).unwrap_or(u64::MAX), Ordering::Release);
    }

    /// The number of the log up to which everybody was told.
    pub fn position(&self) -> u64 {
        *self.position.borrow()
    }

    /// Waits until the follower has told everybody of the log up to number `seq`.
    pub async fn reached(&self, seq: u64) {
        let _ = self.position.subscribe().wait_for(|position| *position >= seq).await;
    }

    /// Whether the log moves on, whose last number is `head`, and nobody is told of it by `now`.
    pub fn is_stalled(&self, head: u64, now: Instant) -> bool {
        let caught_up = self.began + Duration::from_millis(self.caught_up.load(Ordering::Acquire));
        self.position() < head && now.duration_since(caught_up) > STALLED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_follower_that_stays_behind_is_noticed() {
        let health = Health::default();
        let after = |seconds| health.began + Duration::from_secs(seconds);
        health.followed(5);
        health.caught_up(after(0));
        assert!(!health.is_stalled(5, after(60)), "nothing happens");
        assert!(health.is_stalled(6, after(60)));
        health.followed(6);
        health.caught_up(after(60));
        assert!(!health.is_stalled(6, after(600)));
        assert!(!health.is_stalled(7, after(70)), "it has only just come");
        assert!(health.is_stalled(7, after(71)));
    }
}
