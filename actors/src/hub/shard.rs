//! One hub shard per worker thread: the actor around [`Subscriptions`].

use std::sync::Arc;

use actix::{Actor, Addr, AsyncContext as _, Context, Handler, Message, SpawnHandle};
use lianxin_domain::ids::{AccountId, SessionId};
use parking_lot::RwLock;
use tokio::time::Instant;

use super::Watched;
use super::flow::Flow;
use super::frame::Frame;
use super::outbox::{CloseReason, Outbox};
use super::published::Published;
use super::subscriptions::{ConnectionId, Opened, Owner, Subscriptions};
use super::topic::Topic;

/// The actor. It never waits: whoever cannot follow is cut off by its outbox.
pub struct Shard {
    subscriptions: Subscriptions,
    watched: Arc<Watched>,
    flow: Arc<Flow>,
    next_connection: u64,
    /// Wakes the shard for events that were joined.
    timer: Option<SpawnHandle>,
}

/// The shards of all workers.
pub(super) type Shards = Arc<RwLock<Vec<Addr<Shard>>>>;

impl Shard {
    /// A shard that begins after number `position` of the log.
    pub(super) fn new(watched: Arc<Watched>, flow: Arc<Flow>, position: u64) -> Self {
        let mut subscriptions = Subscriptions::default();
        subscriptions.advance(position);
        Self { subscriptions, watched, flow, next_connection: 0, timer: None }
    }

    /// Sends what was joined and is due, and comes again for the rest.
    fn flush(&mut self, now: Instant, context: &mut Context<Self>) {
        if let Some(timer) = self.timer.take() {
            context.cancel_future(timer);
        }
        let due = self.subscriptions.flush(now);
        self.flow.sent(self.subscriptions.take_sent());
        self.timer = due.map(|due| {
            context.run_later(due.saturating_duration_since(now), |shard, context| {
                shard.timer = None;
                shard.flush(Instant::now(), context);
            })
        });
    }
}

impl Actor for Shard {
    type Context = Context<Self>;
}

/// A new connection.
#[derive(Message)]
#[rtype(result = "ConnectionId")]
pub struct Connect {
    /// Whose it is.
    pub owner: Owner,
    /// Where its frames go.
    pub outbox: Arc<Outbox>,
}

/// A connection is gone.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Disconnect(pub ConnectionId);

/// Register subscriptions; answers the number they begin after.
#[derive(Message)]
#[rtype(result = "u64")]
pub struct Register {
    /// Of which connection.
    pub connection: ConnectionId,
    /// To what.
    pub topics: Vec<Topic>,
}

/// The opening of registered subscriptions was sent.
#[derive(Message)]
#[rtype(result = "()")]
pub struct GoLive {
    /// Of which connection.
    pub connection: ConnectionId,
    /// What it told of which topic.
    pub opened: Vec<Opened>,
}

/// End a subscription.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Unsubscribe {
    /// Of which connection.
    pub connection: ConnectionId,
    /// To what.
    pub topic: Topic,
}

/// Committed events, in order.
#[derive(Message, Clone)]
#[rtype(result = "()")]
pub(super) struct Publish {
    pub(super) events: Arc<Vec<Arc<Published>>>,
    pub(super) up_to: u64,
}

/// The newest figures of a topic.
#[derive(Message, Clone)]
#[rtype(result = "()")]
pub(super) struct PublishState {
    pub(super) topic: Topic,
    pub(super) frame: Arc<Frame>,
    pub(super) seq: u64,
}

/// What changed of a topic's state.
#[derive(Message, Clone)]
#[rtype(result = "()")]
pub(super) struct PublishChanges {
    pub(super) topic: Topic,
    pub(super) frame: Arc<Frame>,
}

/// Whose connections end.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whose {
    Account(AccountId),
    Session(SessionId),
    All,
}

/// End connections.
#[derive(Message, Clone)]
#[rtype(result = "()")]
pub(super) struct Close {
    pub(super) whose: Whose,
    pub(super) reason: CloseReason,
}

/// End one of so many connections, whichever.
#[derive(Message, Clone)]
#[rtype(result = "()")]
pub(super) struct CloseShare {
    pub(super) one_of: usize,
    pub(super) reason: CloseReason,
}

impl Handler<CloseShare> for Shard {
    type Result = ();

    fn handle(&mut self, message: CloseShare, _: &mut Self::Context) {
        self.subscriptions.close_share(message.one_of, message.reason);
    }
}

impl Handler<Connect> for Shard {
    type Result = actix::MessageResult<Connect>;

    fn handle(&mut self, message: Connect, _: &mut Self::Context) -> Self::Result {
        self.next_connection += 1;
        let id = ConnectionId(self.next_connection);
        self.subscriptions.connect(id, message.owner, message.outbox);
        self.flow.connected();
        actix::MessageResult(id)
    }
}

impl Handler<Disconnect> for Shard {
    type Result = ();

    fn handle(&mut self, Disconnect(id): Disconnect, _: &mut Self::Context) {
        let Some(gone) = self.subscriptions.disconnect(id) else { return };
        self.flow.disconnected(gone.too_slow);
        for topic in gone.topics {
            self.watched.less(topic);
        }
    }
}

impl Handler<Register> for Shard {
    type Result = u64;

    fn handle(&mut self, message: Register, _: &mut Self::Context) -> Self::Result {
        for topic in message.topics {
            if self.subscriptions.register(message.connection, topic) {
                self.watched.more(topic);
            }
        }
        self.subscriptions.position()
    }
}

impl Handler<GoLive> for Shard {
    type Result = ();

    fn handle(&mut self, message: GoLive, _: &mut Self::Context) {
        self.subscriptions.go_live(message.connection, &message.opened);
    }
}

impl Handler<Unsubscribe> for Shard {
    type Result = ();

    fn handle(&mut self, message: Unsubscribe, _: &mut Self::Context) {
        if self.subscriptions.unsubscribe(message.connection, message.topic) {
            self.watched.less(message.topic);
        }
    }
}

impl Handler<Publish> for Shard {
    type Result = ();

    fn handle(&mut self, message: Publish, context: &mut Self::Context) {
        let now = Instant::now();
        for published in message.events.iter() {
            self.subscriptions.publish(published, now);
        }
        self.subscriptions.advance(message.up_to);
        self.flush(now, context);
    }
}

impl Handler<PublishState> for Shard {
    type Result = ();

    fn handle(&mut self, message: PublishState, _: &mut Self::Context) {
        self.subscriptions.publish_state(message.topic, &message.frame, message.seq);
        self.flow.sent(self.subscriptions.take_sent());
    }
}

impl Handler<PublishChanges> for Shard {
    type Result = ();

    fn handle(&mut self, message: PublishChanges, _: &mut Self::Context) {
        self.subscriptions.publish_changes(message.topic, &message.frame);
        self.flow.sent(self.subscriptions.take_sent());
    }
}

impl Handler<Close> for Shard {
    type Result = ();

    fn handle(&mut self, message: Close, _: &mut Self::Context) {
        match message.whose {
            Whose::Account(id) => self.subscriptions.close_account(id, message.reason),
            Whose::Session(id) => self.subscriptions.close_session(id, message.reason),
            Whose::All => self.subscriptions.close_all(message.reason),
        }
    }
}
