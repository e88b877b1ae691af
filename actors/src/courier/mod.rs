//! The courier: takes messages that are owed to the outside to their channel, again and again until it is done.
//!
//! What is owed are rows. A notification owes a row to be planned; planning turns it into a row per channel, each with its
//! time ([`planning`]); sending takes what is due to its channel ([`sending`]). Delivery is at least once, and the key of
//! the row goes with the message, so that the receiver makes it exactly once.

mod digest;
mod lanes;
mod planning;
mod sending;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use lianxin_domain::clock::Clock;
use lianxin_domain::notification::{Channel, ChannelSet};
use lianxin_storage::accounts::Accounts;
use lianxin_storage::deliveries::{Deliveries, Delivery};
use lianxin_storage::error::StorageError;
use lianxin_storage::journal::{CommitError, Journal};
use lianxin_storage::notifications::Notifications;
use lianxin_storage::reachability::Reachability;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::time::MissedTickBehavior;

use crate::channel::Gateway;
use crate::dispatch::PLAN;
use crate::lease::Held;
use crate::metrics::Metrics;

pub use digest::DigestDesk;
use lanes::Lanes;

/// Between two looks without being woken.
const TICK: Duration = Duration::from_secs(1);
/// Messages taken at a time.
const BATCH: usize = 256;
/// Messages in hand, when channels are slow.
const MOST_IN_HAND: usize = 16_384;

/// The channel of short messages, which codes to sign in with take too.
pub const SMS: &str = "sms";

/// A code to sign in with: the one message that belongs to no notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sms {
    /// Eleven digits.
    pub phone: String,
    /// What the person reads.
    pub text: String,
    /// The code in it, when it carries one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// The ways out. Bound to their thread.
#[derive(Clone)]
pub struct Gateways {
    /// Web push, when it is on.
    pub push: Option<Rc<dyn Gateway>>,
    /// WeChat, when it is on.
    pub wechat: Option<Rc<dyn Gateway>>,
    /// Short messages: always there, for codes.
    pub sms: Rc<dyn Gateway>,
    /// Calls, when they are on.
    pub voice: Option<Rc<dyn Gateway>>,
}

impl Gateways {
    fn of(&self, channel: Channel) -> Option<&Rc<dyn Gateway>> {
        match channel {
            Channel::Push => self.push.as_ref(),
            Channel::Wechat => self.wechat.as_ref(),
            Channel::Sms => Some(&self.sms),
            Channel::Voice => self.voice.as_ref(),
        }
    }
}

/// What the courier stands on.
pub struct CourierDependencies {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The way to write.
    pub journal: Journal,
    /// What is owed.
    pub deliveries: Deliveries,
    /// What was read meanwhile.
    pub notifications: Notifications,
    /// Wishes and addresses.
    pub reachability: Reachability,
    /// Phones.
    pub accounts: Accounts,
    /// The ways out.
    pub gateways: Gateways,
    /// The channels that notifications may take.
    pub channels: ChannelSet,
    /// Milliseconds between two messages to one person over a channel that costs.
    pub cooldown_ms: i64,
    /// What is counted.
    pub metrics: Metrics,
    /// Of several nodes one sends.
    pub held: Held,
}

/// Sends what is owed.
pub struct Courier {
    desk: Rc<CourierDependencies>,
    wake: Arc<Notify>,
}

/// Wakes the courier after a change that owes something.
#[derive(Clone, Default)]
pub struct CourierBell(Arc<Notify>);

impl CourierBell {
    /// Something is owed now.
    pub fn ring(&self) {
        self.0.notify_one();
    }
}

/// Why a message stays as it is until the next look.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Hindrance {
    /// The database could not be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// What became of it could not be written.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl Courier {
    /// A courier that `bell` wakes.
    pub fn new(desk: CourierDependencies, bell: &CourierBell) -> Self {
        Self { desk: Rc::new(desk), wake: Arc::clone(&bell.0) }
    }

    /// Runs for ever.
    pub async fn run(self) {
        let mut lanes = Lanes::default();
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.look(&mut lanes).await;
            loop {
                // With much in hand it looks again no more often than it has to, because it reads all of that again.
                let free = lanes.messages() < BATCH;
                let look = tokio::select! {
                    _ = tick.tick() => true,
                    () = self.wake.notified(), if free => true,
                    Some(moved) = lanes.next(|group| self.begin(group)) => moved > 0 && free,
                };
                if look {
                    break;
                }
            }
        }
    }

    /// Does what is owed by now; answers how many messages moved on.
    pub async fn send_due(&self) -> usize {
        let mut lanes = Lanes::default();
        self.look(&mut lanes).await;
        let mut moved = 0;
        while let Some(more) = lanes.next(|group| self.begin(group)).await {
            moved += more;
        }
        moved
    }

    /// Takes what is owed by now into hand.
    async fn look(&self, lanes: &mut Lanes) {
        if !self.desk.held.is_held() {
            return;
        }
        // What is in hand is owed until it is sent; behind it there may be more.
        let limit = (lanes.messages() + BATCH).min(MOST_IN_HAND);
        match self.desk.deliveries.due(self.desk.clock.now(), limit.cast_signed() as i64).await {
            Ok(due) => lanes.take(due, |group| self.begin(group)),
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "deliveries cannot be read"),
        }
    }

    fn begin(&self, group: Vec<Delivery>) -> impl Future<Output = usize> + 'static {
        handle(Rc::clone(&self.desk), group)
    }
}

async fn handle(desk: Rc<CourierDependencies>, group: Vec<Delivery>) -> usize {
    if group.first().is_none_or(|first| first.channel != PLAN) {
        return usize::from(settle(desk.send(group).await));
    }
    let mut moved = 0;
    for delivery in group {
        moved += usize::from(settle(desk.plan(delivery).await));
    }
    moved
}

fn settle(outcome: Result<(), Hindrance>) -> bool {
    if let Err(error) = &outcome {
        tracing::warn!(error = error as &dyn std::error::Error, "a delivery waits for the next look");
    }
    outcome.is_ok()
}
