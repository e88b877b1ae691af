//! The daily digest of whoever asked for one: told once a day what lies unread (inventory MSG-07, TASK-15).

use std::sync::Arc;

use async_trait::async_trait;
use lianxin_domain::clock::{Clock, Timestamp};
use lianxin_domain::ids::AccountId;
use lianxin_domain::notification::{NotificationKind, Urgency};
use lianxin_storage::change::Change;
use lianxin_storage::deadlines::Deadline;
use lianxin_storage::deliveries::{Deliveries, Delivery};
use lianxin_storage::journal::Journal;
use lianxin_storage::notifications::Notifications;
use lianxin_storage::reachability::Reachability;

use super::{CourierBell, Hindrance};
use crate::clock::OnDue;
use crate::dispatch::{PLAN, Parcel};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Notifications looked at for one digest.
const MOST: u32 = 100;
/// Titles in a digest.
const SHOWN: usize = 3;

/// Makes digests when they are due.
pub struct DigestDesk {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The way to write.
    pub journal: Journal,
    /// What lies unread.
    pub notifications: Notifications,
    /// Who wants it when.
    pub reachability: Reachability,
    /// Where it is owed.
    pub deliveries: Deliveries,
    /// Wakes the courier.
    pub bell: CourierBell,
}

#[async_trait(?Send)]
impl OnDue for DigestDesk {
    async fn due(&self, deadline: &Deadline) -> bool {
        let Ok(account) = deadline.subject_id.parse() else { return false };
        match self.tell(account, deadline.due_at).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a digest waits");
                false
            }
        }
    }
}

impl DigestDesk {
    /// Owes the digest of `due_at` and sets the next one, in one change.
    async fn tell(&self, account: AccountId, due_at: Timestamp) -> Result<(), Hindrance> {
        let now = self.clock.now();
        let settings = self.reachability.wishes(account).await?.settings;
        let mut change = Change::new(now, None, None);
        change.write(Reachability::digest_at(account, settings.next_digest(now)));
        // The wish may have changed after the clock learned of this time.
        let wanted = settings.next_digest(due_at.plus_millis(-1)) == Some(due_at);
        // Since the digest before, however late this one is.
        let since = due_at.plus_millis(-DAY_MS);
        let unread = if wanted { self.notifications.unread_since(account, since, MOST).await? } else { Vec::new() };
        if let Some(newest) = unread.first() {
            let more = if unread.len() >= MOST as usize { "以上" } else { "" };
            let titles: Vec<&str> = unread.iter().take(SHOWN).map(|notification| notification.title.as_str()).collect();
            let parcel = Parcel {
                kind: NotificationKind::Digest,
                urgency: Urgency::Normal,
                title: format!("今日有 {} 条{more}未读消息", unread.len()),
                text: titles.join("；"),
                subject_kind: "inbox".to_owned(),
                subject_id: account.to_string(),
                to: String::new(),
                others: Vec::new(),
            };
            let payload = serde_json::to_string(&parcel).unwrap_or_default();
            // The day's digest is owed once, however often its deadline fires; it is not needed once its news was read.
            let key = format!("digest:{account}:{}", due_at.millis());
            let delivery = Delivery {
                account_id: Some(account),
                notification_id: Some(newest.id.clone()),
                ..Delivery::new(&key, PLAN, &payload, now, now)
            };
            change.write(self.deliveries.owe(&delivery));
        }
        self.journal.commit(change).await?;
        self.bell.ring();
        Ok(())
    }
}
