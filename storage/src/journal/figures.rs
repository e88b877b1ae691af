//! What the journal did so far, for whoever watches the process.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counters of the writer.
#[derive(Debug, Default)]
pub(super) struct JournalFigures {
    commits: AtomicU64,
    changes: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
    micros: AtomicU64,
}

/// What the journal did so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalReading {
    /// Transactions committed.
    pub commits: u64,
    /// Changes written in them.
    pub changes: u64,
    /// Changes that were refused: decided on something that is over, or a key that exists.
    pub refused: u64,
    /// Changes that could not be written: the database is away, or a defect.
    pub failed: u64,
    /// Time spent in transactions that committed.
    pub spent: Duration,
    /// Changes that wait.
    pub waiting: usize,
}

impl JournalFigures {
    pub(super) fn committed(&self, changes: usize, took: Duration) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.changes.fetch_add(changes as u64, Ordering::Relaxed);
        self.micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn refused(&self, changes: usize) {
        self.refused.fetch_add(changes as u64, Ordering::Relaxed);
    }

    pub(super) fn failed(&self, changes: usize) {
        self.failed.fetch_add(changes as u64, Ordering::Relaxed);
    }

    pub(super) fn read(&self, waiting: usize) -> JournalReading {
        JournalReading {
            commits: self.commits.load(Ordering::Relaxed),
            changes: self.changes.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            spent: Duration::from_micros(self.micros.load(Ordering::Relaxed)),
            waiting,
        }
    }
}
