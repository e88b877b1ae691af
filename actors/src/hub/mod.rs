//! The hub: from the log to every open screen (architecture §5).
//!
//! The follower hands over committed events; each is encoded once per kind of reader and put into the outboxes of the
//! connections that follow it. Figures (counters, boards) are sent at most ten times a second, the latest one wins.

mod figures;
mod flow;
mod frame;
mod outbox;
mod published;
mod shard;
mod snapshot;
mod subscriptions;
mod topic;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix::{Actor as _, Addr};
use lianxin_domain::ids::{AccountId, OrganisationId, SessionId};
use parking_lot::Mutex;
use tokio::sync::watch;

pub(crate) use self::figures::{Dirty, FigurePump};
use self::flow::Flow;
pub use self::flow::FlowReading;
pub use self::frame::Frame;
pub use self::outbox::{BUDGET, CloseReason, Drained, Outbox};
pub use self::published::Published;
use self::shard::{Close, CloseShare, Publish, PublishChanges, PublishState, Shards, Whose};
pub use self::shard::{Connect, Disconnect, GoLive, Register, Shard, Unsubscribe};
pub use self::snapshot::{Snapshots, board_json, changes_frame, state_frame};
pub use self::subscriptions::{ConnectionId, JOINED_FOR, Opened, Owner, Subscriptions};
pub(crate) use self::topic::screen_of;
pub use self::topic::{Audience, Topic};

/// How many followers each topic has, over all workers: nobody computes figures that nobody reads.
#[derive(Debug, Default)]
pub(crate) struct Watched(Mutex<HashMap<Topic, usize>>);

impl Watched {
    fn more(&self, topic: Topic) {
        *self.0.lock().entry(topic).or_default() += 1;
    }

    fn less(&self, topic: Topic) {
        let mut watched = self.0.lock();
        if let Some(count) = watched.get_mut(&topic) {
            *count -= 1;
            if *count == 0 {
                watched.remove(&topic);
            }
        }
    }

    fn is_watched(&self, topic: Topic) -> bool {
        self.0.lock().contains_key(&topic)
    }

    /// The organisations whose meetings somebody looks over.
    pub(crate) fn supervised(&self) -> Vec<OrganisationId> {
        let id = |topic: &Topic| match topic {
            Topic::Supervision(id) => Some(*id),
            _ => None,
        };
        self.0.lock().keys().filter_map(id).collect()
    }

    fn with_figures(&self) -> Vec<Topic> {
        self.0.lock().keys().filter(|topic| topic.has_figures()).copied().collect()
    }
}

/// Between two waves of connections that are sent elsewhere.
const DRAIN_WAVE: Duration = Duration::from_millis(100);
/// How long a new subscription waits for the hub.
const CATCH_UP: Duration = Duration::from_secs(1);

/// The handle of the hub.
#[derive(Clone)]
pub struct Hub {
    shards: Shards,
    watched: Arc<Watched>,
    flow: Arc<Flow>,
    /// The number up to which the log was delivered; a shard that starts later begins there.
    position: Arc<AtomicU64>,
    /// The number up to which all shards have been told.
    told: watch::Sender<u64>,
}

impl Default for Hub {
    fn default() -> Self {
        let (told, _) = watch::channel(0);
        Self {
            shards: Shards::default(),
            watched: Arc::default(),
            flow: Arc::default(),
            position: Arc::default(),
            told,
        }
    }
}

impl Hub {
    /// Starts a shard on the calling worker thread.
    pub fn start_shard(&self) -> Addr<Shard> {
        let mut shards = self.shards.write();
        let (watched, flow) = (Arc::clone(&self.watched), Arc::clone(&self.flow));
        let shard = Shard::new(watched, flow, self.position.load(Ordering::SeqCst)).start();
        shards.push(shard.clone());
        shard
    }

    /// Delivers committed events; `up_to` is the number that all of the log is delivered to.
    pub(crate) fn publish(&self, events: Vec<Arc<Published>>, up_to: u64) {
        self.position.fetch_max(up_to, Ordering::SeqCst);
        let events = Arc::new(events);
        self.tell(&Publish { events, up_to });
        self.told.send_replace(up_to);
    }

    /// What went through so far.
    pub fn flow(&self) -> FlowReading {
        self.flow.read()
    }

    /// Waits until all shards have been told of number `seq`, so that whoever subscribes then finds it. An answer comes
    /// right after the commit and may overtake the hub by a moment; when the hub is stuck, nobody waits longer than that.
    pub async fn reached(&self, seq: u64) {
        let mut told = self.told.subscribe();
        let _ = tokio::time::timeout(CATCH_UP, told.wait_for(|told| *told >= seq)).await;
    }

    /// Delivers a topic's newest figures, those of number `seq`.
    pub(crate) fn publish_state(&self, topic: Topic, frame: Arc<Frame>, seq: u64) {
        self.tell(&PublishState { topic, frame, seq });
    }

    /// Delivers what changed of a topic that has a state too large to be sent whole.
    pub(crate) fn publish_changes(&self, topic: Topic, frame: Arc<Frame>) {
        self.tell(&PublishChanges { topic, frame });
    }

    /// Ends all connections of an account: its rights changed.
    pub(crate) fn close_account(&self, id: AccountId) {
        self.tell(&Close { whose: Whose::Account(id), reason: CloseReason::RightsChanged });
    }

    /// Ends all connections of a session: it is over.
    pub(crate) fn close_session(&self, id: SessionId) {
        self.tell(&Close { whose: Whose::Session(id), reason: CloseReason::RightsChanged });
    }

    /// Ends all connections: the server goes down.
    pub fn close_all(&self) {
        self.tell(&Close { whose: Whose::All, reason: CloseReason::Restart });
    }

    /// Ends all connections one after another over `time`: the server goes down, and others take its clients. What comes
    /// meanwhile ends with the last of them.
    pub async fn drain(&self, time: Duration) {
        let waves = usize::try_from(time.as_millis() / DRAIN_WAVE.as_millis()).unwrap_or(usize::MAX);
        for left in (1..=waves).rev() {
            self.tell(&CloseShare { one_of: left, reason: CloseReason::Restart });
            tokio::time::sleep(DRAIN_WAVE).await;
        }
        self.close_all();
    }

    pub(crate) const fn watched(&self) -> &Arc<Watched> {
        &self.watched
    }

    /// Shards take whatever they are told at once and hold nothing back, so their mailboxes do not grow.
    fn tell<M>(&self, message: &M)
    where
        M: actix::Message<Result = ()> + Clone + Send + 'static,
        Shard: actix::Handler<M>,
    {
        for shard in self.shards.read().iter() {
            shard.do_send(message.clone());
        }
    }
}
