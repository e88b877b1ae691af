//! A meeting with everybody on its list: what decisions are made on, and how events change it.

use std::collections::HashMap;

use super::attendance::{Answer, Attendee, Leave, Presence, Role, Status};
use super::claim::DeviceId;
use super::delegation::{Delegate, Delegation};
use super::events::{LoggedEvent, MeetingEvent};
use super::oversight::Mark;
use super::tally::Tally;
use super::voting::{self, Poll};
use super::{AgendaPosition, Meeting, StateName};
use crate::clock::Timestamp;
use crate::ids::{AccountId, MemberId, VoteId};
use crate::vote::Vote;

/// A meeting and its list, with what is looked up all the time.
#[derive(Debug, Clone)]
pub struct Hall {
    meeting: Meeting,
    attendees: HashMap<MemberId, Attendee>,
    by_account: HashMap<AccountId, MemberId>,
    /// Who signed in on a device first.
    devices: HashMap<DeviceId, MemberId>,
    /// On which device somebody signed in first.
    device_of: HashMap<MemberId, DeviceId>,
    substitutes: HashMap<MemberId, MemberId>,
    /// In the order of their numbers.
    polls: Vec<Poll>,
    tally: Tally,
}

impl Hall {
    /// The hall of `meeting` with `attendees`, each with the device that signed in.
    pub fn new(meeting: Meeting, attendees: impl IntoIterator<Item = (Attendee, Option<DeviceId>)>) -> Self {
        let mut hall = Self {
            meeting,
            attendees: HashMap::new(),
            by_account: HashMap::new(),
            devices: HashMap::new(),
            device_of: HashMap::new(),
            substitutes: HashMap::new(),
            polls: Vec::new(),
            tally: Tally::default(),
        };
        let mut people: Vec<_> = attendees.into_iter().collect();
        people.sort_unstable_by_key(|(attendee, _)| (attendee.number, attendee.member_id));
        for (attendee, device) in people {
            if let Some(device) = device {
                hall.used(device, attendee.member_id);
            }
            hall.meeting.arrivals = hall.meeting.arrivals.max(attendee.number.unwrap_or(0));
            hall.enter(attendee);
        }
        hall.recount();
        hall
    }

    /// The same hall with its votes.
    #[must_use]
    pub fn with_polls(mut self, polls: impl IntoIterator<Item = Poll>) -> Self {
        self.polls = polls.into_iter().collect();
        self.polls.sort_by_key(|poll| poll.vote().number);
        self
    }

    /// Its votes, in the order of their numbers; those that were dropped, too.
    pub fn polls(&self) -> &[Poll] {
        &self.polls
    }

    /// One of its votes.
    pub fn poll(&self, id: VoteId) -> Option<&Poll> {
        self.polls.iter().find(|poll| poll.vote().id == id)
    }

    /// The meeting.
    pub const fn meeting(&self) -> &Meeting {
        &self.meeting
    }

    /// Everybody on the list, in no order.
    pub fn attendees(&self) -> impl Iterator<Item = &Attendee> {
        self.attendees.values()
    }

    /// Somebody on the list.
    pub fn attendee(&self, id: MemberId) -> Option<&Attendee> {
        self.attendees.get(&id)
    }

    /// The person of an account.
    pub fn of_account(&self, id: AccountId) -> Option<&Attendee> {
        self.by_account.get(&id).and_then(|id| self.attendees.get(id))
    }

    /// Who signed in on a device.
    pub fn on_device(&self, device: DeviceId) -> Option<&Attendee> {
        self.devices.get(&device).and_then(|id| self.attendees.get(id))
    }

    /// On which device somebody signed in.
    pub fn device_of(&self, id: MemberId) -> Option<DeviceId> {
        self.device_of.get(&id).copied()
    }

    /// Who comes in somebody's place.
    pub fn substitute_of(&self, id: MemberId) -> Option<&Attendee> {
        self.substitutes.get(&id).and_then(|id| self.attendees.get(id))
    }

    /// Whether somebody's substitute came.
    pub fn is_replaced(&self, id: MemberId) -> bool {
        self.substitute_of(id).is_some_and(|other| !other.presence.is_empty())
    }

    /// What is said of somebody's attendance.
    pub fn status(&self, attendee: &Attendee) -> Status {
        attendee.status(&self.meeting.timing(), self.is_replaced(attendee.member_id))
    }

    /// How many of whom; kept as people come, equal to a recount.
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Counts everybody anew.
    pub fn recounted(&self) -> Tally {
        let mut tally = Tally::default();
        for attendee in self.attendees.values() {
            tally.count(attendee, self.status(attendee), 1);
            tally.count_hand(self.hand_of(attendee), 1);
        }
        tally
    }

    fn recount(&mut self) {
        self.tally = self.recounted();
    }

    /// Takes over an event of the log unless that was done before: each row takes its versions one after the other.
    /// Answers whether some are missing in between; then the hall has to be read anew.
    pub fn follow(&mut self, logged: &LoggedEvent, at: Timestamp) -> Followed {
        if let Some(id) = logged.event.vote_id() {
            return self.follow_vote(id, logged, at);
        }
        let known = match (&logged.event, logged.event.member_id()) {
            // Everybody is listed once.
            (MeetingEvent::Listed { .. }, _) => logged.version - 1,
            (_, Some(id)) => match self.attendees.get(&id) {
                Some(attendee) => attendee.version,
                None => return Followed::Missing,
            },
            (_, None) => self.meeting.version,
        };
        if logged.version <= known {
            return Followed::Known;
        }
        if logged.version > known + 1 {
            return Followed::Missing;
        }
        self.apply(&logged.event, at);
        Followed::Applied
    }

    fn follow_vote(&mut self, id: VoteId, logged: &LoggedEvent, at: Timestamp) -> Followed {
        let known = match (&logged.event, self.poll(id)) {
            (MeetingEvent::VotePrepared { .. }, None) => 0,
            (_, None) => return Followed::Missing,
            // Ballots leave the version as it is: those of one version are taken over in any order.
            (MeetingEvent::BallotCast { member_id, .. }, Some(poll)) => {
                let counts = poll.vote().version == logged.version && !poll.has_cast(*member_id);
                if counts { logged.version - 1 } else { poll.vote().version }
            }
            (_, Some(poll)) => poll.vote().version,
        };
        if logged.version <= known {
            return Followed::Known;
        }
        if logged.version > known + 1 {
            return Followed::Missing;
        }
        self.apply(&logged.event, at);
        Followed::Applied
    }

    /// Notes that somebody is about to come: the next one gets another number, and the device is known to be used. When
    /// the commit fails, the hall is read anew.
    pub fn expect(&mut self, event: &MeetingEvent) {
        if let MeetingEvent::SignedIn { member_id, number, device, .. } = event {
            self.meeting.arrivals = self.meeting.arrivals.max(*number);
            // On which device somebody signed in first is known when it comes back: until then another node may be faster.
            if let Some(device) = device {
                self.devices.entry(*device).or_insert(*member_id);
            }
        }
    }

    /// What `events` lead to, without taking them over.
    pub fn outcome(&self, events: &[MeetingEvent], at: Timestamp) -> Outcome {
        let logged = Vec::with_capacity(events.len());
        let mut outcome = Outcome { meeting: None, attendees: Vec::new(), votes: Vec::new(), logged };
        for event in events {
            if let Some(id) = event.vote_id() {
                let version = self.vote_after(&mut outcome, id, event, at);
                outcome.logged.push(LoggedEvent { event: event.clone(), version });
                continue;
            }
            let version = match (event, event.member_id()) {
                (MeetingEvent::Listed { attendees }, _) => {
                    outcome.attendees.extend(attendees.iter().map(|attendee| (None, attendee.clone())));
                    1
                }
                (_, Some(id)) => {
                    let earlier = outcome.attendees.iter().position(|(_, attendee)| attendee.member_id == id);
                    let index = earlier.unwrap_or_else(|| {
                        let known = self.attendees.get(&id);
                        outcome.attendees.extend(known.map(|known| (Some(known.version), known.clone())));
                        outcome.attendees.len().saturating_sub(1)
                    });
                    let Some((_, attendee)) = outcome.attendees.get_mut(index) else { continue };
                    attendee.take(event, at);
                    attendee.version
                }
                (_, None) => {
                    let meeting = outcome.meeting.get_or_insert_with(|| Box::new(self.meeting.clone()));
                    meeting.take(event, at);
                    meeting.version
                }
            };
            outcome.logged.push(LoggedEvent { event: event.clone(), version });
        }
        outcome
    }

    /// Takes an event of a vote over into `outcome`; answers the vote's version.
    fn vote_after(&self, outcome: &mut Outcome, id: VoteId, event: &MeetingEvent, at: Timestamp) -> u32 {
        let known = self.poll(id).map(Poll::vote);
        if matches!(event, MeetingEvent::BallotCast { .. }) {
            return known.map_or(0, |vote| vote.version);
        }
        if let MeetingEvent::VotePrepared { number, question, .. } = event {
            let vote = Vote::prepared(id, *number, (**question).clone());
            outcome.votes.push((None, vote));
            return 1;
        }
        if outcome.votes.iter().all(|(_, vote)| vote.id != id) {
            outcome.votes.extend(known.map(|known| (Some(known.version), known.clone())));
        }
        let changed = outcome.votes.iter_mut().find(|(_, vote)| vote.id == id);
        changed.map_or(0, |(_, vote)| {
            voting::take(vote, event, at);
            vote.version
        })
    }

    /// Takes over what happened at `at`. Who was on no list is left alone.
    pub fn apply(&mut self, event: &MeetingEvent, at: Timestamp) {
        if let MeetingEvent::VotePrepared { vote_id, number, question } = event {
            let vote = Vote::prepared(*vote_id, *number, (**question).clone());
            return self.polls.push(Poll::new(vote, []));
        }
        if let Some(id) = event.vote_id() {
            let poll = self.polls.iter_mut().find(|poll| poll.vote().id == id);
            return poll.map_or((), |poll| poll.apply(event, at));
        }
        match event {
            MeetingEvent::Listed { attendees } => {
                for attendee in attendees {
                    if !self.attendees.contains_key(&attendee.member_id) {
                        self.enter(attendee.clone());
                    }
                }
                return self.recount();
            }
            _ => match event.member_id() {
                Some(id) => return self.apply_to_attendee(id, event, at),
                None => self.meeting.take(event, at),
            },
        }
        // Statuses follow from the meeting's times.
        if matches!(event, MeetingEvent::Started | MeetingEvent::Ended { .. }) {
            self.recount();
        }
    }

    fn apply_to_attendee(&mut self, id: MemberId, event: &MeetingEvent, at: Timestamp) {
        // Of a substitute the principal's status changes, too.
        let Some(attendee) = self.attendees.get(&id) else { return };
        let principal = match attendee.role {
            Role::Substitute { of } => Some(of),
            Role::Member | Role::Guest => None,
        };
        let touched: Vec<MemberId> = std::iter::once(id).chain(principal).collect();
        self.count(&touched, -1);
        if let Some(attendee) = self.attendees.get_mut(&id) {
            attendee.take(event, at);
        }
        if let MeetingEvent::SignedIn { number, device, .. } = event {
            self.meeting.arrivals = self.meeting.arrivals.max(*number);
            if let Some(device) = device {
                self.used(*device, id);
            }
        }
        self.count(&touched, 1);
    }

    fn count(&mut self, ids: &[MemberId], sign: i32) {
        let mut tally = self.tally;
        for attendee in ids.iter().filter_map(|id| self.attendees.get(id)) {
            tally.count(attendee, self.status(attendee), sign);
            tally.count_hand(self.hand_of(attendee), sign);
        }
        self.tally = tally;
    }

    fn used(&mut self, device: DeviceId, by: MemberId) {
        self.devices.entry(device).or_insert(by);
        self.device_of.entry(by).or_insert(device);
    }

    fn enter(&mut self, attendee: Attendee) {
        if let Some(account) = attendee.account_id {
            self.by_account.insert(account, attendee.member_id);
        }
        if let Role::Substitute { of } = attendee.role {
            self.substitutes.insert(of, attendee.member_id);
        }
        self.attendees.insert(attendee.member_id, attendee);
    }
}

/// Whether an event of the log was taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Followed {
    /// Now.
    Applied,
    /// Before.
    Known,
    /// Something before it is not known here.
    Missing,
}

/// What events lead to.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The meeting afterwards, when it changed.
    pub meeting: Option<Box<Meeting>>,
    /// The people who changed, each with the version before; nothing for somebody new.
    pub attendees: Vec<(Option<u32>, Attendee)>,
    /// The votes that changed, each with the version before; nothing for a new one.
    pub votes: Vec<(Option<u32>, Vote)>,
    /// The events with the versions that they lead to.
    pub logged: Vec<LoggedEvent>,
}

impl Meeting {
    /// Takes over what happened to the meeting itself.
    fn take(&mut self, event: &MeetingEvent, at: Timestamp) {
        self.version += 1;
        match event {
            MeetingEvent::Created { plan } | MeetingEvent::Edited { plan } => self.plan = (**plan).clone(),
            MeetingEvent::Launched { .. } => {
                self.state = StateName::Launched;
                self.launched_at = Some(at);
            }
            MeetingEvent::Cancelled { reason } => {
                self.state = StateName::Cancelled;
                self.cancel_reason = Some(reason.clone());
            }
            MeetingEvent::Started => {
                self.state = StateName::Running;
                self.started_at = Some(at);
            }
            MeetingEvent::Ended { .. } => {
                self.state = StateName::Ended;
                self.ended_at = Some(at);
                self.agenda = None;
            }
            MeetingEvent::Archived => self.state = StateName::Archived,
            MeetingEvent::AgendaMoved { index, .. } => {
                self.agenda = index.map(|index| AgendaPosition { index, since: at });
            }
            MeetingEvent::Reminded { .. } => self.reminded_at = Some(at),
            MeetingEvent::Visited { by } => {
                self.oversight.visits += 1;
                self.oversight.visited = Some(Mark { by: by.clone(), at });
            }
            MeetingEvent::SuperiorInvited { organisation_id, organisation, by, note, .. } => {
                self.delegation = Some(Delegation {
                    organisation_id: *organisation_id,
                    organisation: organisation.clone(),
                    asked: Mark { by: by.clone(), at },
                    note: note.clone(),
                    delegate: None,
                });
            }
            MeetingEvent::DelegateNamed { member_id, name, by } => {
                if let Some(delegation) = &mut self.delegation {
                    let named = Mark { by: by.clone(), at };
                    delegation.delegate = Some(Delegate { member_id: *member_id, name: name.clone(), named });
                }
            }
            MeetingEvent::Nudged { by, .. } => {
                self.oversight.nudges += 1;
                self.oversight.nudged = Some(Mark { by: by.clone(), at });
            }
            _ => {}
        }
    }
}

impl Attendee {
    /// Takes over what happened to this person.
    fn take(&mut self, event: &MeetingEvent, at: Timestamp) {
        self.version += 1;
        match event {
            MeetingEvent::Replied { attending, .. } => self.answer = Some(Answer { attending: *attending, at }),
            MeetingEvent::SignedUp { .. } => self.signed_up_at = Some(at),
            MeetingEvent::LeaveRequested { reason, .. } => {
                self.leave = Some(Leave { reason: reason.clone(), asked_at: at, decision: None });
            }
            MeetingEvent::LeaveWithdrawn { .. } => self.leave = None,
            MeetingEvent::LeaveDecided { decision, .. } => {
                if let Some(leave) = &mut self.leave {
                    leave.decision = Some(decision.clone());
                }
            }
            MeetingEvent::SignedIn { way, evidence, number, .. } => {
                self.number = Some(*number);
                self.presence.push(Presence { from: at, until: None, way: *way });
                self.evidence.get_or_insert_with(|| (**evidence).clone());
            }
            MeetingEvent::HandRaised { .. } => self.hand_raised_at = Some(at),
            MeetingEvent::HandWithdrawn { .. } | MeetingEvent::HandLowered { .. } => self.hand_raised_at = None,
            MeetingEvent::SignedOut { .. } => {
                self.hand_raised_at = None;
                if let Some(last) = self.presence.last_mut() {
                    last.until.get_or_insert(at);
                }
            }
            _ => {}
        }
    }
}
