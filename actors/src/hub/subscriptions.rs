//! Who follows what, on one worker thread. Pure: no actor, no socket.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use lianxin_domain::ids::{AccountId, SessionId};

use super::frame::Frame;
use super::outbox::{CloseReason, Outbox};
use super::published::Published;
use super::topic::{Audience, Topic};

/// Names a connection on its worker thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// How far a subscription is.
enum Stage {
    /// Registered; what happens meanwhile waits until its snapshot is there.
    Waiting(Vec<Arc<Published>>),
    /// Live: everything after this number is delivered.
    Live { after: u64 },
}

/// A connection with what it follows.
struct Connection {
    outbox: Arc<Outbox>,
    account_id: AccountId,
    session_id: SessionId,
    topics: Vec<Topic>,
}

/// All connections and subscriptions of one worker thread.
#[derive(Default)]
pub struct Subscriptions {
    connections: HashMap<ConnectionId, Connection>,
    by_topic: HashMap<Topic, BTreeMap<ConnectionId, Stage>>,
    position: u64,
}

impl Subscriptions {
    /// Takes a connection in.
    pub fn connect(&mut self, id: ConnectionId, account_id: AccountId, session_id: SessionId, outbox: Arc<Outbox>) {
        let connection = Connection { outbox, account_id, session_id, topics: Vec::new() };
        self.connections.insert(id, connection);
    }

    /// Forgets a connection; answers the topics that lost a follower.
    pub fn disconnect(&mut self, id: ConnectionId) -> Vec<Topic> {
        let Some(connection) = self.connections.remove(&id) else { return Vec::new() };
        for topic in &connection.topics {
            self.drop_subscription(*topic, id);
        }
        connection.topics
    }

    /// Registers a subscription; from now on its events are kept for it. Answers the number of the last event that was
    /// published before, or nothing when the connection is gone or follows the topic already.
    pub fn register(&mut self, id: ConnectionId, topic: Topic) -> Option<u64> {
        let connection = self.connections.get_mut(&id)?;
        if connection.topics.contains(&topic) {
            return None;
        }
        connection.topics.push(topic);
        self.by_topic.entry(topic).or_default().insert(id, Stage::Waiting(Vec::new()));
        Some(self.position)
    }

    /// Sends the subscription's `opening` (snapshot, or what was missed up to number `after`), then what waited, and goes
    /// live.
    pub fn go_live(&mut self, id: ConnectionId, topic: Topic, opening: Vec<Arc<Frame>>, after: u64) {
        let Some(connection) = self.connections.get(&id) else { return };
        let Some(stage) = self.by_topic.get_mut(&topic).and_then(|followers| followers.get_mut(&id)) else { return };
        for frame in opening {
            connection.outbox.push(frame);
        }
        if let Stage::Waiting(missed) = std::mem::replace(stage, Stage::Live { after }) {
            for published in missed.iter().filter(|published| published.seq() > after) {
                connection.outbox.push(published.frame(&[topic]));
            }
        }
    }

    /// Ends a subscription; answers whether there was one.
    pub fn unsubscribe(&mut self, id: ConnectionId, topic: Topic) -> bool {
        let Some(connection) = self.connections.get_mut(&id) else { return false };
        let before = connection.topics.len();
        connection.topics.retain(|followed| *followed != topic);
        let followed = connection.topics.len() < before;
        if followed {
            self.drop_subscription(topic, id);
        }
        followed
    }

    /// Delivers an event: each connection gets it once per audience, however many of its topics it follows.
    pub fn publish(&mut self, published: &Arc<Published>) {
        self.position = self.position.max(published.seq());
        for audience in [Audience::Concerned, Audience::Public] {
            let mut readers: BTreeMap<ConnectionId, Vec<Topic>> = BTreeMap::new();
            for topic in published.topics().iter().filter(|topic| topic.audience() == audience) {
                let Some(followers) = self.by_topic.get_mut(topic) else { continue };
                for (id, stage) in followers {
                    match stage {
                        Stage::Waiting(missed) => missed.push(Arc::clone(published)),
                        Stage::Live { after } if published.seq() > *after => {
                            readers.entry(*id).or_default().push(*topic);
                        }
                        Stage::Live { .. } => {}
                    }
                }
            }
            for (id, topics) in readers {
                if let Some(connection) = self.connections.get(&id) {
                    connection.outbox.push(published.frame(&topics));
                }
            }
        }
    }

    /// Notes that all events up to `seq` were published, also those that nobody follows.
    pub fn advance(&mut self, seq: u64) {
        self.position = self.position.max(seq);
    }

    /// Delivers a topic's newest figures to those who are live.
    pub fn publish_state(&self, topic: Topic, frame: &Arc<Frame>) {
        let Some(followers) = self.by_topic.get(&topic) else { return };
        for (id, stage) in followers {
            if let (Stage::Live { .. }, Some(connection)) = (stage, self.connections.get(id)) {
                connection.outbox.push_state(topic, Arc::clone(frame));
            }
        }
    }

    /// Ends all connections of an account.
    pub fn close_account(&self, account_id: AccountId, reason: CloseReason) {
        for connection in self.connections.values().filter(|connection| connection.account_id == account_id) {
            connection.outbox.close(reason);
        }
    }

    /// Ends all connections of a session.
    pub fn close_session(&self, session_id: SessionId, reason: CloseReason) {
        for connection in self.connections.values().filter(|connection| connection.session_id == session_id) {
            connection.outbox.close(reason);
        }
    }

    /// Ends all connections.
    pub fn close_all(&self, reason: CloseReason) {
        for connection in self.connections.values() {
            connection.outbox.close(reason);
        }
    }

    /// How many connections there are.
    pub fn len(&self) -> usize {
        self.connections.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    fn drop_subscription(&mut self, topic: Topic, id: ConnectionId) {
        if let Some(followers) = self.by_topic.get_mut(&topic) {
            followers.remove(&id);
            if followers.is_empty() {
                self.by_topic.remove(&topic);
            }
        }
    }
}
