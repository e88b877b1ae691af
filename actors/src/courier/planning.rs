//! Planning: which channels a notification takes to its reader, and when.

use lianxin_domain::notification::{Channel, Plan, PlanStep, Reachable, plan};
use lianxin_storage::change::Change;
use lianxin_storage::deliveries::{Deliveries, Delivery};

use super::{CourierDependencies, Hindrance};
use crate::dispatch::Parcel;

impl CourierDependencies {
    /// Turns a notification's row into a row per channel, in one change.
    pub(super) async fn plan(&self, planned: Delivery) -> Result<(), Hindrance> {
        match self.planned(&planned).await {
            Ok(change) => self.journal.commit(change).await.map(drop).map_err(Hindrance::from),
            Err(hindrance) => self.postpone(planned, hindrance).await,
        }
    }

    async fn planned(&self, planned: &Delivery) -> Result<Change, Hindrance> {
        let now = self.clock.now();
        let mut change = Change::new(now, None, None);
        change.write(Deliveries::forget(&planned.key));
        let parcel = serde_json::from_str::<Parcel>(&planned.payload).ok();
        // A digest tells of a notification that may have gone out by itself, so the steps are named after this row.
        let base = planned.key.strip_suffix(":plan").unwrap_or(&planned.key);
        if let (Some(account), Some(notification), Some(parcel)) =
            (planned.account_id, planned.notification_id.clone(), parcel)
        {
            let wishes = self.reachability.wishes(account).await?;
            let subscriptions =
                if self.channels.push { self.reachability.subscriptions(account).await? } else { Vec::new() };
            let phone = self.accounts.get(account).await?.and_then(|account| account.phone).is_some();
            let reachable = self.channels.and(Reachable {
                push: !subscriptions.is_empty(),
                wechat: wishes.wechat.is_some(),
                sms: phone,
                voice: phone,
            });
            let steps = match plan(parcel.kind, parcel.urgency, &wishes.settings, reachable, now) {
                Plan::Send(steps) => steps,
                Plan::Digest | Plan::InboxOnly => Vec::new(),
            };
            for PlanStep { channel, at } in steps {
                let addresses: Vec<String> = match channel {
                    Channel::Push => subscriptions.iter().map(|subscription| subscription.id.clone()).collect(),
                    // The address is looked up when its turn comes.
                    Channel::Wechat | Channel::Sms | Channel::Voice => vec![String::new()],
                };
                for to in addresses {
                    let key = format!("{base}:{}{to}", channel.as_str());
                    let payload = serde_json::to_string(&Parcel { to, ..parcel.clone() }).unwrap_or_default();
                    let delivery = Delivery {
                        account_id: Some(account),
                        notification_id: Some(notification.clone()),
                        ..Delivery::new(&key, channel.as_str(), &payload, now, at)
                    };
                    change.write(self.deliveries.owe(&delivery));
                }
            }
        }
        Ok(change)
    }
}
