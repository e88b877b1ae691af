//! Clients of the live channel: they follow topics, lose connections, and resume elsewhere from the last number they saw.

use lianxin_actors::hub::{Owner, Topic};
use lianxin_domain::ids::SessionId;
use serde::Deserialize;

use crate::cast::{Cast, FIRST_MEMBER, RESIDENTS, id, meeting_id};
use crate::hub::Connection;
use crate::mutation::Mutation;
use crate::record::Record;

/// A client with what it follows.
pub struct Live {
    pub owner: Owner,
    pub topics: Vec<Follows>,
    /// Where it is connected.
    pub connection: Option<(usize, Connection)>,
}

/// What a client knows of a topic.
pub struct Follows {
    pub topic: Topic,
    /// The last number that it knows everything up to; nothing before the first snapshot.
    pub seen: Option<u64>,
    /// Where it goes on from.
    resume: Option<u64>,
    /// What it needed when it subscribed last: what it got before must not come again.
    needed: u64,
    /// A resume replays up to this number.
    replayed: u64,
    /// Something happened since the snapshot.
    heard: bool,
}

#[derive(Deserialize)]
struct Said {
    op: String,
    seq: Option<u64>,
    topic: Option<String>,
    topics: Option<Vec<String>>,
    state: Option<serde_json::Value>,
    events: Option<Vec<Said>>,
}

impl Live {
    fn new(person: usize, cast: &Cast, topics: &[Topic]) -> Self {
        let owner = Owner::Person { account_id: cast.people[person].account_id, session_id: id::<SessionId>(1) };
        let follows =
            |topic: &Topic| Follows { topic: *topic, seen: None, resume: None, needed: 0, replayed: 0, heard: false };
        Self { owner, topics: topics.iter().map(follows).collect(), connection: None }
    }

    /// Somebody in the village, a big screen of the county, a desk and a wall of the meeting.
    pub fn all(cast: &Cast) -> Vec<Self> {
        let inbox = |person: usize| Topic::Inbox(cast.people[person].account_id);
        vec![
            Self::new(RESIDENTS[0], cast, &[Topic::Grid(cast.grids[3]), inbox(RESIDENTS[0])]),
            Self::new(RESIDENTS[1], cast, &[Topic::Board(cast.grids[0])]),
            Self::new(FIRST_MEMBER, cast, &[Topic::Desk(meeting_id())]),
            Self::new(FIRST_MEMBER + 1, cast, &[Topic::Wall(meeting_id())]),
        ]
    }

    /// Where it goes on from: the lowest number that its topics need.
    pub fn since(&mut self, mutation: Mutation) -> Option<u64> {
        let needed = self.topics.iter().filter_map(|follows| follows.seen).min().unwrap_or(0);
        self.topics.iter_mut().for_each(|follows| (follows.needed, follows.replayed) = (needed, 0));
        let quiet = self.topics.iter().all(|follows| !follows.heard);
        if mutation == Mutation::QuietClientForgets && quiet {
            return None;
        }
        let all: Option<Vec<u64>> = self.topics.iter().map(|follows| follows.resume).collect();
        all.and_then(|all| all.into_iter().min())
    }

    /// Reads what came.
    ///
    /// # Errors
    /// What should not have come, or should have come before.
    pub fn read(&mut self, record: &Record, mutation: Mutation) -> Result<(), String> {
        let Some((_, connection)) = &self.connection else { return Ok(()) };
        for frame in connection.drain() {
            let said: Said = serde_json::from_str(frame.json()).map_err(|error| error.to_string())?;
            take(&mut self.topics, said, record, mutation)?;
        }
        Ok(())
    }
}

fn take(topics: &mut [Follows], said: Said, record: &Record, mutation: Mutation) -> Result<(), String> {
    if let Some(events) = said.events {
        return events.into_iter().try_for_each(|event| take(topics, event, record, mutation));
    }
    let seq = said.seq.unwrap_or_default();
    let names: Vec<String> = said.topics.into_iter().flatten().chain(said.topic).collect();
    for follows in topics.iter_mut().filter(|follows| names.contains(&follows.topic.name())) {
        match (said.op.as_str(), &said.state) {
            ("event", _) => follows.event(seq, record, mutation)?,
            ("subscribed", Some(state)) => follows.snapshot(seq, state, record, mutation)?,
            ("subscribed", None) => follows.replayed = seq,
            (other, _) => return Err(format!("a client is told {other}")),
        }
    }
    Ok(())
}

impl Follows {
    fn snapshot(
        &mut self,
        seq: u64,
        state: &serde_json::Value,
        record: &Record,
        mutation: Mutation,
    ) -> Result<(), String> {
        if let (Topic::Grid(_) | Topic::Board(_), Ok(counted)) = (self.topic, Vec::<i64>::deserialize(state)) {
            let expected = record.counted(self.topic, seq);
            if counted != expected {
                return Err(format!("a snapshot of {} at {seq} says {counted:?}, not {expected:?}", self.topic.name()));
            }
        }
        if mutation != Mutation::QuietClientForgets || self.seen.is_none() {
            (self.seen, self.resume, self.heard) = (Some(seq), Some(seq), false);
        }
        Ok(())
    }

    fn event(&mut self, seq: u64, record: &Record, mutation: Mutation) -> Result<(), String> {
        let name = self.topic.name();
        let Some(seen) = self.seen else { return Err(format!("{name}: event {seq} before the beginning")) };
        if seq <= seen {
            // Of several topics one may have needed it.
            return if seq > self.needed { Ok(()) } else { Err(format!("{name}: event {seq} comes twice")) };
        }
        let next = record.next(self.topic, seen);
        if next != Some(seq) {
            return Err(format!("{name}: event {seq} comes after {seen}, where {next:?} should"));
        }
        (self.seen, self.heard) = (Some(seq), true);
        if mutation != Mutation::CursorNotAdvanced || seq > self.replayed {
            self.resume = Some(seq);
        }
        Ok(())
    }

    /// Whether nothing is missing.
    ///
    /// # Errors
    /// What is.
    pub fn is_complete(&self, record: &Record) -> Result<(), String> {
        let seen = self.seen.ok_or_else(|| format!("{} never began", self.topic.name()))?;
        match record.next(self.topic, seen) {
            None => Ok(()),
            Some(missing) => Err(format!("{}: {missing} never came after {seen}", self.topic.name())),
        }
    }
}
