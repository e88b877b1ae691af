//! Duties at work: warnings are worked out anew after changes that matter and every night, and orders that nobody answers
//! go up the tree of organisations.
//!
//! [`DutyDesk`] is the handle. It holds no state: the facts are read in a few queries, judged in memory by
//! `domain::duty`, and only what differs from the stored warnings is written. Several nodes may do so at the same moment:
//! a warning's id is made of what it is about and its row has a version, so one of them writes and the others are refused.

mod change;
mod due;
mod picture;
mod pump;
mod recompute;

use std::sync::Arc;

use lianxin_domain::clock::{Clock, Timestamp};
use lianxin_domain::duty::{Assessment, DutyKey, DutyRule, Thresholds, all_rules};
use lianxin_domain::ids::OrganisationId;
use lianxin_domain::tree::TreePath;
use lianxin_storage::duties::Duties;
use lianxin_storage::error::StorageError;
use lianxin_storage::journal::Journal;
use lianxin_storage::meetings::Meetings;

pub use self::change::OrderChange;
pub use self::due::ORDER_DUE;
pub use self::pump::{DutyBell, DutyPump};
pub use self::recompute::Recomputed;
use crate::directory::Directories;
use crate::dispatch::Dispatch;
use crate::rulebook::Rulebook;

/// The kind of subject that events of warnings have.
pub(crate) const DUTY: &str = "duty";
/// The kind of subject that events of orders have.
pub(crate) const ORDER: &str = "duty_order";

/// What duties stand on.
#[derive(Clone)]
pub struct DutyDesk {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The way to write.
    pub journal: Journal,
    /// Warnings, orders, rules and facts.
    pub duties: Duties,
    /// The types of meetings.
    pub meetings: Meetings,
    /// The organisations and who leads them.
    pub directories: Directories,
    /// The working calendar.
    pub rulebook: Rulebook,
    /// What people are told.
    pub dispatch: Dispatch,
}

/// How one duty stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Whose, of which type, in which period.
    pub key: DutyKey,
    /// How it stands.
    pub assessment: Assessment,
    /// When it is warned of.
    pub thresholds: Thresholds,
}

impl DutyDesk {
    /// The rules of the tenant at `root`.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn rules_of(&self, root: &TreePath) -> Result<Vec<DutyRule>, StorageError> {
        let stored = self.duties.rules().await?;
        Ok(all_rules(stored.get(root).map_or(&[], Vec::as_slice)))
    }

    /// How the duties of one branch and its groups stand in all periods of a year; nothing when there is no such branch.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn year(&self, branch: OrganisationId, year: i32, now: Timestamp) -> Result<Vec<Judged>, StorageError> {
        let directory = self.directories.current();
        let Some(entry) = directory.organisations().get(branch) else { return Ok(Vec::new()) };
        let picture = picture::Picture::of_year(self, &directory, entry, year).await?;
        Ok(picture.judge_year(entry, year, now))
    }
}
