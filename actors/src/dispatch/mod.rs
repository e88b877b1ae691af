//! What leaves the house: from a notice to what is owed outside, and whether anything is.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::AccountId;
use lianxin_domain::notification::{ChannelSet, Notice, NotificationKind, Urgency};
use lianxin_domain::person::PersonRef;
use lianxin_storage::change::{Change, Write};
use lianxin_storage::deliveries::{Deliveries, Delivery};
use lianxin_storage::notifications::Notifications;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The channel word of a row that is yet to be planned: the courier looks up the reader's wishes and addresses.
pub const PLAN: &str = "plan";

/// What a notification is about for those who may not see the ticket that they joined.
pub const JOINED: &str = "joined_ticket";

/// What a notification's deliveries carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// About what.
    pub kind: NotificationKind,
    /// How soon.
    pub urgency: Urgency,
    /// One line.
    pub title: String,
    /// More.
    pub text: String,
    /// What it is about.
    pub subject_kind: String,
    /// Its id.
    pub subject_id: String,
    /// The address on this channel; the push subscription's id.
    #[serde(default)]
    pub to: String,
    /// Further notifications that are told in the same message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
}

/// Says what is owed outside for a notice.
#[derive(Clone)]
pub struct Dispatch {
    deliveries: Deliveries,
    channels: ChannelSet,
}

impl Dispatch {
    /// Over `deliveries`, with the channels that the system has.
    pub const fn new(deliveries: Deliveries, channels: ChannelSet) -> Self {
        Self { deliveries, channels }
    }

    /// The channels that the system has.
    pub const fn channels(&self) -> ChannelSet {
        self.channels
    }

    /// The write that owes `notice` to `account` outside the inbox; nothing when no channel could take it.
    pub fn owe(
        &self,
        notice: &Notice,
        account: AccountId,
        notification_id: &str,
        subject_kind: &str,
        subject_id: &str,
        now: Timestamp,
    ) -> Option<Write> {
        let quick = self.channels.push || self.channels.wechat;
        // News goes over channels that cost nothing or not at all.
        if self.channels.is_empty() || (notice.urgency == Urgency::Normal && !quick) {
            return None;
        }
        let parcel = Parcel {
            kind: notice.kind,
            urgency: notice.urgency,
            title: notice.title.clone(),
            text: notice.text.clone(),
            subject_kind: subject_kind.to_owned(),
            subject_id: subject_id.to_owned(),
            to: String::new(),
            others: Vec::new(),
        };
        let payload = serde_json::to_string(&parcel).unwrap_or_default();
        let delivery = Delivery {
            account_id: Some(account),
            notification_id: Some(notification_id.to_owned()),
            ..Delivery::new(&format!("{notification_id}:{PLAN}"), PLAN, &payload, now, now)
        };
        Some(self.deliveries.owe(&delivery))
    }

    /// Puts a notice into its readers' inboxes, tells those who look at them now, and owes what goes outside. `cause` is
    /// what makes it one of its kind: the same one is never told twice.
    pub fn tell(&self, notice: &Notice, cause: &str, about: &Subject, by: Option<&PersonRef>, change: &mut Change) {
        let at = change.at;
        let writes = Notifications::writes(notice, cause, (&about.kind, &about.id), at);
        for (account, (id, write)) in notice.to.iter().zip(writes) {
            change.write(write);
            change.writes.extend(self.owe(notice, *account, &id, &about.kind, &about.id, at));
        }
        let data = json!({
            "cause": cause,
            "type": notice.kind,
            "type_title": notice.kind.title(),
            "urgency": notice.urgency,
            "title": notice.title,
            "text": notice.text,
            "subject": { "kind": about.kind, "id": about.id },
        });
        let told = change.event("inbox.notified", Subject::new("notice", cause), data);
        told.by = by.map(|person| person.id);
        told.audience.clone_from(&notice.to);
    }
}
