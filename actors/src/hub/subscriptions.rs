//! Who follows what, on one worker thread. Pure: no actor, no socket.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use lianxin_domain::ids::{AccountId, ScreenId, SessionId};
use tokio::time::Instant;

use super::frame::Frame;
use super::outbox::{CloseReason, Outbox};
use super::published::Published;
use super::topic::{Audience, Topic};

/// Names a connection on its worker thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// Whose a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A person's.
    Person {
        /// Whose account.
        account_id: AccountId,
        /// Under which login.
        session_id: SessionId,
    },
    /// A big screen's.
    Screen(ScreenId),
}

/// Events that may wait for an opening; a client that takes longer to read it is too slow.
const MAX_WAITING: usize = 16_384;

/// Between two frames with joined events of one topic, and between two with its figures: ten a second in all.
pub const JOINED_FOR: Duration = Duration::from_millis(225);

/// How far a subscription is.
enum Stage {
    /// Registered; what happens meanwhile waits until its opening is there.
    Waiting(Missed),
    /// Live: every event after `after` is delivered, and all figures newer than those of number `figures_at`.
    Live { after: u64, figures_at: u64 },
}

/// What happened to a topic before its opening was there.
#[derive(Default)]
struct Missed {
    events: Vec<Arc<Published>>,
    figures: Option<(Arc<Frame>, u64)>,
    changes: Vec<Arc<Frame>>,
}

/// What an opening told of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The topic.
    pub topic: Topic,
    /// All events up to this number.
    pub after: u64,
    /// Its figures as of this number.
    pub figures_at: u64,
}

/// A connection with what it follows.
struct Connection {
    outbox: Arc<Outbox>,
    owner: Owner,
    topics: Vec<Topic>,
}

/// All connections and subscriptions of one worker thread.
#[derive(Default)]
pub struct Subscriptions {
    connections: HashMap<ConnectionId, Connection>,
    by_topic: HashMap<Topic, BTreeMap<ConnectionId, Stage>>,
    joining: HashMap<Topic, Joining>,
    position: u64,
    /// Frames put into outboxes since they were counted.
    sent: u64,
}

/// A connection that is gone.
pub struct Gone {
    /// The topics that lost a follower.
    pub topics: Vec<Topic>,
    /// Whether it was cut off because it did not read.
    pub too_slow: bool,
}

/// Events of one topic that go out together.
struct Joining {
    events: Vec<Arc<Published>>,
    due: Instant,
}

impl Subscriptions {
    /// Takes a connection in.
    pub fn connect(&mut self, id: ConnectionId, owner: Owner, outbox: Arc<Outbox>) {
        let connection = Connection { outbox, owner, topics: Vec::new() };
        self.connections.insert(id, connection);
    }

    /// Forgets a connection; nothing when there is none of that id.
    pub fn disconnect(&mut self, id: ConnectionId) -> Option<Gone> {
        let connection = self.connections.remove(&id)?;
        for topic in &connection.topics {
            self.drop_subscription(*topic, id);
        }
        let too_slow = connection.outbox.closed() == Some(CloseReason::TooSlow);
        Some(Gone { topics: connection.topics, too_slow })
    }

    /// Frames put into outboxes since this was asked last.
    pub const fn take_sent(&mut self) -> u64 {
        std::mem::replace(&mut self.sent, 0)
    }

    /// Registers a subscription; from now on its events are kept for it. Answers whether it is new.
    pub fn register(&mut self, id: ConnectionId, topic: Topic) -> bool {
        let Some(connection) = self.connections.get_mut(&id) else { return false };
        if connection.topics.contains(&topic) {
            return false;
        }
        connection.topics.push(topic);
        self.by_topic.entry(topic).or_default().insert(id, Stage::Waiting(Missed::default()));
        true
    }

    /// The number of the last event that was published.
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// Sends what waited while the opening of these subscriptions was read, in one order, and goes on live.
    pub fn go_live(&mut self, id: ConnectionId, opened: &[Opened]) {
        let Some(connection) = self.connections.get(&id) else { return };
        let mut missed: BTreeMap<u64, (Arc<Published>, Vec<Topic>)> = BTreeMap::new();
        let (mut figures, mut changes) = (Vec::new(), Vec::new());
        for Opened { topic, after, figures_at } in opened.iter().copied() {
            let followers = self.by_topic.get_mut(&topic);
            let Some(stage) = followers.and_then(|followers| followers.get_mut(&id)) else { continue };
            let Stage::Waiting(waited) = std::mem::replace(stage, Stage::Live { after, figures_at }) else { continue };
            for published in waited.events.into_iter().filter(|published| published.seq() > after) {
                missed.entry(published.seq()).or_insert_with(|| (published, Vec::new())).1.push(topic);
            }
            // They hold what is, not by how much it changed: what the opening knew already may be told again.
            changes.extend(waited.changes);
            figures.extend(waited.figures.filter(|(_, seq)| *seq > figures_at).map(|(frame, _)| (topic, frame)));
        }
        for frame in missed.values().flat_map(|(published, topics)| published.frames(topics)) {
            connection.outbox.push(frame);
        }
        for (topic, frame) in figures {
            connection.outbox.push_state(topic, frame);
        }
        for frame in changes {
            connection.outbox.push(frame);
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

    /// Delivers an event: each connection gets it once per audience, however many of its topics it follows. In topics that
    /// are joined it waits for [`flush`](Self::flush).
    pub fn publish(&mut self, published: &Arc<Published>, now: Instant) {
        self.position = self.position.max(published.seq());
        for topic in published.topics().iter().filter(|topic| topic.is_joined() && self.by_topic.contains_key(topic)) {
            let joining = self.joining.entry(*topic).or_insert_with(|| Joining { events: Vec::new(), due: now });
            joining.events.push(Arc::clone(published));
        }
        for audience in Audience::ALL {
            let mut readers: BTreeMap<ConnectionId, Vec<Topic>> = BTreeMap::new();
            let alone = |topic: &&Topic| topic.audience() == audience && !topic.is_joined();
            for topic in published.topics().iter().filter(alone) {
                let Some(followers) = self.by_topic.get_mut(topic) else { continue };
                for (id, stage) in followers {
                    match stage {
                        Stage::Waiting(missed) if missed.events.len() < MAX_WAITING => {
                            missed.events.push(Arc::clone(published));
                        }
                        Stage::Waiting(_) => too_slow(&self.connections, *id),
                        Stage::Live { after, .. } if published.seq() > *after => {
                            readers.entry(*id).or_default().push(*topic);
                        }
                        Stage::Live { .. } => {}
                    }
                }
            }
            for (id, topics) in readers {
                if let Some(connection) = self.connections.get(&id) {
                    connection.outbox.push(published.frame(&topics));
                    self.sent += 1;
                }
            }
        }
        if let Some(screen) = published.ends() {
            self.close(CloseReason::RightsChanged, |owner| owner == Owner::Screen(screen));
        }
    }

    /// Sends what was joined and is due; the next of the same topic waits until [`JOINED_FOR`] is over. Answers when to
    /// come again.
    pub fn flush(&mut self, now: Instant) -> Option<Instant> {
        let mut joining = std::mem::take(&mut self.joining);
        for (topic, joined) in joining.iter_mut().filter(|(_, joined)| joined.due <= now && !joined.events.is_empty()) {
            let events = std::mem::take(&mut joined.events);
            joined.due = now + JOINED_FOR;
            self.send_joined(*topic, &events);
        }
        joining.retain(|topic, joined| {
            self.by_topic.contains_key(topic) && (!joined.events.is_empty() || joined.due > now)
        });
        self.joining = joining;
        self.joining.values().map(|joined| joined.due).min()
    }

    fn send_joined(&mut self, topic: Topic, events: &[Arc<Published>]) {
        let whole = joined_frame(topic, events);
        let Some(followers) = self.by_topic.get_mut(&topic) else { return };
        for (id, stage) in followers {
            match (stage, self.connections.get(id)) {
                (Stage::Waiting(missed), _) if missed.events.len() + events.len() <= MAX_WAITING => {
                    missed.events.extend(events.iter().cloned());
                }
                (Stage::Waiting(_), _) => too_slow(&self.connections, *id),
                (Stage::Live { after, .. }, Some(connection)) => {
                    // Whoever came in between knows the first of them from the opening.
                    let known = events.partition_point(|event| event.seq() <= *after);
                    match (known, events.get(known..)) {
                        (0, _) => connection.outbox.push(Arc::clone(&whole)),
                        (_, Some(rest)) if !rest.is_empty() => connection.outbox.push(joined_frame(topic, rest)),
                        _ => continue,
                    }
                    self.sent += 1;
                }
                (Stage::Live { .. }, None) => {}
            }
        }
    }

    /// Notes that all events up to `seq` were published, also those that nobody follows.
    pub fn advance(&mut self, seq: u64) {
        self.position = self.position.max(seq);
    }

    /// Delivers a topic's newest figures, those of number `seq`.
    pub fn publish_state(&mut self, topic: Topic, frame: &Arc<Frame>, seq: u64) {
        let Some(followers) = self.by_topic.get_mut(&topic) else { return };
        for (id, stage) in followers {
            match (stage, self.connections.get(id)) {
                (Stage::Waiting(missed), _) => missed.figures = Some((Arc::clone(frame), seq)),
                (Stage::Live { figures_at, .. }, Some(connection)) if seq > *figures_at => {
                    connection.outbox.push_state(topic, Arc::clone(frame));
                    self.sent += 1;
                }
                (Stage::Live { .. }, _) => {}
            }
        }
    }

    /// Delivers what changed of a topic's state, to everybody in its order.
    pub fn publish_changes(&mut self, topic: Topic, frame: &Arc<Frame>) {
        let Some(followers) = self.by_topic.get_mut(&topic) else { return };
        for (id, stage) in followers {
            match (stage, self.connections.get(id)) {
                (Stage::Waiting(missed), _) if missed.changes.len() < MAX_WAITING => {
                    missed.changes.push(Arc::clone(frame));
                }
                (Stage::Waiting(_), _) => too_slow(&self.connections, *id),
                (Stage::Live { .. }, Some(connection)) => {
                    connection.outbox.push(Arc::clone(frame));
                    self.sent += 1;
                }
                (Stage::Live { .. }, None) => {}
            }
        }
    }

    /// Ends all connections of an account.
    pub fn close_account(&self, account: AccountId, reason: CloseReason) {
        self.close(reason, |owner| matches!(owner, Owner::Person { account_id, .. } if account_id == account));
    }

    /// Ends all connections of a session.
    pub fn close_session(&self, session: SessionId, reason: CloseReason) {
        self.close(reason, |owner| matches!(owner, Owner::Person { session_id, .. } if session_id == session));
    }

    /// Ends all connections.
    pub fn close_all(&self, reason: CloseReason) {
        self.close(reason, |_| true);
    }

    /// Ends one of `one_of` connections that live, rounded up.
    pub fn close_share(&self, one_of: usize, reason: CloseReason) {
        let alive = || self.connections.values().filter(|connection| connection.outbox.closed().is_none());
        let share = alive().count().div_ceil(one_of.max(1));
        alive().take(share).for_each(|connection| connection.outbox.close(reason));
    }

    fn close(&self, reason: CloseReason, whose: impl Fn(Owner) -> bool) {
        for connection in self.connections.values().filter(|connection| whose(connection.owner)) {
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

    /// Drops a follower from a topic.
    fn drop_subscription(&mut self, topic: Topic, id: ConnectionId) {
        if let Some(followers) = self.by_topic.get_mut(&topic) {
            followers.remove(&id);
            if followers.is_empty() {
                self.by_topic.remove(&topic);
            }
        }
    }
}

/// One frame for several events, each as it would be by itself.
fn joined_frame(topic: Topic, events: &[Arc<Published>]) -> Arc<Frame> {
    if let [only] = events {
        return only.frame(&[topic]);
    }
    let frames: Vec<Arc<Frame>> = events.iter().map(|event| event.frame(&[topic])).collect();
    let texts: Vec<&str> = frames.iter().map(|frame| frame.json()).collect();
    let json = format!("{{\"op\":\"events\",\"topic\":\"{}\",\"events\":[{}]}}", topic.name(), texts.join(","));
    Arc::new(Frame::new(json, events.last().map(|last| last.seq())))
}

fn too_slow(connections: &HashMap<ConnectionId, Connection>, id: ConnectionId) {
    if let Some(connection) = connections.get(&id) {
        connection.outbox.close(CloseReason::TooSlow);
    }
}
