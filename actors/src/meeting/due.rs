//! What meetings do by themselves when the clock says so.

use async_trait::async_trait;
use lianxin_domain::meeting::Hall;
use lianxin_storage::deadlines::Deadline;

use super::change::count_limit;
use super::{COUNT, MeetingActors};
use crate::clock::OnDue;
use crate::command::CommandError;

#[async_trait(?Send)]
impl OnDue for MeetingActors {
    async fn due(&self, deadline: &Deadline) -> bool {
        let Ok(id) = deadline.subject_id.parse() else {
            tracing::error!(deadline.id, "a limit of no meeting");
            return true;
        };
        if deadline.kind == COUNT {
            let limit = deadline.id.clone();
            // As far as is known here it is still open: this node has not heard yet that it was closed.
            let is_open = move |hall: &Hall, _| {
                hall.open_poll().is_some_and(|poll| count_limit(poll.vote().id, poll.vote().round) == limit)
            };
            return self.count_votes(id).await.is_ok() && matches!(self.read(id, is_open).await, Ok(false));
        }
        match self.tick(id).await {
            // A draft that was taken away leaves no limit; whatever else is refused will not be granted later.
            Ok(_) | Err(CommandError::Refused(_)) => true,
            Err(_) => false,
        }
    }
}
