//! What happens by itself when the time to rate is over: first no more forms, then the count, which clears them.

use async_trait::async_trait;
use lianxin_domain::access::Scope;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Event;
use lianxin_domain::ids::AppraisalId;
use lianxin_storage::change::Change;
use lianxin_storage::deadlines::Deadline;
use lianxin_storage::error::StorageError;
use lianxin_storage::journal::CommitError;

use super::{APPRAISAL, AppraisalDesk, Step};
use crate::clock::OnDue;

/// The kind of limits at which ratings end.
pub const APPRAISAL_DUE: &str = "appraisal.deadline";

/// Why a rating could not be ended now.
#[derive(Debug, thiserror::Error)]
pub enum NotSettled {
    /// It cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// It cannot be written, or somebody was faster.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

#[async_trait(?Send)]
impl OnDue for AppraisalDesk {
    async fn due(&self, deadline: &Deadline) -> bool {
        let Ok(id) = deadline.subject_id.parse::<AppraisalId>() else {
            tracing::error!(deadline.id, "a limit of no appraisal");
            return true;
        };
        let settled = self.settle(id).await;
        if let Err(error) = &settled {
            tracing::warn!(error = error as &dyn std::error::Error, "a rating cannot be ended now");
        }
        settled.is_ok()
    }
}

impl AppraisalDesk {
    /// Ends the rating of an appraisal whose deadline is over, and counts its forms. Whoever comes second finds nothing to
    /// do, or is refused by the version and comes again.
    ///
    /// # Errors
    /// [`NotSettled`]; it may be tried again.
    pub async fn settle(&self, id: AppraisalId) -> Result<(), NotSettled> {
        let Some(mut appraisal) = self.appraisals.get(&Scope::system(), id).await? else { return Ok(()) };
        if let Some(closed) = appraisal.closed(self.clock.now()) {
            let mut change = Change::new(self.clock.now(), None, None);
            self.write(Step::Closed, Some(&appraisal), &closed, (&[], &[]), &mut change);
            self.journal.commit(change).await?;
            appraisal = closed;
        }
        if appraisal.closed_at.is_none() || appraisal.counted_at.is_some() {
            return Ok(());
        }
        // Read behind the change that closed it: whatever was taken is among them.
        let (people, forms) = (self.appraisals.participants(id).await?, self.appraisals.forms(id).await?);
        if let Some((counted, after)) = appraisal.counted(&people, &forms, self.clock.now()) {
            let mut change = Change::new(self.clock.now(), None, None);
            self.write(Step::Counted, Some(&appraisal), &counted, (&people, &after), &mut change);
            self.journal.commit(change).await?;
        }
        Ok(())
    }
}

/// The limit that begins to run with an event; the clock reads those that are further away by itself.
pub(crate) fn limit_of(event: &Event) -> Option<Deadline> {
    if event.kind != "appraisal.started" {
        return None;
    }
    let due_at: Timestamp = event.data["deadline"].as_str()?.parse().ok()?;
    let subject_id = event.subject.id.clone();
    Some(Deadline { id: format!("{APPRAISAL}:{subject_id}"), kind: APPRAISAL_DUE.to_owned(), subject_id, due_at })
}
