//! Sending: what is due to one person over one channel. What was read meanwhile is not needed any more; what costs is told
//! together and not more often than the cool-down lets it (tickets.md G14: nobody is stormed, nothing is dropped).

use lianxin_domain::clock::Timestamp;
use lianxin_domain::notification::{Channel, Urgency};
use lianxin_storage::change::{Change, Write};
use lianxin_storage::deliveries::{Delivery, DeliveryState};
use lianxin_storage::error::StorageError;
use lianxin_storage::reachability::Reachability;

use super::{CourierDependencies, Hindrance, Sms};
use crate::channel::{Message, Receipt, SendError};
use crate::dispatch::{JOINED, Parcel};
use crate::metrics::DeliveryOutcome;

/// Tries before somebody has to look.
const MAX_ATTEMPTS: u32 = 8;
/// Before a message is looked at again whose reader's rows cannot be read.
const POSTPONED_MS: i64 = 60_000;
/// Titles told together in one message.
const TOLD_TOGETHER: usize = 3;

/// Whether a message over it costs, and a person may be stormed.
const fn costs(channel: Channel) -> bool {
    matches!(channel, Channel::Sms | Channel::Voice)
}

impl CourierDependencies {
    /// Sends what is due to one person over one channel.
    pub(super) async fn send(&self, group: Vec<Delivery>) -> Result<(), Hindrance> {
        let mut waiting = Vec::new();
        for delivery in group {
            match self.needless(&delivery).await {
                Ok(Some(why)) => self.finish(not_needed(&delivery, why, self.clock.now()), Vec::new()).await?,
                Ok(None) => waiting.push(delivery),
                Err(hindrance) => self.postpone(delivery, hindrance).await?,
            }
        }
        let channel = waiting.first().and_then(|first| Channel::parse(&first.channel));
        match channel {
            Some(channel) if costs(channel) && waiting.iter().all(|delivery| delivery.account_id.is_some()) => {
                self.send_together(channel, waiting).await
            }
            _ => {
                for delivery in waiting {
                    self.send_one(delivery).await?;
                }
                Ok(())
            }
        }
    }

    /// Whether its turn is over before it came: all that it tells of was read.
    async fn needless(&self, delivery: &Delivery) -> Result<Option<&'static str>, Hindrance> {
        let (Some(account), Some(own)) = (delivery.account_id, &delivery.notification_id) else { return Ok(None) };
        let others = parcel(delivery).map(|parcel| parcel.others).unwrap_or_default();
        for id in std::iter::once(own).chain(&others) {
            let notification = self.notifications.get(account, id).await?;
            if notification.is_none_or(|notification| notification.read_at.is_none()) {
                return Ok(None);
            }
        }
        Ok(Some("read"))
    }

    /// Sends over a channel that costs: not within the cool-down unless it is urgent, and all that waits in one message.
    async fn send_together(&self, channel: Channel, waiting: Vec<Delivery>) -> Result<(), Hindrance> {
        let now = self.clock.now();
        // What was begun before goes again as it was: the other side may have taken it.
        let (fresh, begun): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|delivery| delivery.attempts == 0);
        for delivery in begun {
            self.send_one(delivery).await?;
        }
        let Some(account) = fresh.first().and_then(|first| first.account_id) else { return Ok(()) };
        let urgent = fresh.iter().any(|delivery| parcel(delivery).is_some_and(|p| p.urgency == Urgency::Urgent));
        let last = self.deliveries.last_sent(account, channel.as_str()).await?;
        // No longer than one cool-down, though the clock went back meanwhile.
        let free_at = last.map_or(now, |last| last.min(now).plus_millis(self.cooldown_ms));
        if free_at > now && !urgent {
            let mut change = Change::new(now, None, None);
            for delivery in fresh {
                change.writes.extend(self.deliveries.put(&Delivery { next_at: free_at, ..delivery }));
            }
            self.journal.commit(change).await?;
            return Ok(());
        }
        let Some(first) = self.begin(fresh, now).await? else { return Ok(()) };
        self.send_one(first).await
    }

    /// Puts all of `fresh` into its first message, durably and before it leaves: after a crash the same message goes again
    /// under the same key, and what comes later is not taken for told.
    async fn begin(&self, fresh: Vec<Delivery>, now: Timestamp) -> Result<Option<Delivery>, Hindrance> {
        let mut fresh = fresh.into_iter();
        let Some(first) = fresh.next() else { return Ok(None) };
        let others: Vec<Delivery> = fresh.collect();
        let mut change = Change::new(now, None, None);
        let first = if others.is_empty() { first } else { told_together(first, &others) };
        for other in &others {
            change.writes.extend(self.deliveries.put(&not_needed(other, &format!("told with {}", first.key), now)));
        }
        let first = Delivery { attempts: first.attempts + 1, ..first };
        change.writes.extend(self.deliveries.put(&first));
        self.journal.commit(change).await?;
        // This try was counted when it was begun.
        Ok(Some(Delivery { attempts: first.attempts - 1, ..first }))
    }

    /// Hands one message to its channel and records what became of it.
    async fn send_one(&self, delivery: Delivery) -> Result<(), Hindrance> {
        let channel = Channel::parse(&delivery.channel);
        let gateway = channel.and_then(|channel| self.gateways.of(channel));
        let (Some(channel), Some(gateway)) = (channel, gateway) else {
            return self
                .finish(not_needed(&delivery, "the channel is switched off", self.clock.now()), Vec::new())
                .await;
        };
        let message = match self.message(channel, &delivery).await {
            Ok(message) => message,
            Err(hindrance) => return self.postpone(delivery, hindrance).await,
        };
        let Some(message) = message else {
            let why = "no address".to_owned();
            let nobody = after_try(delivery, Err(SendError::Gone { why }), self.clock.now());
            return self.finish(nobody, Vec::new()).await;
        };
        let outcome = gateway.send(&message).await;
        let mut more = Vec::new();
        if let (Channel::Push, Err(SendError::Gone { .. }), Some(parcel)) = (channel, &outcome, parcel(&delivery)) {
            // The browser took its subscription back.
            more.push(Reachability::unsubscribe(&parcel.to));
        }
        self.finish(after_try(delivery, outcome, self.clock.now()), more).await
    }

    /// Lets a message whose reader's rows cannot be read wait, so that it does not hold up the others.
    pub(super) async fn postpone(&self, delivery: Delivery, hindrance: Hindrance) -> Result<(), Hindrance> {
        let Hindrance::Storage(error @ (StorageError::Corrupt { .. } | StorageError::Sealed { .. })) = hindrance else {
            return Err(hindrance);
        };
        tracing::error!(error = &error as &dyn std::error::Error, "a delivery waits for its reader's rows");
        let now = self.clock.now();
        let next_at = now.plus_millis(POSTPONED_MS);
        let mut change = Change::new(now, None, None);
        change.writes = self.deliveries.put(&Delivery { next_at, last_error: Some(error.to_string()), ..delivery });
        self.journal.commit(change).await?;
        Ok(())
    }

    async fn finish(&self, delivery: Delivery, more: Vec<Write>) -> Result<(), Hindrance> {
        let mut change = Change::new(self.clock.now(), None, None);
        change.writes = self.deliveries.put(&delivery);
        change.writes.extend(more);
        self.journal.commit(change).await?;
        if let Some(channel) = Channel::parse(&delivery.channel) {
            self.count(channel, &delivery);
        }
        Ok(())
    }

    fn count(&self, channel: Channel, delivery: &Delivery) {
        let outcome = match delivery.state {
            DeliveryState::Sent => DeliveryOutcome::Sent,
            DeliveryState::Owed => DeliveryOutcome::Failed,
            DeliveryState::GivenUp => DeliveryOutcome::GivenUp,
            DeliveryState::NotNeeded => return,
        };
        self.metrics.delivery_tried(channel.as_str(), outcome);
        self.metrics.delivery_charged(channel.as_str(), delivery.cost_milli_fen.unwrap_or_default());
    }

    /// The message, with the address as it is now.
    async fn message(&self, channel: Channel, delivery: &Delivery) -> Result<Option<Message>, Hindrance> {
        let key = delivery.key.clone();
        let Some(account) = delivery.account_id else {
            let sms: Option<Sms> = serde_json::from_str(&delivery.payload).ok();
            return Ok(sms.map(|Sms { phone, text, code }| Message {
                key,
                to: phone,
                title: String::new(),
                text,
                url: None,
                code,
                urgent: true,
            }));
        };
        let Some(parcel) = parcel(delivery) else { return Ok(None) };
        let to = match channel {
            Channel::Push => {
                let known = self.reachability.subscriptions(account).await?;
                known.into_iter().find(|known| known.id == parcel.to).map(|known| known.body)
            }
            Channel::Wechat => self.reachability.wishes(account).await?.wechat,
            Channel::Sms | Channel::Voice => self.accounts.get(account).await?.and_then(|account| account.phone),
        };
        let url = match parcel.subject_kind.as_str() {
            "ticket" => Some(format!("/m/tickets/{}", parcel.subject_id)),
            // Who joined a request may not open it; it stands among the own ones.
            JOINED => Some("/m/tickets".to_owned()),
            _ => None,
        };
        let urgent = parcel.urgency == Urgency::Urgent;
        Ok(to.map(|to| Message { key, to, title: parcel.title, text: parcel.text, url, code: None, urgent }))
    }
}

fn parcel(delivery: &Delivery) -> Option<Parcel> {
    serde_json::from_str(&delivery.payload).ok()
}

/// One message that tells of all.
fn told_together(first: Delivery, others: &[Delivery]) -> Delivery {
    let Some(own) = parcel(&first) else { return first };
    let titles: Vec<String> =
        std::iter::once(own.title.clone()).chain(others.iter().filter_map(parcel).map(|parcel| parcel.title)).collect();
    let count = titles.len();
    let shown = titles.iter().take(TOLD_TOGETHER).cloned().collect::<Vec<_>>().join("；");
    let rest = if count > TOLD_TOGETHER { " 等" } else { "" };
    let urgency = others.iter().filter_map(parcel).map(|parcel| parcel.urgency).fold(own.urgency, Ord::max);
    let ids = others.iter().filter_map(|other| other.notification_id.clone()).collect();
    let together = Parcel {
        title: format!("您有 {count} 条待处理消息"),
        text: format!("{shown}{rest}"),
        urgency,
        others: ids,
        ..own
    };
    Delivery { payload: serde_json::to_string(&together).unwrap_or_default(), ..first }
}

fn not_needed(delivery: &Delivery, why: &str, now: Timestamp) -> Delivery {
    Delivery {
        state: DeliveryState::NotNeeded,
        done_at: Some(now),
        reference: Some(why.to_owned()),
        ..delivery.clone()
    }
}

/// What a try makes of a delivery: done, or to be tried again after 1 s, 2 s, 4 s … (later when the channel says so), or
/// given up.
fn after_try(delivery: Delivery, outcome: Result<Receipt, SendError>, now: Timestamp) -> Delivery {
    let attempts = delivery.attempts + 1;
    let given_up = |why: String, delivery| Delivery {
        state: DeliveryState::GivenUp,
        attempts,
        done_at: Some(now),
        last_error: Some(why),
        ..delivery
    };
    match outcome {
        Ok(receipt) => Delivery {
            state: DeliveryState::Sent,
            attempts,
            done_at: Some(now),
            last_error: None,
            cost_milli_fen: Some(receipt.cost_milli_fen),
            reference: receipt.reference,
            ..delivery
        },
        Err(SendError::Gone { why }) => given_up(why, delivery),
        Err(SendError::Again { why, .. }) if attempts >= MAX_ATTEMPTS => given_up(why, delivery),
        Err(SendError::Again { why, after_ms }) => {
            let pause = 1_000 << (attempts - 1);
            let next_at = now.plus_millis(after_ms.map_or(pause, |asked| asked.max(pause)));
            Delivery { attempts, next_at, last_error: Some(why), ..delivery }
        }
    }
}
