//! Orders that nobody answered in time.

use async_trait::async_trait;
use lianxin_domain::access::Scope;
use lianxin_domain::ids::OrderId;
use lianxin_storage::deadlines::Deadline;

use super::DutyDesk;
use crate::clock::OnDue;

/// The kind of limits after which an order goes up.
pub const ORDER_DUE: &str = "duty.order";

#[async_trait(?Send)]
impl OnDue for DutyDesk {
    async fn due(&self, deadline: &Deadline) -> bool {
        let Ok(id) = deadline.subject_id.parse::<OrderId>() else {
            tracing::error!(deadline.id, "a limit of no order");
            return true;
        };
        match self.duties.order(&Scope::system(), id).await {
            // Whatever ended it, or moved its limit, did so in the same change; so a limit that is void has no row.
            Ok(None) => true,
            Ok(Some(order)) => match self.escalation(&order, self.clock.now()) {
                None => true,
                Some(change) => self.journal.commit(change).await.is_ok(),
            },
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "an order cannot be read");
                false
            }
        }
    }
}
