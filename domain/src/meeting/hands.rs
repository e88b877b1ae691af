//! Raised hands (举手): whoever is there may ask to speak, and the host calls on them.

use super::decide::Party;
use super::events::MeetingEvent;
use super::hall::Hall;
use super::{Attendee, StateName};
use crate::clock::Timestamp;
use crate::ids::MemberId;
use crate::problem::Refusal;

impl Hall {
    /// Since when somebody's hand is raised; all are down when the meeting does not run.
    pub fn hand_of(&self, attendee: &Attendee) -> Option<Timestamp> {
        attendee.hand_raised_at.filter(|_| self.meeting().state == StateName::Running)
    }

    pub(super) fn raise_hand(&self, party: &Party) -> Result<Vec<MeetingEvent>, Refusal> {
        let own = self.own(party)?;
        self.in_state(&[StateName::Running], "meeting.not_running", "会议不在进行中")?;
        if !own.is_present() {
            return Err(Refusal::conflict("meeting.not_present", "签到后才能举手"));
        }
        if own.hand_raised_at.is_some() {
            return Ok(Vec::new());
        }
        Ok(vec![MeetingEvent::HandRaised { member_id: own.member_id, name: own.name.clone() }])
    }

    pub(super) fn lower_hand(&self, id: Option<MemberId>, party: &Party) -> Result<Vec<MeetingEvent>, Refusal> {
        let own = self.of_account(party.person.id).map(|own| own.member_id);
        let others = id.filter(|id| Some(*id) != own);
        let attendee = match others {
            Some(id) => {
                self.managed(party)?;
                self.listed(id)?
            }
            None => self.own(party)?,
        };
        self.in_state(&[StateName::Running], "meeting.not_running", "会议不在进行中")?;
        if attendee.hand_raised_at.is_none() {
            return Ok(Vec::new());
        }
        let (member_id, name) = (attendee.member_id, attendee.name.clone());
        Ok(vec![match others {
            Some(_) => MeetingEvent::HandLowered { member_id, name },
            None => MeetingEvent::HandWithdrawn { member_id, name },
        }])
    }
}
