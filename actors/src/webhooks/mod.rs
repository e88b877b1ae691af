//! Webhooks: from the log to messages owed ([`planning`]), from these to the receivers ([`sending`]). One node does both,
//! whoever has the lease; a receiver that is slow or dead has its own few tries in hand and costs the others nothing.
//!
//! Nothing is lost: the cursor moves in the change that owes the messages, and a message is done when its row says so. It is
//! sent at least once, always under the same id; messages about the same ticket are sent one after the other
//! (docs/adr/0031-webhooks.md).

mod planning;
mod reach;
mod sending;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use lianxin_domain::clock::{Clock, Entropy};
use lianxin_domain::ids::WebhookId;
use lianxin_domain::kinds::KindSet;
use lianxin_domain::webhook::address::AddressRule;
use lianxin_domain::webhook::retry::Patience;
use lianxin_storage::error::StorageError;
use lianxin_storage::journal::{CommitError, Journal};
use lianxin_storage::log::EventLog;
use lianxin_storage::webhook_deliveries::WebhookDeliveries;
use lianxin_storage::webhooks::{WebhookRow, Webhooks};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::channel::Outbound;
use crate::directory::Directories;
use crate::dispatch::Dispatch;
use crate::lease::Held;
use crate::metrics::Metrics;

use self::planning::Planner;

/// Between two looks at what is due by time, or was asked for on another node.
const TICK: Duration = Duration::from_secs(1);
/// Messages on their way to one receiver at a time; one when it failed last.
const AT_ONCE: usize = 4;

/// What the sender stands on.
pub struct WebhookDesk {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance, for pauses.
    pub entropy: Arc<dyn Entropy>,
    /// The way to write.
    pub journal: Journal,
    /// What happens.
    pub log: Arc<EventLog>,
    /// Who is told.
    pub webhooks: Webhooks,
    /// What is owed to them.
    pub deliveries: WebhookDeliveries,
    /// Names and numbers of grids.
    pub directories: Directories,
    /// Which kinds of tickets are private.
    pub kinds: Arc<KindSet>,
    /// Tells whoever set one up that it was stopped.
    pub dispatch: Dispatch,
    /// The way out.
    pub outbound: Outbound,
    /// Whom we post to.
    pub rule: AddressRule,
    /// How often we try.
    pub patience: Patience,
    /// How long we wait for an answer.
    pub timeout: Duration,
    /// What is counted.
    pub metrics: Metrics,
    /// Of several nodes one sends.
    pub held: Held,
}

/// Why something stays as it is until the next look.
#[derive(Debug, thiserror::Error)]
enum Hindrance {
    /// The database could not be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// What became of it could not be written.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// Sends what webhooks are to be told.
pub struct WebhookSender {
    desk: Rc<WebhookDesk>,
}

/// Messages on their way.
#[derive(Default)]
struct Hand {
    tries: JoinSet<String>,
    /// Each message's receiver.
    of: HashMap<String, WebhookId>,
}

impl Hand {
    fn count(&self, id: WebhookId) -> usize {
        self.of.values().filter(|of| **of == id).count()
    }

    /// The next try that ended; answers whose it was.
    async fn next(&mut self) -> Option<WebhookId> {
        match self.tries.join_next().await? {
            Ok(id) => self.of.remove(&id),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => None,
        }
    }
}

impl WebhookSender {
    /// Over `desk`.
    pub fn new(desk: WebhookDesk) -> Self {
        Self { desk: Rc::new(desk) }
    }

    /// Runs for ever.
    pub async fn run(self) {
        let mut head = self.desk.log.watch();
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut planner, mut hand) = (Planner::default(), Hand::default());
        loop {
            let look = tokio::select! {
                _ = tick.tick() => Look::AtAll,
                Ok(()) = head.changed() => Look::IfPlanned,
                Some(of) = hand.next(), if !hand.tries.is_empty() => Look::At(of),
            };
            if !self.desk.held.is_held() {
                // Another node goes on from the cursor in the database.
                planner = Planner::default();
                continue;
            }
            let planned = settle(planner.advance(&self.desk).await).unwrap_or(false);
            let taken = match look {
                Look::IfPlanned if !planned => Ok(()),
                Look::At(id) if !planned => self.take_of(id, &mut hand).await,
                Look::AtAll | Look::IfPlanned | Look::At(_) => self.take(&mut hand).await,
            };
            settle(taken);
        }
    }

    /// Takes what is due into hand.
    async fn take(&self, hand: &mut Hand) -> Result<(), Hindrance> {
        for row in self.desk.webhooks.all_enabled().await? {
            self.take_for(row, hand).await?;
        }
        Ok(())
    }

    /// The same for one receiver.
    async fn take_of(&self, id: WebhookId, hand: &mut Hand) -> Result<(), Hindrance> {
        match self.desk.webhooks.get(id).await?.filter(|row| row.webhook.enabled) {
            Some(row) => self.take_for(row, hand).await,
            None => Ok(()),
        }
    }

    async fn take_for(&self, row: WebhookRow, hand: &mut Hand) -> Result<(), Hindrance> {
        let WebhookRow { webhook, health } = row;
        let (now, busy) = (self.desk.clock.now(), hand.count(webhook.id));
        // One that failed is tried with one message, and with more when that was taken.
        let most = if health.failures > 0 { 1 } else { AT_ONCE };
        if health.is_paused(now) || busy >= most {
            return Ok(());
        }
        let due = self.desk.deliveries.due(webhook.id, now, most).await?;
        let new = due.into_iter().filter(|delivery| !hand.of.contains_key(&delivery.id)).take(most - busy);
        for delivery in new.collect::<Vec<_>>() {
            hand.of.insert(delivery.id.clone(), webhook.id);
            let (desk, webhook) = (Rc::clone(&self.desk), webhook.clone());
            hand.tries.spawn_local(async move {
                let id = delivery.id.clone();
                settle(desk.send(webhook, delivery).await);
                id
            });
        }
        Ok(())
    }
}

/// What woke the sender.
#[derive(Debug, Clone, Copy)]
enum Look {
    /// Time.
    AtAll,
    /// The log: only worth a look when somebody is to be told of it.
    IfPlanned,
    /// A try that ended.
    At(WebhookId),
}

fn settle<T>(outcome: Result<T, Hindrance>) -> Option<T> {
    outcome
        .inspect_err(|error| tracing::warn!(error = error as &dyn std::error::Error, "webhooks wait for the next look"))
        .ok()
}
