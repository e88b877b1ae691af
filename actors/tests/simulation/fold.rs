//! What the log says: every ticket and the hall, folded event by event, and whether the rows say the same.

use std::collections::{BTreeMap, BTreeSet};

use lianxin_domain::event::Event;
use lianxin_domain::ids::{TicketId, VoteId};
use lianxin_domain::meeting::{Followed, Hall, LoggedEvent, MeetingEvent, Poll};
use lianxin_domain::ticket::{Replay, StateName, Ticket, TicketEvent};
use lianxin_domain::vote::VoteState;
use lianxin_storage::change::Write;
use lianxin_storage::deadlines::Deadlines;
use lianxin_storage::meetings::{Meetings, attendee_write};
use lianxin_storage::table::Row;
use lianxin_storage::tickets::{deadline_of, ticket_writes};
use lianxin_storage::votes::Votes;

use crate::polls;

type Rows = BTreeMap<(&'static str, String), Row>;

/// Everything folded.
#[derive(Default)]
pub struct Fold {
    replays: BTreeMap<TicketId, Replay>,
    tickets: BTreeMap<TicketId, Ticket>,
    hall: Option<Hall>,
    /// Of tickets: what was touched since the last check.
    touched: BTreeSet<TicketId>,
    in_hall: Vec<LoggedEvent>,
    /// Ballots of a round.
    ballots: BTreeMap<(VoteId, u32), usize>,
    /// Levels reached, each in a run of a ticket's clock; limits that passed; reminders that were sent.
    once: BTreeSet<String>,
    wrong: Option<String>,
}

impl Fold {
    pub fn begin(&mut self, hall: Hall) {
        self.hall = Some(hall);
    }

    pub const fn tickets(&self) -> &BTreeMap<TicketId, Ticket> {
        &self.tickets
    }

    pub fn hall(&self) -> &Hall {
        self.hall.as_ref().unwrap()
    }

    /// Takes over the next event of the log.
    pub fn take(&mut self, event: &Event) {
        match event.subject.kind.as_str() {
            "ticket" => self.take_ticket(event),
            "meeting" => self.take_meeting(event),
            other => self.wrong(format!("an event of a {other}")),
        }
    }

    fn take_ticket(&mut self, event: &Event) {
        let id: TicketId = event.subject.id.parse().unwrap();
        let before = self.tickets.get(&id).map(Ticket::state_name);
        let replay = self.replays.entry(id).or_default();
        replay.take(event);
        match replay.clone().end() {
            Ok(ticket) => drop(self.tickets.insert(id, ticket)),
            Err(reason) => self.wrong(format!("{id}: {reason}")),
        }
        self.touched.insert(id);
        let expected = match event.kind.as_str() {
            "ticket.accepted" => Some(StateName::Submitted),
            "ticket.completed" => Some(StateName::Accepted),
            "ticket.rated" => Some(StateName::Completed),
            _ => None,
        };
        if expected.is_some() && expected != before {
            self.wrong(format!("{} of a ticket that is {before:?}", event.kind));
        }
        let by_itself = matches!(event.kind.as_str(), "ticket.escalated" | "ticket.overdue");
        match by_itself.then(|| TicketEvent::from_log(&event.kind, &event.data)).flatten() {
            Some(TicketEvent::Escalated { to_level, clock, .. }) => {
                self.once(format!("{id} climbs to level {to_level} in run {}", clock.run));
            }
            Some(TicketEvent::Overdue { level, passed_at, clock }) => {
                self.once(format!("{id} is over at level {level} in run {} at {passed_at}", clock.run));
            }
            _ => {}
        }
    }

    fn take_meeting(&mut self, event: &Event) {
        let Some(logged) = LoggedEvent::read(&event.kind, &event.data) else {
            return self.wrong(format!("{} {} cannot be read", event.seq, event.kind));
        };
        match &logged.event {
            MeetingEvent::SignedIn { member_id, number, again, .. } => {
                let hall = self.hall();
                let known = hall.attendee(*member_id).cloned();
                let present = known.as_ref().is_some_and(lianxin_domain::meeting::Attendee::is_present);
                let taken = hall.attendees().any(|one| one.member_id != *member_id && one.number == Some(*number));
                let own = known.and_then(|one| one.number);
                if present {
                    self.wrong(format!("{member_id} signs in twice"));
                }
                if taken || own.is_some_and(|own| own != *number) || *again != own.is_some() {
                    self.wrong(format!("{member_id} comes as number {number}, which is not the own"));
                }
            }
            MeetingEvent::BallotCast { vote_id, round, member_id, .. } => {
                let poll = self.hall().poll(*vote_id);
                let open = |poll: &&Poll| poll.vote().state == VoteState::Open && poll.vote().round == *round;
                let Some(poll) = poll.filter(open) else {
                    return self.wrong(format!("{member_id} votes in round {round} of {vote_id}, which is not open"));
                };
                if poll.has_cast(*member_id) {
                    return self.wrong(format!("{member_id} votes twice in {vote_id}"));
                }
                *self.ballots.entry((*vote_id, *round)).or_default() += 1;
            }
            MeetingEvent::VoteCounted { vote_id, round, .. } => {
                self.once(format!("round {round} of {vote_id} is counted"));
            }
            MeetingEvent::Reminded { reminder } => self.once(format!("people are reminded of {reminder:?}")),
            MeetingEvent::Started | MeetingEvent::Ended { .. } | MeetingEvent::Launched { .. } => {
                self.once(event.kind.clone());
            }
            _ => {}
        }
        let followed = self.hall.as_mut().unwrap().follow(&logged, event.at);
        if followed != Followed::Applied {
            self.wrong(format!("{} {} of version {} is {followed:?}", event.seq, event.kind, logged.version));
        }
        self.in_hall.push(logged);
    }

    fn once(&mut self, what: String) {
        if !self.once.insert(what.clone()) {
            self.wrong(format!("twice: {what}"));
        }
    }

    fn wrong(&mut self, what: String) {
        self.wrong.get_or_insert(what);
    }

    /// Compares what was touched with its rows.
    ///
    /// # Errors
    /// What differs, or could not have happened.
    pub fn check(&mut self, rows: &Rows) -> Result<(), String> {
        if let Some(wrong) = self.wrong.take() {
            return Err(wrong);
        }
        for id in std::mem::take(&mut self.touched) {
            let ticket = &self.tickets[&id];
            let expected = ticket_writes(None, ticket, || None);
            same_row(rows, &expected[0])?;
            let limit = ticket.next_timer();
            let id = format!("ticket.due:{id}");
            match limit {
                Some(at) => same_row(rows, &Deadlines::put(&deadline_of(ticket.id, at)))?,
                None if rows.contains_key(&("deadlines", id.clone())) => return Err(format!("{id} is left")),
                None => {}
            }
        }
        self.check_hall(rows)
    }

    fn check_hall(&mut self, rows: &Rows) -> Result<(), String> {
        let events = std::mem::take(&mut self.in_hall);
        let Some(hall) = self.hall.as_ref().filter(|_| !events.is_empty()) else { return Ok(()) };
        let meeting = hall.meeting();
        same_row(rows, &Meetings::write(None, meeting))?;
        let ids = events.iter().flat_map(|logged| match &logged.event {
            MeetingEvent::Listed { attendees } => attendees.iter().map(|one| one.member_id).collect(),
            other => other.member_id().into_iter().collect::<Vec<_>>(),
        });
        for id in events.iter().filter_map(|logged| logged.event.vote_id()) {
            let Some(poll) = hall.poll(id) else { return Err(format!("{id} is no vote")) };
            let vote = poll.vote();
            same_row(rows, &Votes::write(meeting.id, None, vote))?;
            let of_round = |table: &'static str, of: &str| {
                let from = rows.range((table, of.to_owned())..);
                from.take_while(|((name, key), _)| *name == table && key.starts_with(of)).count()
            };
            let receipts = rows.get(&("vote_receipts", polls::receipts_key(id, vote.round)));
            let cast = self.ballots.get(&(id, vote.round)).copied().unwrap_or_default();
            polls::check(of_round, polls::receipts_of(receipts), vote, cast)?;
        }
        for id in ids {
            let attendee = hall.attendee(id).ok_or_else(|| format!("{id} is on no list"))?;
            let (device, starts_at) = (hall.device_of(id), meeting.plan.starts_at);
            same_row(rows, &attendee_write(meeting.id, starts_at, None, attendee, device))?;
        }
        Ok(())
    }
}

/// Whether the row is there as it would be if everything had been written at once.
fn same_row(rows: &Rows, expected: &Write) -> Result<(), String> {
    let (Write::Insert(table, row) | Write::Put(table, row)) = expected else { return Err("no row".to_owned()) };
    let key = lianxin_storage::change::key_of(row).unwrap_or_default();
    match rows.get(&(table.name, key.to_owned())) {
        Some(there) if there == row => Ok(()),
        there => {
            let differs = |index: usize| there.is_none_or(|there| there.get(index) != row.get(index));
            let first = table.columns().enumerate().find(|(index, _)| differs(*index));
            let (index, column) = first.map_or((0, "key"), |(index, column)| (index, column.name));
            let said = (row.get(index), there.map(|there| there.get(index)));
            Err(format!("{} {key}, {column}: the log and the row say {said:?}", table.name))
        }
    }
}
