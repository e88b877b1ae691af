//! 邀请上级派员 (inventory MEET-17): the host asks an organisation above to send somebody; that organisation names whom.

use serde::{Deserialize, Serialize};

use super::attendance::Role;
use super::decide::{Invitee, Party};
use super::events::MeetingEvent;
use super::hall::Hall;
use super::oversight::Mark;
use super::{PersonRef, StateName};
use crate::ids::{AccountId, MemberId, OrganisationId};
use crate::problem::{Refusal, text_field};

const MAX_NOTE: usize = 200;

/// An organisation above the meeting's, asked to send somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Superior {
    /// Which.
    pub organisation_id: OrganisationId,
    /// Its name.
    pub name: String,
    /// Who leads it: they are told.
    pub leaders: Vec<AccountId>,
}

/// What became of asking an organisation above.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegation {
    /// Which was asked.
    pub organisation_id: OrganisationId,
    /// Its name then.
    pub organisation: String,
    /// Who asked, and when.
    pub asked: Mark,
    /// Words to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whom it sends; nothing while nobody is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegate: Option<Delegate>,
}

/// Whom an organisation above sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegate {
    /// The member.
    pub member_id: MemberId,
    /// The name.
    pub name: String,
    /// Who named the person, and when.
    pub named: Mark,
}

impl Hall {
    pub(super) fn invite_superior(
        &self,
        superior: &Superior,
        note: Option<&str>,
        party: &Party,
    ) -> Result<Vec<MeetingEvent>, Refusal> {
        self.managed(party)?;
        self.before_the_end()?;
        let note = text_field("note", note.unwrap_or_default(), false, MAX_NOTE)?;
        if superior.leaders.is_empty() {
            return Err(Refusal::rule("meeting.superior_vacant", "这个组织没有书记，请直接邀请列席人员"));
        }
        let note = (!note.is_empty()).then_some(note);
        match &self.meeting().delegation {
            Some(Delegation { delegate: Some(_), .. }) => {
                return Err(Refusal::conflict("meeting.delegate_named", "上级已经派员"));
            }
            Some(asked) if asked.organisation_id == superior.organisation_id && asked.note == note => {
                return Ok(Vec::new());
            }
            _ => {}
        }
        Ok(vec![MeetingEvent::SuperiorInvited {
            organisation_id: superior.organisation_id,
            organisation: superior.name.clone(),
            by: party.person.clone(),
            note,
            leaders: superior.leaders.clone(),
        }])
    }

    /// Names whom `organisation_id` sends, for which the caller speaks. Another person may be named until the meeting
    /// begins; who was named before stays a guest.
    pub(super) fn name_delegate(
        &self,
        organisation_id: OrganisationId,
        delegate: &Invitee,
        by: &PersonRef,
    ) -> Result<Vec<MeetingEvent>, Refusal> {
        self.before_the_end()?;
        let asked = self.meeting().delegation.as_ref().filter(|asked| asked.organisation_id == organisation_id);
        let asked = asked.ok_or_else(|| Refusal::conflict("meeting.superior_not_invited", "会议没有邀请本组织派员"))?;
        match &asked.delegate {
            Some(named) if named.member_id == delegate.member_id => return Ok(Vec::new()),
            Some(_) => {
                self.in_state(&[StateName::Launched], "meeting.begun", "会议已经开始，不能再更换派员")?;
            }
            None => {}
        }
        let guest = match self.attendee(delegate.member_id) {
            Some(_) => None,
            None => Some(MeetingEvent::Listed { attendees: vec![self.newcomer(delegate)?.listed(Role::Guest)] }),
        };
        let (member_id, name) = (delegate.member_id, delegate.name.clone());
        Ok(guest.into_iter().chain([MeetingEvent::DelegateNamed { member_id, name, by: by.clone() }]).collect())
    }
}
