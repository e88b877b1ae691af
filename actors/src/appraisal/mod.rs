//! Appraisals (民主评议) at work: what becomes of them as changes, and what happens by itself at a deadline.
//!
//! [`AppraisalDesk`] is the handle. It holds no state: an appraisal is read, decided on by `domain::appraisal`, and written
//! on the version that it was read at. Forms do not change that version but require it, so they do not wait for one another,
//! and after the change that closes the rating none is taken on any node: what is counted then is complete.

mod change;
mod due;

use std::sync::Arc;

use lianxin_domain::access::{Caller, Scope};
use lianxin_domain::clock::Clock;
use lianxin_domain::ids::AppraisalId;
use lianxin_storage::appraisals::Appraisals;
use lianxin_storage::error::StorageError;
use lianxin_storage::journal::Journal;
use lianxin_storage::log::EventLog;
use serde_json::{Value, json};

pub use self::change::Step;
pub(crate) use self::due::limit_of;
pub use self::due::{APPRAISAL_DUE, NotSettled};
use crate::directory::Directories;
use crate::dispatch::Dispatch;

/// The kind of subject that their events have.
pub const APPRAISAL: &str = "appraisal";

/// What appraisals stand on.
#[derive(Clone)]
pub struct AppraisalDesk {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The way to write.
    pub journal: Journal,
    /// What is stored.
    pub appraisals: Appraisals,
    /// The log that figures are as of.
    pub log: Arc<EventLog>,
    /// The organisations and who leads them.
    pub directories: Directories,
    /// What people are told.
    pub dispatch: Dispatch,
}

impl AppraisalDesk {
    /// Whether somebody may follow an appraisal live: who looks over its branch, and once it was started who takes part.
    /// Nothing: there is none that the person may know of.
    pub async fn may_follow(&self, caller: &Caller, id: AppraisalId) -> Option<()> {
        let found = self.appraisals.get(&caller.scope(), id).await;
        let failed = |error: &StorageError| {
            tracing::warn!(error = error as &dyn std::error::Error, "an appraisal cannot be read");
        };
        found.inspect_err(failed).ok().flatten().map(drop)
    }

    /// What a page that follows an appraisal is shown: where it stands and how many of whom, no names. With the number of the
    /// log that it is as of.
    pub async fn picture(&self, id: AppraisalId) -> Option<(Value, u64)> {
        // Read before the rows: they may be newer than the number says, never older.
        let as_of = self.log.head();
        let appraisal = self.appraisals.get(&Scope::system(), id).await.ok().flatten()?;
        let figures = self.appraisals.figures(&[id]).await.ok()?.remove(&id).unwrap_or_default();
        let state = appraisal.state(self.clock.now());
        let picture = json!({
            "appraisal_id": id,
            "version": appraisal.version,
            "state": state.as_str(),
            "state_title": state.title(),
            "deadline": appraisal.plan.deadline,
            "counted": appraisal.counted_at.is_some(),
            "meeting": appraisal.meeting.map(|meeting| json!({ "id": meeting.id, "starts_at": meeting.starts_at })),
            "turnout": { "participants": figures.participants, "submitted": figures.submitted, "mass": figures.mass },
            "graded": { "members": figures.members, "graded": figures.graded },
        });
        Some((picture, as_of))
    }
}
