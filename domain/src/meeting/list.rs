//! Who is on the list and whether they come: answers, sign-up, leave, substitutes and guests (inventory MEET-06, MEET-17).

use super::StateName;
use super::attendance::{LeaveDecision, Role};
use super::decide::{Invitee, MAX_NAME, Party, words};
use super::events::MeetingEvent;
use super::hall::Hall;
use super::plan::MAX_ATTENDEES;
use crate::clock::Timestamp;
use crate::ids::MemberId;
use crate::problem::{FieldError, Refusal, text_field};

impl Hall {
    pub(super) fn reply(&self, attending: bool, party: &Party) -> Result<Vec<MeetingEvent>, Refusal> {
        let own = self.own(party)?;
        self.before_the_end()?;
        if own.answer.is_some_and(|answer| answer.attending == attending) {
            return Ok(Vec::new());
        }
        Ok(vec![MeetingEvent::Replied { member_id: own.member_id, name: own.name.clone(), attending }])
    }

    pub(super) fn sign_up(&self, party: &Party, now: Timestamp) -> Result<Vec<MeetingEvent>, Refusal> {
        let own = self.own(party)?;
        self.in_state(&[StateName::Launched], "meeting.not_open", "会议尚未启动或已经开始")?;
        let none = || Refusal::rule("meeting.no_sign_up", "本次会议不需要报名");
        let sign_up = self.meeting().plan.sign_up.ok_or_else(none)?;
        if own.signed_up_at.is_some() {
            return Ok(Vec::new());
        }
        if now >= sign_up.deadline {
            return Err(Refusal::conflict("meeting.sign_up_closed", "报名已截止"));
        }
        Ok(vec![MeetingEvent::SignedUp { member_id: own.member_id, name: own.name.clone() }])
    }

    pub(super) fn ask_leave(&self, reason: &str, party: &Party) -> Result<Vec<MeetingEvent>, Refusal> {
        let own = self.own(party)?;
        self.before_the_end()?;
        let reason = words("reason", reason)?;
        if !own.presence.is_empty() {
            return Err(Refusal::conflict("meeting.signed_in_already", "您已签到，不能再请假"));
        }
        match own.leave.as_ref().map(|leave| (leave.decision.as_ref(), &leave.reason)) {
            Some((None, earlier)) if *earlier == reason => Ok(Vec::new()),
            Some((None, _)) => Err(Refusal::conflict("meeting.leave_pending", "您的请假正在等待审批")),
            Some((Some(decision), _)) if decision.approved => {
                Err(Refusal::conflict("meeting.leave_approved", "您的请假已获批准"))
            }
            Some((Some(_), _)) | None => {
                Ok(vec![MeetingEvent::LeaveRequested { member_id: own.member_id, name: own.name.clone(), reason }])
            }
        }
    }

    pub(super) fn withdraw_leave(&self, party: &Party) -> Result<Vec<MeetingEvent>, Refusal> {
        let own = self.own(party)?;
        self.before_the_end()?;
        if own.leave.is_none() {
            return Ok(Vec::new());
        }
        Ok(vec![MeetingEvent::LeaveWithdrawn { member_id: own.member_id, name: own.name.clone() }])
    }

    pub(super) fn decide_leave(
        &self,
        id: MemberId,
        approved: bool,
        note: Option<&str>,
        party: &Party,
        now: Timestamp,
    ) -> Result<Vec<MeetingEvent>, Refusal> {
        self.managed(party)?;
        self.before_the_end()?;
        let asker = self.listed(id)?;
        if asker.account_id == Some(party.person.id) {
            return Err(Refusal::forbidden("meeting.own_leave", "不能审批自己的请假，请本组织的其他管理人员处理"));
        }
        let none = || Refusal::conflict("meeting.no_leave", "这个人没有请假");
        let leave = asker.leave.as_ref().ok_or_else(none)?;
        let note = match note.map(str::trim).filter(|note| !note.is_empty()) {
            Some(note) => Some(words("note", note)?),
            None if !approved => {
                let wrong = FieldError::new("note", "field.required", "不同意请假时请写明理由");
                return Err(wrong.into());
            }
            None => None,
        };
        if let Some(earlier) = &leave.decision {
            if earlier.approved == approved {
                return Ok(Vec::new());
            }
            return Err(Refusal::conflict("meeting.leave_decided", "这个请假已经审批过了")
                .with("decided_by", serde_json::json!(earlier.by.name)));
        }
        let decision = LeaveDecision { approved, note, by: party.person.clone(), at: now };
        Ok(vec![MeetingEvent::LeaveDecided { member_id: id, name: asker.name.clone(), decision }])
    }

    pub(super) fn substitute(
        &self,
        of: Option<MemberId>,
        by: &Invitee,
        party: &Party,
    ) -> Result<Vec<MeetingEvent>, Refusal> {
        self.before_the_end()?;
        let principal = match of {
            Some(id) => {
                self.managed(party)?;
                self.listed(id)?
            }
            None => self.own(party)?,
        };
        if principal.role != Role::Member {
            return Err(Refusal::rule("meeting.no_substitute", "只有参会人员可以请人替会"));
        }
        if !principal.presence.is_empty() {
            return Err(Refusal::conflict("meeting.signed_in_already", "本人已签到，不能再请人替会"));
        }
        if let Some(other) = self.substitute_of(principal.member_id) {
            if other.member_id == by.member_id {
                return Ok(Vec::new());
            }
            return Err(Refusal::conflict("meeting.substituted_already", "已经有人替会"));
        }
        let attendee = self.newcomer(by)?.listed(Role::Substitute { of: principal.member_id });
        Ok(vec![MeetingEvent::Listed { attendees: vec![attendee] }])
    }

    pub(super) fn add_guest(&self, guest: &Invitee, party: &Party) -> Result<Vec<MeetingEvent>, Refusal> {
        self.managed(party)?;
        self.before_the_end()?;
        if self.attendee(guest.member_id).is_some_and(|other| other.role == Role::Guest) {
            return Ok(Vec::new());
        }
        Ok(vec![MeetingEvent::Listed { attendees: vec![self.newcomer(guest)?.listed(Role::Guest)] }])
    }

    /// Somebody who is not on the list yet.
    pub(super) fn newcomer(&self, invitee: &Invitee) -> Result<Invitee, Refusal> {
        let known = |account| self.of_account(account).is_some();
        if self.attendee(invitee.member_id).is_some() || invitee.account_id.is_some_and(known) {
            return Err(Refusal::conflict("meeting.invited_already", "这个人已经在参会名单上"));
        }
        if self.attendees().count() >= MAX_ATTENDEES {
            return Err(Refusal::rule("meeting.too_many_invited", format!("一次会议最多 {MAX_ATTENDEES} 人参加")));
        }
        let name = text_field("name", &invitee.name, true, MAX_NAME)?;
        Ok(Invitee { name, ..invitee.clone() })
    }
}
