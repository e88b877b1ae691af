//! What the courier has in hand. Every channel has a lane of its own, and so have codes to sign in with: a channel that
//! does not answer holds up what goes over it, and nothing else.

use std::collections::{HashMap, VecDeque};

use lianxin_domain::ids::AccountId;
use lianxin_storage::deliveries::Delivery;
use tokio::task::{self, JoinSet};

/// Groups of one lane that are sent at a time.
const AT_ONCE: usize = 16;

/// What goes to one person over one channel, in its order and together where it can; a code to sign in with by itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Group {
    account_id: Option<AccountId>,
    channel: String,
    code: Option<String>,
}

impl Group {
    /// Where a message belongs.
    pub(super) fn of(delivery: &Delivery) -> Self {
        let code = delivery.account_id.is_none().then(|| delivery.key.clone());
        Self { account_id: delivery.account_id, channel: delivery.channel.clone(), code }
    }

    fn lane(&self) -> Lane {
        (self.channel.clone(), self.code.is_some())
    }
}

/// A channel; codes that go over it have their own.
type Lane = (String, bool);

/// Groups that are being sent, and those that wait until their lane has room.
///
/// Each group is sent in a task of its own. What is sent may hold a connection that the courier itself waits for next, and
/// has to go on meanwhile.
#[derive(Default)]
pub(super) struct Lanes {
    /// How many messages of each group in hand are owed; those that came later wait for the group's next turn.
    in_hand: HashMap<Group, usize>,
    waiting: HashMap<Lane, VecDeque<(Group, Vec<Delivery>)>>,
    sending: HashMap<Lane, usize>,
    underway: JoinSet<usize>,
    groups: HashMap<task::Id, Group>,
}

impl Lanes {
    /// How many messages of the groups in hand are owed.
    pub(super) fn messages(&self) -> usize {
        self.in_hand.values().sum()
    }

    /// Takes those of `due` into hand whose group is not in hand yet, and begins `send` with as many as there is room for.
    pub(super) fn take<F>(&mut self, due: Vec<Delivery>, send: impl Fn(Vec<Delivery>) -> F)
    where
        F: Future<Output = usize> + 'static,
    {
        let mut groups: HashMap<Group, Vec<Delivery>> = HashMap::new();
        let mut order = Vec::new();
        for delivery in due {
            let group = Group::of(&delivery);
            let messages = groups.entry(group.clone()).or_default();
            if messages.is_empty() {
                order.push(group);
            }
            messages.push(delivery);
        }
        for group in order {
            let Some(messages) = groups.remove(&group) else { continue };
            if self.in_hand.insert(group.clone(), messages.len()).is_none() {
                self.waiting.entry(group.lane()).or_default().push_back((group, messages));
            }
        }
        let lanes: Vec<Lane> = self.waiting.keys().cloned().collect();
        for lane in lanes {
            self.begin(&lane, &send);
        }
    }

    /// Waits until a group was sent; answers how many of its messages moved on. Nothing when none is in hand.
    pub(super) async fn next<F>(&mut self, send: impl Fn(Vec<Delivery>) -> F) -> Option<usize>
    where
        F: Future<Output = usize> + 'static,
    {
        let (id, moved) = self.underway.join_next_with_id().await?.unwrap_or_else(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "sending broke off");
            (error.id(), 0)
        });
        if let Some(group) = self.groups.remove(&id) {
            let lane = group.lane();
            self.in_hand.remove(&group);
            if let Some(sending) = self.sending.get_mut(&lane) {
                *sending -= 1;
            }
            self.begin(&lane, &send);
        }
        Some(moved)
    }

    fn begin<F>(&mut self, lane: &Lane, send: impl Fn(Vec<Delivery>) -> F)
    where
        F: Future<Output = usize> + 'static,
    {
        let sending = self.sending.entry(lane.clone()).or_default();
        let Some(waiting) = self.waiting.get_mut(lane) else { return };
        while *sending < AT_ONCE
            && let Some((group, deliveries)) = waiting.pop_front()
        {
            *sending += 1;
            let task = self.underway.spawn_local(send(deliveries));
            self.groups.insert(task.id(), group);
        }
    }
}
