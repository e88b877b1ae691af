//! From a wish to follow a topic to a live subscription, without a gap and without anything twice: register first, then
//! take the snapshot or what was missed, then go live from there (architecture §5).

use std::sync::Arc;

use lianxin_actors::hub::{
    Connect, ConnectionId, Disconnect, Frame, GoLive, Outbox, Published, Register, Topic, Unsubscribe, board_json,
};
use lianxin_domain::access::{Caller, Scope};
use serde_json::{Value, json};

use super::protocol::{self, Refused, Reset};
use super::{LiveDesk, MAX_TOPICS};

/// Events that a resume reads again at most; who missed more gets a snapshot.
const MAX_MISSED: u64 = 20_000;
const PAGE: usize = 1_000;

/// One live connection's side of the hub.
pub(super) struct Subscriber {
    desk: LiveDesk,
    caller: Caller,
    scope: Scope,
    connection: ConnectionId,
    pub(super) outbox: Arc<Outbox>,
    topics: Vec<Topic>,
}

impl Subscriber {
    /// Connects to this worker's shard and says welcome. Nothing when the shard is gone: the server goes down.
    pub(super) async fn connect(desk: LiveDesk, caller: Caller) -> Option<Self> {
        let outbox = Arc::<Outbox>::default();
        outbox.push(protocol::welcome(desk.log.epoch(), desk.log.head(), desk.clock.now()));
        let (account_id, session_id) = (caller.account_id, caller.session_id);
        let connect = Connect { account_id, session_id, outbox: Arc::clone(&outbox) };
        let connection = desk.shard.send(connect).await.ok()?;
        let scope = caller.scope();
        Some(Self { desk, caller, scope, connection, outbox, topics: Vec::new() })
    }

    /// Follows a topic; from number `since` on when given.
    pub(super) async fn subscribe(&mut self, name: &str, since: Option<u64>) {
        let topic = match self.permitted(name) {
            Ok(topic) => topic,
            Err(reason) => return self.outbox.push(protocol::refused(name, reason)),
        };
        let register = Register { connection: self.connection, topic };
        // Followed already, or the connection is gone: nothing to add.
        let Ok(Some(position)) = self.desk.shard.send(register).await else { return };
        self.topics.push(topic);
        let (opening, after) = match since {
            None => self.snapshot(topic, position, None).await,
            Some(since) => self.resume(topic, since, position).await,
        };
        self.desk.shard.do_send(GoLive { connection: self.connection, topic, opening, after });
    }

    /// Follows a topic no more.
    pub(super) fn unsubscribe(&mut self, name: &str) {
        if let Some(topic) = Topic::parse(name, self.caller.account_id) {
            self.topics.retain(|followed| *followed != topic);
            self.desk.shard.do_send(Unsubscribe { connection: self.connection, topic });
        }
    }

    fn permitted(&self, name: &str) -> Result<Topic, Refused> {
        let topic = Topic::parse(name, self.caller.account_id).ok_or(Refused::Unknown)?;
        match topic.permitted(&self.scope, &self.desk.directories.current()) {
            // A topic that is not the caller's is answered like one that does not exist anywhere.
            None => Err(Refused::Unknown),
            Some(false) => Err(Refused::Forbidden),
            Some(true) if self.topics.len() >= MAX_TOPICS => Err(Refused::Limit),
            Some(true) => Ok(topic),
        }
    }

    async fn snapshot(&self, topic: Topic, position: u64, reset: Option<Reset>) -> (Vec<Arc<Frame>>, u64) {
        let (state, seq) = self.state(topic, position).await;
        let frame = match reset {
            Some(reason) => protocol::reset(topic, reason, seq, state),
            None => protocol::subscribed(topic, seq, Some(state)),
        };
        (vec![frame], seq)
    }

    /// The topic's state and the number that it stands at: a board that nothing happened to since its last event stands
    /// at the hub's position.
    async fn state(&self, topic: Topic, position: u64) -> (Value, u64) {
        let whole = matches!(topic, Topic::Board(_));
        let Some(grid_id) = topic.grid_with_figures() else { return (json!({}), position) };
        let Some(reading) = self.desk.grids.board(grid_id, whole).await else { return (json!({}), position) };
        let seq = reading.as_of.max(position);
        let state = if whole {
            board_json(grid_id, &reading, &self.desk.directories.current(), true)
        } else {
            json!(reading.figures.counters)
        };
        (state, seq)
    }

    async fn resume(&self, topic: Topic, since: u64, position: u64) -> (Vec<Arc<Frame>>, u64) {
        if since > position.max(self.desk.log.head()) {
            return self.snapshot(topic, position, Some(Reset::Epoch)).await;
        }
        match self.missed(topic, since, position).await {
            Some(missed) => {
                let opening = std::iter::once(protocol::subscribed(topic, position, None)).chain(missed);
                (opening.collect(), position)
            }
            None => self.snapshot(topic, position, Some(Reset::Expired)).await,
        }
    }

    /// The topic's events in `(since, position]`, or nothing when they are not all there any more.
    async fn missed(&self, topic: Topic, since: u64, position: u64) -> Option<Vec<Arc<Frame>>> {
        if position.saturating_sub(since) > MAX_MISSED {
            return None;
        }
        let directory = self.desk.directories.current();
        let mut frames = Vec::new();
        let mut reached = since;
        while reached < position {
            let events = self.desk.log.after(reached, PAGE).await.ok()?;
            // The log has no gaps: if the next number is not there, it was archived.
            if events.first().is_none_or(|first| first.seq != reached + 1) {
                return None;
            }
            for event in events.into_iter().filter(|event| event.seq <= position) {
                reached = event.seq;
                let published = Published::new(event, &directory);
                if published.topics().contains(&topic) {
                    frames.push(published.frame(&[topic]));
                }
            }
        }
        Some(frames)
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.desk.shard.do_send(Disconnect(self.connection));
    }
}
