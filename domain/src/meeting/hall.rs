//! A meeting with everybody on its list: what decisions are made on, and how events change it.

use std::collections::HashMap;

use super::attendance::{Answer, Attendee, Leave, Presence, Role, Status, Tally};
use super::claim::DeviceId;
use super::events::MeetingEvent;
use super::{AgendaPosition, Meeting, StateName};
use crate::clock::Timestamp;
use crate::ids::{AccountId, MemberId};

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
            tally: Tally::default(),
        };
        let mut people: Vec<_> = attendees.into_iter().collect();
        people.sort_unstable_by_key(|(attendee, _)| (attendee.number, attendee.member_id));
        for (attendee, device) in people {
            if let Some(device) = device {
                hall.used(device, attendee.member_id);
            }
            hall.enter(attendee);
        }
        hall.recount();
        hall
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

    /// What is said of somebody's attendance.
    pub fn status(&self, attendee: &Attendee) -> Status {
        let replaced = self.substitute_of(attendee.member_id).is_some_and(|other| !other.presence.is_empty());
        attendee.status(&self.meeting.timing(), replaced)
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
        }
        tally
    }

    fn recount(&mut self) {
        self.tally = self.recounted();
    }

    /// Takes over what happened at `at`. Who was on no list is left alone.
    pub fn apply(&mut self, event: &MeetingEvent, at: Timestamp) {
        match event {
            MeetingEvent::Listed { attendees } => {
                for attendee in attendees {
                    self.enter(attendee.clone());
                }
                return self.recount();
            }
            _ => match event.member_id() {
                Some(id) => return self.apply_to_attendee(id, event, at),
                None => self.apply_to_meeting(event, at),
            },
        }
        self.meeting.version += 1;
        // Statuses follow from the meeting's times.
        if matches!(event, MeetingEvent::Started | MeetingEvent::Ended { .. }) {
            self.recount();
        }
    }

    fn apply_to_meeting(&mut self, event: &MeetingEvent, at: Timestamp) {
        let meeting = &mut self.meeting;
        match event {
            MeetingEvent::Created { plan } | MeetingEvent::Edited { plan } => meeting.plan = (**plan).clone(),
            MeetingEvent::Launched { .. } => {
                meeting.state = StateName::Launched;
                meeting.launched_at = Some(at);
            }
            MeetingEvent::Cancelled { reason } => {
                meeting.state = StateName::Cancelled;
                meeting.cancel_reason = Some(reason.clone());
            }
            MeetingEvent::Started => {
                meeting.state = StateName::Running;
                meeting.started_at = Some(at);
            }
            MeetingEvent::Ended { .. } => {
                meeting.state = StateName::Ended;
                meeting.ended_at = Some(at);
                meeting.agenda = None;
            }
            MeetingEvent::Archived => meeting.state = StateName::Archived,
            MeetingEvent::AgendaMoved { index, .. } => {
                meeting.agenda = index.map(|index| AgendaPosition { index, since: at });
            }
            _ => {}
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
            MeetingEvent::SignedOut { .. } => {
                if let Some(last) = self.presence.last_mut() {
                    last.until.get_or_insert(at);
                }
            }
            _ => {}
        }
    }
}
