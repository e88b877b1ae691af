//! What meetings do by themselves when the clock says so.

use async_trait::async_trait;
use lianxin_storage::deadlines::Deadline;

use super::MeetingActors;
use crate::clock::OnDue;
use crate::command::CommandError;

#[async_trait(?Send)]
impl OnDue for MeetingActors {
    async fn due(&self, deadline: &Deadline) -> bool {
        let Ok(id) = deadline.subject_id.parse() else {
            tracing::error!(deadline.id, "a limit of no meeting");
            return true;
        };
        match self.tick(id).await {
            // A draft that was taken away leaves no limit; whatever else is refused will not be granted later.
            Ok(_) | Err(CommandError::Refused(_)) => true,
            Err(_) => false,
        }
    }
}
