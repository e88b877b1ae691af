//! The escalation clock's way to the tickets.

use async_trait::async_trait;
use lianxin_storage::deadlines::Deadline;

use super::GridActors;
use crate::clock::OnDue;

#[async_trait(?Send)]
impl OnDue for GridActors {
    async fn due(&self, deadline: &Deadline) -> bool {
        match deadline.subject_id.parse() {
            Ok(id) => self.limit_over(id, Some(deadline.due_at)).await.is_ok(),
            Err(_) => false,
        }
    }
}
