//! A node: what it holds in memory, the journal's queue, and how it begins. All of it is gone when it crashes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Event;
use lianxin_domain::ticket::Ticket;
use lianxin_storage::change::{Change, IdempotencyClaim, IdempotencyKey};
use lianxin_storage::journal::{CommitError, Committed};
use lianxin_storage::log::RecentEvents;

use crate::cast::Cast;
use crate::database::{Database, Stored};
use crate::grids::{Grids, Task};
use crate::hub::Hub;
use crate::loading::Load;
use crate::mutation::Mutation;
use crate::room::{Act, Room};
use crate::watch::Watch;
use lianxin_actors::meeting::floor::About;

/// A try of somebody's call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    pub number: usize,
    pub call: usize,
    /// Who calls.
    pub person: usize,
}

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    Refused(&'static str),
    Unavailable,
}

pub type Reply = (Attempt, Result<Stored, Failure>);

/// What goes on when a change is committed, or is not.
pub enum Then {
    Submit {
        attempt: Attempt,
        after: Box<Ticket>,
        body: String,
    },
    Task {
        task: Task,
        after: Box<Ticket>,
        body: String,
    },
    Meeting {
        about: About,
        act: Act,
        body: String,
    },
    Count,
    /// Everything that this node began before is on the disk: whether the call was done is known now.
    Fence {
        attempt: Attempt,
        failure: Failure,
    },
}

/// What a node stands on while it does something.
pub struct Desk<'a> {
    pub cast: &'a Cast,
    pub database: &'a mut Database,
    pub mutation: Mutation,
    /// By the node's own clock.
    pub now: Timestamp,
    /// The database can be reached.
    pub connected: bool,
    pub replies: &'a mut Vec<Reply>,
    pub wrong: &'a mut Option<String>,
}

impl Desk<'_> {
    pub fn wrong(&mut self, what: impl FnOnce() -> String) {
        self.wrong.get_or_insert_with(what);
    }
}

/// What a commit meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Good,
    /// It is committed, and the connection is lost before the node hears of it.
    Unheard,
    /// The connection is lost before it is committed.
    Lost,
}

/// Something that waits to be done at a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    Load,
    Commit,
    Outcome(usize),
    Read(usize),
    Hall,
    Follow,
    Publish,
    Watch,
    Flush,
}

pub struct Node {
    pub load: Option<Load>,
    recent: RecentEvents,
    pub head: u64,
    /// Grids and halls have taken over everything up to this number.
    pub position: u64,
    pub queue: VecDeque<(Change, Then)>,
    pub outcomes: Vec<(Then, Result<Committed, CommitError>)>,
    pub grids: Grids,
    pub room: Room,
    pub watch: Watch,
    pub hub: Hub,
}

impl Node {
    pub fn new(now: Timestamp) -> Self {
        Self {
            load: Some(Load::Head),
            recent: RecentEvents::after(0),
            head: 0,
            position: 0,
            queue: VecDeque::new(),
            outcomes: Vec::new(),
            grids: Grids::default(),
            room: Room::default(),
            watch: Watch::new(now),
            hub: Hub::default(),
        }
    }

    /// Everything that could be done next.
    pub fn works(&self) -> Vec<Work> {
        if self.load.is_some() {
            return vec![Work::Load];
        }
        let mut works = vec![Work::Watch];
        let mut may = |can: bool, work| works.extend(can.then_some(work));
        may(!self.queue.is_empty(), Work::Commit);
        may(self.room.wants_to_read(), Work::Hall);
        may(self.hub.is_behind(), Work::Publish);
        may(!self.hub.is_behind() && self.position < self.head, Work::Follow);
        may(self.hub.is_joining(), Work::Flush);
        works.extend((0..self.outcomes.len()).map(Work::Outcome));
        works.extend((0..self.grids.reads.len()).map(Work::Read));
        works
    }

    /// Whether nothing is under way but the clock.
    pub fn is_idle(&self) -> bool {
        self.works() == [Work::Watch] && self.watch.is_idle()
    }

    pub fn work(&mut self, work: Work, desk: &mut Desk<'_>) {
        match work {
            Work::Load => self.go_on_loading(desk),
            Work::Commit => self.commit(desk, usize::MAX, Fate::Good),
            Work::Outcome(index) => {
                let (then, outcome) = self.outcomes.remove(index);
                self.take_outcome(then, outcome, desk);
            }
            Work::Read(index) => self.go_on_reading(index, desk),
            Work::Hall => self.read_hall(desk),
            Work::Follow => self.follow(desk, 4),
            Work::Publish => self.hub.publish(self.position),
            Work::Watch => self.turn_clock(desk),
            Work::Flush => self.hub.flush(desk.now),
        }
    }

    /// Queues a change for the journal.
    pub fn submit(&mut self, change: Change, then: Then) {
        self.queue.push_back((change, then));
    }

    /// Commits up to `size` of what is queued.
    pub fn commit(&mut self, desk: &mut Desk<'_>, size: usize, fate: Fate) {
        let size = size.min(self.queue.len());
        let batch: Vec<(Change, Then)> = self.queue.drain(..size).collect();
        let fate = if desk.connected { fate } else { Fate::Lost };
        if fate == Fate::Lost {
            self.outcomes.extend(batch.into_iter().map(|(_, then)| (then, Err(CommitError::Unavailable))));
            return;
        }
        let changes: Vec<&Change> = batch.iter().map(|(change, _)| change).collect();
        let results = match desk.database.commit(&changes) {
            Ok(results) => results,
            Err(wrong) => return desk.wrong(|| wrong),
        };
        if fate == Fate::Unheard {
            self.outcomes.extend(batch.into_iter().map(|(_, then)| (then, Err(CommitError::Unavailable))));
            return;
        }
        let events: Vec<Arc<Event>> = results.iter().flatten().flat_map(|done| done.events.iter().cloned()).collect();
        self.know(&events);
        self.outcomes.extend(batch.into_iter().map(|(_, then)| then).zip(results));
    }

    /// Events of the log, in any order and any number of times.
    pub fn know(&mut self, events: &[Arc<Event>]) {
        self.recent.remember(events);
        self.hear(events.last().map_or(0, |last| last.seq));
    }

    /// The log is known to reach to `head`, where this node begins.
    pub fn begin_at(&mut self, head: u64) {
        self.recent = RecentEvents::after(head);
        self.hear(head);
    }

    /// The log is known to reach to `head`.
    pub fn hear(&mut self, head: u64) {
        self.head = self.head.max(head);
    }

    fn take_outcome(&mut self, then: Then, outcome: Result<Committed, CommitError>, desk: &mut Desk<'_>) {
        match then {
            Then::Submit { attempt, after, body } => self.submitted(attempt, *after, body, outcome, desk),
            Then::Task { task, after, body } => self.done(task, *after, body, outcome, desk),
            Then::Meeting { about, act, body } => self.came_to_pass(about, act, body, outcome, desk),
            Then::Count => self.counted(outcome.is_ok(), desk),
            Then::Fence { attempt, failure } => {
                let known = desk.database.answer(&key_of(attempt)).filter(|_| desk.connected).cloned();
                let failure = if desk.connected { failure } else { Failure::Unavailable };
                desk.replies.push((attempt, known.ok_or(failure)));
            }
        }
    }

    /// A try that was committed is answered.
    pub fn answer(&self, attempt: Attempt, body: String, seq: u64, desk: &mut Desk<'_>) {
        let stored = Stored { body, seq };
        if desk.mutation == Mutation::KeyClaimedLater {
            desk.database.store_answer(&key_of(attempt), stored.clone());
        }
        desk.replies.push((attempt, Ok(stored)));
    }

    /// A try that failed may be the repetition of one that did not: its answer is looked up behind an empty change.
    pub fn fail(&mut self, attempt: Attempt, failure: Failure) {
        self.submit(Change::new(Timestamp::default(), None, None), Then::Fence { attempt, failure });
    }

    /// Events after `seq`, from memory or from the database.
    pub fn after(&mut self, seq: u64, limit: usize, desk: &Desk<'_>) -> Option<Vec<Arc<Event>>> {
        if self.head <= seq {
            return Some(Vec::new());
        }
        if let Some(events) = self.recent.between(seq, self.head, limit) {
            return Some(events);
        }
        let mut events = desk.connected.then(|| desk.database.after(seq, limit))?;
        if desk.mutation == Mutation::GapSkipped && events.len() > 1 {
            events.remove(0);
        }
        self.know(&events);
        Some(events)
    }

    /// Takes over what was committed: grids first, then the hall, the clock, and in the end the hub.
    pub fn follow(&mut self, desk: &mut Desk<'_>, limit: usize) {
        let Some(events) = self.after(self.position, limit, desk).filter(|events| !events.is_empty()) else { return };
        self.position = events.last().map_or(self.position, |last| last.seq);
        let published = self.hub.take(&events, &desk.cast.directory);
        let mut timers = BTreeMap::new();
        for update in published.iter().filter_map(|published| published.board()) {
            self.grids.follow(update, desk.cast, desk.mutation);
            timers.insert(update.fact.facts.ticket_id, update.fact.facts.timer_at);
        }
        self.follow_hall(&events, desk);
        for (id, at) in timers.into_iter().filter_map(|(id, at)| Some((id, at?))) {
            self.watch.ring(lianxin_storage::tickets::deadline_of(id, at));
        }
    }
}

pub fn key_of(attempt: Attempt) -> String {
    format!("{}|call {}", attempt.person, attempt.call)
}

/// The right to do a call once.
pub fn claim_of(attempt: Attempt, body: &str) -> IdempotencyClaim {
    IdempotencyClaim {
        key: IdempotencyKey::new(attempt.person, &format!("call {}", attempt.call)),
        request_hash: attempt.call.to_string(),
        status: 200,
        body: body.to_owned(),
    }
}
