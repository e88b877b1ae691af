//! The hub of a node: real subscriptions with real outboxes, and the openings of live connections as the transport does
//! them: register, read, go live.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use lianxin_actors::directory::Directory;
use lianxin_actors::hub::{ConnectionId, Drained, Frame, Opened, Outbox, Owner, Published, Subscriptions, Topic};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Event;
use tokio::time::Instant;

use crate::cast::START;
use crate::mutation::Mutation;
use crate::node::{Desk, Node};

/// Events that a resume reads at a time.
const PAGE: usize = 3;

#[derive(Default)]
pub struct Hub {
    subscriptions: Subscriptions,
    connections: u64,
    /// Taken over by the actors, and not yet published.
    waiting: Vec<Arc<Published>>,
    position: u64,
    next_flush: Option<Instant>,
    begun: Option<Instant>,
}

/// A live connection as its server sees it.
pub struct Connection {
    pub id: ConnectionId,
    pub outbox: Arc<Outbox>,
    topics: Vec<Topic>,
    opening: Opening,
}

enum Opening {
    /// Resume after this number, or begin.
    Asked(Option<u64>),
    Snapshot {
        position: u64,
        opened: Vec<Opened>,
    },
    Replay {
        since: u64,
        reached: u64,
        position: u64,
    },
    Live,
}

impl Hub {
    pub fn begin_at(&mut self, position: u64) {
        self.position = position;
        self.subscriptions.advance(position);
    }

    /// Finds out where events go, and keeps them until they are published.
    pub fn take(&mut self, events: &[Arc<Event>], directory: &Directory) -> Vec<Arc<Published>> {
        self.waiting = events.iter().map(|event| Arc::new(Published::new(Arc::clone(event), directory))).collect();
        self.waiting.clone()
    }

    pub const fn is_behind(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub const fn is_joining(&self) -> bool {
        self.next_flush.is_some()
    }

    /// Real instants only tell how much later something is.
    fn instant(&mut self, now: Timestamp) -> Instant {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        begun + Duration::from_millis(now.since(START).max(0).unsigned_abs())
    }

    pub fn publish(&mut self, up_to: u64) {
        let now = self.begun.unwrap_or_else(|| self.instant(START));
        for published in std::mem::take(&mut self.waiting) {
            self.subscriptions.publish(&published, now);
        }
        self.subscriptions.advance(up_to);
        self.position = up_to;
        self.next_flush = self.subscriptions.flush(now);
    }

    /// What was joined goes out.
    pub fn flush(&mut self, now: Timestamp) {
        let now = self.instant(now);
        let due = self.next_flush.map_or(now, |due| due.max(now));
        self.next_flush = self.subscriptions.flush(due);
    }

    pub fn connect(&mut self, owner: Owner, topics: &[Topic], since: Option<u64>) -> Connection {
        self.connections += 1;
        let (id, outbox) = (ConnectionId(self.connections), Arc::<Outbox>::default());
        self.subscriptions.connect(id, owner, Arc::clone(&outbox));
        Connection { id, outbox, topics: topics.to_vec(), opening: Opening::Asked(since) }
    }

    pub fn disconnect(&mut self, id: ConnectionId) {
        self.subscriptions.disconnect(id);
    }

    fn register(&mut self, connection: &Connection) -> u64 {
        for topic in &connection.topics {
            self.subscriptions.register(connection.id, *topic);
        }
        self.subscriptions.position()
    }
}

impl Connection {
    pub const fn is_live(&self) -> bool {
        matches!(self.opening, Opening::Live)
    }

    fn say(&self, said: &serde_json::Value) {
        self.outbox.push(Arc::new(Frame::new(said.to_string(), None)));
    }

    /// What the client gets to read now.
    pub fn drain(&self) -> Vec<Arc<Frame>> {
        let mut context = Context::from_waker(Waker::noop());
        match self.outbox.poll_drain(&mut context) {
            Poll::Ready(Drained::Frames(frames)) => frames,
            Poll::Ready(Drained::Closed(_)) | Poll::Pending => Vec::new(),
        }
    }
}

impl Node {
    /// The next step of an opening.
    pub fn go_on_opening(&mut self, connection: &mut Connection, desk: &mut Desk<'_>) {
        let late = desk.mutation == Mutation::RegisteredAfterSnapshot;
        connection.opening = match std::mem::replace(&mut connection.opening, Opening::Live) {
            Opening::Asked(None) => {
                let position = if late { self.hub.position } else { self.hub.register(connection) };
                Opening::Snapshot { position, opened: Vec::new() }
            }
            Opening::Asked(Some(since)) => {
                let position = self.hub.register(connection);
                // Beyond everything that this node knows of: it takes the number for one of another log.
                if since > position.max(self.head) {
                    Opening::Snapshot { position, opened: Vec::new() }
                } else {
                    for topic in &connection.topics {
                        connection
                            .say(&serde_json::json!({ "op": "subscribed", "topic": topic.name(), "seq": position }));
                    }
                    Opening::Replay { since, reached: since, position }
                }
            }
            Opening::Snapshot { position, opened } if opened.len() < connection.topics.len() => {
                self.snapshot(connection, position, opened)
            }
            Opening::Snapshot { opened, .. } => {
                if late {
                    self.hub.register(connection);
                }
                self.hub.subscriptions.go_live(connection.id, &opened);
                Opening::Live
            }
            Opening::Replay { since, reached, position } if reached < position => {
                self.replay(connection, since, reached, position, desk)
            }
            Opening::Replay { since, position, .. } => {
                let after = position.max(since);
                let opened: Vec<Opened> =
                    connection.topics.iter().map(|topic| Opened { topic: *topic, after, figures_at: after }).collect();
                self.hub.subscriptions.go_live(connection.id, &opened);
                Opening::Live
            }
            Opening::Live => Opening::Live,
        };
    }

    fn snapshot(&mut self, connection: &Connection, position: u64, mut opened: Vec<Opened>) -> Opening {
        let topic = connection.topics[opened.len()];
        let (state, as_of) = match topic {
            Topic::Grid(grid) | Topic::Board(grid) => {
                let board = &self.grids.states[&grid].board;
                (serde_json::json!(board.counters().to_array()), board.as_of())
            }
            Topic::Desk(_) | Topic::Wall(_) | Topic::Meeting(_) => match self.room.look() {
                Some((hall, as_of)) => (serde_json::json!(hall.tally()), as_of),
                // The reader waits until the hall is there.
                None => return Opening::Snapshot { position, opened },
            },
            _ => (serde_json::json!({}), position),
        };
        let seq = as_of.max(position);
        connection.say(&serde_json::json!({ "op": "subscribed", "topic": topic.name(), "seq": seq, "state": state }));
        opened.push(Opened { topic, after: seq, figures_at: seq });
        Opening::Snapshot { position, opened }
    }

    fn replay(
        &mut self,
        connection: &Connection,
        since: u64,
        reached: u64,
        position: u64,
        desk: &mut Desk<'_>,
    ) -> Opening {
        let Some(mut page) = self.after(reached, PAGE, desk) else {
            return Opening::Replay { since, reached, position };
        };
        // Nothing is archived here, so nobody is told to begin anew.
        if page.first().is_none_or(|first| first.seq != reached + 1) && desk.mutation == Mutation::None {
            desk.wrong(|| format!("a resume finds nothing behind {reached}"));
        }
        page.retain(|event| event.seq <= position);
        let reached = page.last().map_or(position, |last| last.seq);
        for event in page {
            for frame in Published::new(event, &desk.cast.directory).frames(&connection.topics) {
                connection.outbox.push(frame);
            }
        }
        Opening::Replay { since, reached, position }
    }
}
