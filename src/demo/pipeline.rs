//! Many changes on their way to the journal at once: the next are decided while the last are written. They are committed in
//! the order in which they were pushed.

use std::collections::VecDeque;

use futures_util::future::LocalBoxFuture;
use lianxin_storage::change::Change;
use lianxin_storage::journal::{CommitError, Committed, Journal};

use crate::core::StartError;

/// Changes under way at most: half of what may wait for the journal.
const UNDER_WAY: usize = 2_048;

/// The changes under way.
pub(super) struct Pipeline {
    journal: Journal,
    under_way: VecDeque<LocalBoxFuture<'static, Result<Committed, CommitError>>>,
}

impl Pipeline {
    /// An empty one.
    pub(super) fn new(journal: &Journal) -> Self {
        Self { journal: journal.clone(), under_way: VecDeque::new() }
    }

    /// Sends `change` on its way; waits while too many are.
    ///
    /// # Errors
    /// [`StartError`] when an earlier one was not committed.
    pub(super) async fn push(&mut self, change: Change) -> Result<(), StartError> {
        if self.under_way.len() >= UNDER_WAY
            && let Some(first) = self.under_way.pop_front()
        {
            first.await?;
        }
        self.under_way.push_back(Box::pin(self.journal.submit(change)?));
        // The journal has the same thread: between two decisions it gives the database its next statement, or that would
        // wait with nothing to do.
        tokio::task::yield_now().await;
        Ok(())
    }

    /// Waits until all are committed.
    ///
    /// # Errors
    /// [`StartError`] when one was not.
    pub(super) async fn settle(&mut self) -> Result<(), StartError> {
        for commit in self.under_way.drain(..) {
            commit.await?;
        }
        Ok(())
    }
}
