//! The course of time in the past that is being made: wherever meetings take it, requests are told up to there first, so
//! that the log is in the order of its time.

use std::sync::Arc;

use lianxin_domain::clock::{Clock as _, ManualClock, Timestamp};
use tokio::sync::Mutex;

use super::history::Requests;
use crate::core::StartError;

/// Moves the clock of the past.
pub(super) struct Course<'a> {
    clock: Arc<ManualClock>,
    requests: Mutex<Requests<'a>>,
}

impl<'a> Course<'a> {
    /// From where `clock` stands.
    pub(super) fn new(clock: &Arc<ManualClock>, requests: Requests<'a>) -> Self {
        Self { clock: Arc::clone(clock), requests: Mutex::new(requests) }
    }

    /// The present of the past.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Goes to `at`; what was told before stays told when that lies behind.
    ///
    /// # Errors
    /// [`StartError`] when a step is refused.
    pub(super) async fn reach(&self, at: Timestamp) -> Result<(), StartError> {
        self.requests.lock().await.tell_until(&self.clock, at).await?;
        self.clock.set(at);
        Ok(())
    }

    /// Ends it at `now`; answers how many requests were told.
    ///
    /// # Errors
    /// [`StartError`] when a step is refused.
    pub(super) async fn end(self, now: Timestamp) -> Result<usize, StartError> {
        self.reach(now).await?;
        self.requests.into_inner().end(now).await
    }
}
