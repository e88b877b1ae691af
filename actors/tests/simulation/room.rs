//! The meeting at a node: what its actor does around the hall, with the real turns.

use std::collections::BTreeMap;
use std::sync::Arc;

use lianxin_actors::clock::limits::Key;
use lianxin_actors::meeting::floor::{About, Asked, Floor};
use lianxin_actors::meeting::{hall_writes, vote_writes};
use lianxin_domain::event::{Event, Subject};
use lianxin_domain::ids::{AccountId, OrganisationId};
use lianxin_domain::meeting::{Attendance, Attendee, Command, DeviceId, Hall, Meeting, MeetingEvent, Outcome, Party};
use lianxin_domain::vote::Vote;
use lianxin_storage::attendance::AttendanceBook;
use lianxin_storage::change::{Change, Write};
use lianxin_storage::journal::{CommitError, Committed};
use lianxin_storage::meetings::Meetings;

use crate::cast::{id, meeting_id};
use crate::mutation::Mutation;
use crate::node::{Attempt, Desk, Failure, Node, Then, claim_of};
use crate::polls;

const MAX_STALE: u8 = 16;

/// Something that somebody, or the clock, asks for.
pub struct Act {
    who: Who,
    account: Option<AccountId>,
    command: Command,
    stale: u8,
}

#[derive(Clone)]
pub enum Who {
    Person(Attempt),
    Clock(Key),
    /// It follows from something else.
    Nobody,
}

impl Asked for Act {
    fn command(&self) -> &Command {
        &self.command
    }

    fn account_id(&self) -> Option<AccountId> {
        self.account
    }
}

/// How far the reading of the hall is: the head of the log first, then the meeting's row, the list, votes, and who voted.
enum Reading {
    Head,
    Meeting(u64),
    List(u64, Box<Meeting>),
    Votes(u64, Box<Hall>),
    Marks(u64, Box<Hall>, Vec<Vote>),
    Read(u64, Box<Hall>),
    Failed,
}

#[derive(Default)]
pub struct Room {
    pub floor: Floor<Act>,
    reading: Option<Reading>,
    counted: BTreeMap<OrganisationId, Attendance>,
    to_count: bool,
    /// Somebody asked for something; before that there is no hall.
    begun: bool,
}

impl Room {
    /// Somebody wants to know of the hall.
    pub const fn begin(&mut self) {
        self.begun = true;
    }

    pub const fn wants_to_read(&self) -> bool {
        self.begun && (self.reading.is_some() || self.floor.is_outdated())
    }

    /// The hall and the number that it is as of, for whoever looks at it.
    pub fn look(&mut self) -> Option<(&Hall, u64)> {
        self.begin();
        let as_of = self.floor.as_of();
        self.floor.current().map(|hall| (hall, as_of))
    }
}

impl Node {
    /// Somebody asks for something in the meeting.
    pub fn ask(&mut self, attempt: Attempt, command: Command, desk: &mut Desk<'_>) {
        self.queue_up(Who::Person(attempt), command, desk);
    }

    /// The table says that the meeting has something to do by itself.
    pub fn tick(&mut self, row: Key, desk: &mut Desk<'_>) {
        self.queue_up(Who::Clock(row), Command::Tick, desk);
    }

    pub fn queue_up(&mut self, who: Who, command: Command, desk: &mut Desk<'_>) {
        let account = match &who {
            Who::Person(attempt) => Some(desk.cast.people[attempt.person].account_id),
            Who::Clock(_) | Who::Nobody => None,
        };
        self.room.begin();
        self.room.floor.ask(Act { who, account, command, stale: 0 });
        self.let_begin(desk);
    }

    /// The next step of reading the hall: each look into the database sees another moment.
    pub fn read_hall(&mut self, desk: &mut Desk<'_>) {
        let Some(reading) = self.room.reading.take() else {
            if self.room.floor.begin_reading() {
                self.room.reading = Some(Reading::Head);
            }
            return;
        };
        let database = &*desk.database;
        let next = match reading {
            Reading::Read(as_of, hall) => return self.take_hall(as_of, *hall, desk),
            Reading::Failed => return self.give_up(desk),
            _ if !desk.connected => Reading::Failed,
            Reading::Head => Reading::Meeting(database.head()),
            // What no row of the meeting says is not read.
            Reading::Meeting(as_of) => {
                Reading::List(as_of, Box::new(Meeting { arrivals: 0, ..database.hall().meeting().clone() }))
            }
            Reading::List(as_of, meeting) => {
                Reading::Votes(as_of, Box::new(Hall::new(*meeting, list(database.hall()))))
            }
            Reading::Votes(as_of, hall) => Reading::Marks(as_of, hall, polls::votes(database)),
            Reading::Marks(as_of, hall, votes) => {
                Reading::Read(as_of, Box::new(hall.with_polls(polls::read(database, votes))))
            }
        };
        if let Reading::Meeting(head) = next {
            self.hear(head);
        }
        self.room.reading = Some(next);
    }

    fn take_hall(&mut self, as_of: u64, hall: Hall, desk: &mut Desk<'_>) {
        self.room.floor.end_reading();
        let followed = self.room.floor.take_hall(as_of, hall);
        self.followed(followed, desk);
    }

    fn give_up(&mut self, desk: &mut Desk<'_>) {
        self.room.floor.end_reading();
        let acts: Vec<Act> = self.room.floor.give_up().collect();
        for act in acts {
            self.answer_act(&act.who, Err(Failure::Unavailable), desk);
        }
    }

    /// What came back from the log.
    pub fn follow_hall(&mut self, events: &[Arc<Event>], desk: &mut Desk<'_>) {
        let own: Vec<Arc<Event>> = events.iter().filter(|event| event.subject.kind == "meeting").cloned().collect();
        if self.room.begun && !own.is_empty() {
            let followed = self.room.floor.follow(&own);
            self.followed(followed, desk);
        }
    }

    fn followed(&mut self, followed: Option<bool>, desk: &mut Desk<'_>) {
        let Some(to_count) = followed else { return };
        self.room.to_count |= to_count;
        if self.room.to_count && !self.room.floor.is_outdated() {
            self.room.to_count = false;
            self.count_again(desk);
        }
        self.let_begin(desk);
    }

    fn count_again(&mut self, desk: &Desk<'_>) {
        let counted = &self.room.counted;
        let Some(hall) = self.room.floor.hall().filter(|hall| hall.attendance() != *counted) else { return };
        let mut change = Change::new(desk.now, None, None);
        change.writes = AttendanceBook::writes(hall, self.room.floor.as_of());
        self.room.counted = hall.attendance();
        self.submit(change, Then::Count);
    }

    /// What was counted is stored, or has to be counted again.
    pub fn counted(&mut self, done: bool, desk: &Desk<'_>) {
        if !done {
            self.room.counted.clear();
            self.count_again(desk);
        }
    }

    fn let_begin(&mut self, desk: &mut Desk<'_>) {
        let mut floor = std::mem::take(&mut self.room.floor);
        floor.go_on(|hall, as_of, about, act| self.begin_act(hall, as_of, about, act, desk));
        self.room.floor = floor;
    }

    fn begin_act(&mut self, hall: &mut Hall, as_of: u64, about: About, act: Act, desk: &mut Desk<'_>) -> bool {
        let party = match &act.who {
            Who::Person(attempt) => hall.party(&desk.cast.people[attempt.person]),
            Who::Clock(_) | Who::Nobody => {
                Party { person: hall.meeting().plan.host.clone(), manages: false, oversees: false }
            }
        };
        let events = match hall.decide(&act.command, &party, desk.now) {
            Ok(events) => events,
            Err(refusal) => {
                self.answer_act(&act.who, Err(Failure::Refused(refusal.code)), desk);
                return false;
            }
        };
        if events.is_empty() {
            self.answer_act(&act.who, Ok((String::new(), as_of)), desk);
            return false;
        }
        let outcome = hall.outcome(&events, desk.now);
        let body = told(&outcome);
        let mut change = change_of(hall, &outcome, &act, &body, desk);
        if let Some(end) = events.iter().find(|event| matches!(event, MeetingEvent::Ended { .. })) {
            let mut after = hall.clone();
            after.apply(end, desk.now);
            self.room.counted = after.attendance();
            change.writes.extend(AttendanceBook::writes(&after, as_of));
        }
        events.iter().for_each(|event| hall.expect(event));
        self.submit(change, Then::Meeting { about, act, body });
        true
    }

    pub fn came_to_pass(
        &mut self,
        about: About,
        mut act: Act,
        body: String,
        outcome: Result<Committed, CommitError>,
        desk: &mut Desk<'_>,
    ) {
        let error = match outcome {
            Ok(done) => {
                self.answer_act(&act.who, Ok((body, done.seq)), desk);
                if matches!(act.command, Command::CloseVote { .. }) {
                    self.count_votes(None, desk);
                }
                return;
            }
            Err(error) => error,
        };
        self.room.floor.failed(about);
        let again = match &error {
            CommitError::Stale { table, .. } => matches!(*table, "meetings" | "meeting_attendees" | "votes"),
            CommitError::Exists { table: "votes" | "vote_voters", .. } => true,
            CommitError::Exists { key, .. } => Meetings::is_number(key),
            _ => false,
        };
        if again && act.stale < MAX_STALE {
            act.stale += 1;
            self.room.floor.ask_again(act);
        } else {
            let failure = match error {
                CommitError::Exists { .. } => Failure::Refused("meeting.claim_used"),
                CommitError::Repeated => Failure::Refused("repeated"),
                _ => Failure::Unavailable,
            };
            self.answer_act(&act.who, Err(failure), desk);
        }
        self.let_begin(desk);
    }

    fn answer_act(&mut self, who: &Who, result: Result<(String, u64), Failure>, desk: &mut Desk<'_>) {
        match (who, result) {
            (Who::Person(attempt), Ok((body, seq))) if !body.is_empty() => self.answer(*attempt, body, seq, desk),
            // As it should be already: maybe by the first try of the same call.
            (Who::Person(attempt), Ok(_)) => self.fail(*attempt, Failure::Refused("nothing to do")),
            (Who::Person(attempt), Err(failure)) => self.fail(*attempt, failure),
            (Who::Clock(row), result) => {
                let done = !matches!(result, Err(Failure::Unavailable));
                self.watch.handled(row, done, desk.now);
            }
            (Who::Nobody, _) => {}
        }
    }
}

pub fn list(hall: &Hall) -> Vec<(Attendee, Option<DeviceId>)> {
    let mut list: Vec<_> = hall.attendees().map(|one| (one.clone(), hall.device_of(one.member_id))).collect();
    list.sort_by_key(|(attendee, _)| attendee.member_id);
    list
}

fn told(outcome: &Outcome) -> String {
    let versions: Vec<String> =
        outcome.logged.iter().map(|logged| format!("{} {}", logged.event.kind(), logged.version)).collect();
    versions.join(", ")
}

fn change_of(hall: &Hall, outcome: &Outcome, act: &Act, body: &str, desk: &Desk<'_>) -> Change {
    let attempt = match &act.who {
        Who::Person(attempt) => Some(*attempt),
        Who::Clock(_) | Who::Nobody => None,
    };
    let request = attempt.map(|attempt| id(attempt.number as u128));
    let mut change = Change::new(desk.now, act.account, request);
    change.writes = hall_writes(hall, outcome, desk.now);
    change.writes.extend(vote_writes(hall, outcome, &desk.cast.sealer, desk.now));
    if desk.mutation == Mutation::BallotsNotGuarded {
        change.writes.retain(|write| !matches!(write, Write::Require { .. }));
    }
    if desk.mutation == Mutation::MarksNotUnique {
        change.writes.retain(|write| write.row_key().is_none_or(|(table, _)| table != "vote_voters"));
    }
    if desk.mutation == Mutation::NumbersNotClaimed {
        let is_number = |write: &Write| {
            write.row_key().is_some_and(|(table, key)| table == "meeting_claims" && Meetings::is_number(key))
        };
        change.writes.retain(|write| !is_number(write));
    }
    for logged in &outcome.logged {
        change.event(logged.event.kind(), Subject::new("meeting", meeting_id()), logged.data());
    }
    change.idempotency = attempt.map(|attempt| claim_of(attempt, body));
    change
}
