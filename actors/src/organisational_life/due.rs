//! The reminder before the deadline of the materials.

use async_trait::async_trait;
use lianxin_domain::access::Scope;
use lianxin_domain::ids::LifeMeetingId;
use lianxin_storage::change::Change;
use lianxin_storage::deadlines::{Deadline, Deadlines};
use lianxin_storage::error::StorageError;

use super::{LifeDesk, limit_of};
use crate::clock::OnDue;

/// The kind of limits at which people are reminded.
pub const REMINDER: &str = "organisational_life.materials";

impl LifeDesk {
    /// The change that the clock makes now; nothing when the meeting is gone, and its limit with it.
    async fn remind(&self, id: LifeMeetingId) -> Result<Option<Change>, StorageError> {
        let Some(meeting) = self.lives.get(&Scope::system(), id).await? else { return Ok(None) };
        let now = self.clock.now();
        let mut change = Change::new(now, None, None);
        match meeting.reminded(now) {
            Some(after) => {
                let participants = self.lives.participants(id).await?;
                self.reminded(&meeting, &after, &participants, &mut change);
            }
            // The deadline passed while the server stood still, or the limit was moved.
            None if meeting.next_reminder().is_none_or(|at| at <= now) => {
                change.write(Deadlines::delete(limit_of(&meeting)));
            }
            None => return Ok(None),
        }
        Ok(Some(change))
    }
}

#[async_trait(?Send)]
impl OnDue for LifeDesk {
    async fn due(&self, deadline: &Deadline) -> bool {
        let Ok(id) = deadline.subject_id.parse() else {
            tracing::error!(deadline.id, "a limit of no organisational-life meeting");
            return true;
        };
        match self.remind(id).await {
            Ok(None) => true,
            Ok(Some(change)) => self.journal.commit(change).await.is_ok(),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "an organisational-life meeting cannot be read"
                );
                false
            }
        }
    }
}
