//! What may be done with a meeting, by whom, and what follows (inventory MEET-05 … MEET-08, MEET-17).

use super::attendance::{Attendee, Role, Standing};
use super::command::Command;
use super::events::MeetingEvent;
use super::hall::Hall;
use super::oversight::NUDGE_COOLDOWN_MS;
use super::plan::MAX_ATTENDEES;
use super::{PersonRef, StateName};
use crate::access::Caller;
use crate::clock::Timestamp;
use crate::ids::{AccountId, AttachmentId, MemberId, OrganisationId};
use crate::member::{Member, MemberStanding};
use crate::problem::{Refusal, text_field};

const MAX_REASON: usize = 500;
/// Characters of the name of somebody from outside.
pub const MAX_NAME: usize = 50;
/// People in one event of the log.
const LISTED_AT_ONCE: usize = 200;

/// Who acts, and how that person stands to the meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The person.
    pub person: PersonRef,
    /// Runs it, or manages the organisation's meetings.
    pub manages: bool,
    /// Looks over the organisation.
    pub oversees: bool,
}

impl Hall {
    /// How somebody stands to the meeting: its host, its recorder and its maker run it, and so does whoever manages the
    /// organisation's meetings.
    pub fn party(&self, caller: &Caller) -> Party {
        let (meeting, id) = (self.meeting(), caller.account_id);
        let plan = &meeting.plan;
        let own = plan.host.id == id
            || plan.recorder.as_ref().is_some_and(|recorder| recorder.id == id)
            || meeting.created_by.id == id;
        Party {
            person: PersonRef { id, name: caller.name.clone() },
            manages: own || caller.manages_organisation(&meeting.organisation_path),
            oversees: plan.host.id != id && caller.supervises_organisation(&meeting.organisation_path),
        }
    }
}

/// Somebody to be put on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitee {
    /// The member; of somebody from outside a fresh id.
    pub member_id: MemberId,
    /// The account that signs in.
    pub account_id: Option<AccountId>,
    /// The name.
    pub name: String,
    /// The organisation.
    pub organisation_id: Option<OrganisationId>,
    /// Full, probationary, or no member.
    pub standing: Standing,
    /// The person's picture.
    pub photo: Option<AttachmentId>,
}

impl From<&Member> for Invitee {
    fn from(member: &Member) -> Self {
        Self {
            member_id: member.id,
            account_id: Some(member.account_id),
            name: member.facts.name.clone(),
            organisation_id: Some(member.organisation_id),
            standing: match member.facts.standing {
                MemberStanding::Full => Standing::Full,
                MemberStanding::Probationary => Standing::Probationary,
            },
            photo: member.photo,
        }
    }
}

impl Invitee {
    /// The person as put on a list.
    pub fn listed(self, role: Role) -> Attendee {
        Attendee {
            member_id: self.member_id,
            account_id: self.account_id,
            name: self.name,
            organisation_id: self.organisation_id,
            standing: self.standing,
            role,
            version: 1,
            answer: None,
            signed_up_at: None,
            leave: None,
            number: None,
            presence: Vec::new(),
            evidence: None,
            hand_raised_at: None,
            photo: self.photo,
        }
    }
}

impl Hall {
    /// What follows from a command, as events; none when everything is as it should be already.
    ///
    /// # Errors
    /// The [`Refusal`] that says why not.
    pub fn decide(&self, command: &Command, party: &Party, now: Timestamp) -> Result<Vec<MeetingEvent>, Refusal> {
        match command {
            Command::Edit { plan, over } => {
                self.managed(party)?;
                self.in_state(&[StateName::Draft], "meeting.launched_already", "会议启动后不能再修改")?;
                if *over != self.meeting().version {
                    return Err(Refusal::conflict("meeting.changed", "会议刚刚被其他人修改，请重新打开后再改"));
                }
                let changed = **plan != self.meeting().plan;
                Ok(changed.then(|| MeetingEvent::Edited { plan: plan.clone() }).into_iter().collect())
            }
            Command::Launch(invitees) => self.launch(invitees, party),
            Command::Cancel { reason } => self.cancel(reason, party, now),
            Command::Start => self.start(party, now),
            Command::End => {
                self.managed(party)?;
                self.in_state(&[StateName::Running], "meeting.not_running", "会议不在进行中")?;
                if let Some(poll) = self.open_poll() {
                    let refusal = Refusal::conflict("meeting.vote_open", "还有表决没有结束，请先结束表决");
                    return Err(refusal.with("vote_id", serde_json::json!(poll.vote().id)));
                }
                Ok(vec![self.end(now)])
            }
            Command::Archive => {
                self.managed(party)?;
                self.in_state(&[StateName::Ended], "meeting.not_ended", "会议结束后才能归档")?;
                Ok(vec![MeetingEvent::Archived])
            }
            Command::MoveAgenda { index } => self.move_agenda(*index, party),
            Command::Reply { attending } => self.reply(*attending, party),
            Command::SignUp => self.sign_up(party, now),
            Command::AskLeave { reason } => self.ask_leave(reason, party),
            Command::WithdrawLeave => self.withdraw_leave(party),
            Command::DecideLeave { member_id, approved, note } => {
                self.decide_leave(*member_id, *approved, note.as_deref(), party, now)
            }
            Command::Substitute { of, by } => self.substitute(*of, by, party),
            Command::AddGuest(guest) => self.add_guest(guest, party),
            Command::InviteSuperior { superior, note } => self.invite_superior(superior, note.as_deref(), party),
            Command::NameDelegate { organisation_id, delegate } => {
                self.name_delegate(*organisation_id, delegate, &party.person)
            }
            Command::SignIn(sign_in) => self.sign_in(party.person.id, sign_in, now),
            Command::SignInOnline { device } => self.sign_in_online(party.person.id, *device, now),
            Command::SignInManually { member_id, reason } => {
                self.managed(party)?;
                self.sign_in_manually(self.listed(*member_id)?, &party.person, reason, now)
            }
            Command::SignOut { member_id } => self.sign_out(*member_id, party),
            Command::RaiseHand => self.raise_hand(party),
            Command::LowerHand { member_id } => self.lower_hand(*member_id, party),
            Command::Visit => {
                let by = self.overseen(party)?;
                Ok(vec![MeetingEvent::Visited { by }])
            }
            Command::Nudge { note } => self.nudge(note.as_deref(), party, now),
            Command::PrepareVote { id, question } => self.prepare_vote(*id, question, party),
            Command::EditVote { id, question, over } => self.edit_vote(*id, question, *over, party),
            Command::DropVote(id) => self.drop_vote(*id, party),
            Command::OpenVote(id) => self.open_vote(*id, party),
            Command::CastBallot { id, round, choices, receipt } => {
                self.cast_ballot((*id, *round), choices, receipt.as_ref(), party)
            }
            Command::CloseVote { id, publishes } => self.close_vote(*id, *publishes, party),
            Command::CountVote { id, round, urn } => self.count_vote((*id, *round), urn.as_deref()),
            Command::PublishVote(id) => self.publish_vote(*id, party),
            Command::ResetVote { id, reason } => self.reset_vote(*id, reason, party),
            Command::Tick => Ok(self.tick(now)),
        }
    }

    pub(super) fn managed(&self, party: &Party) -> Result<(), Refusal> {
        let refusal = || Refusal::forbidden("meeting.not_manager", "只有主持人、记录人或本组织的管理人员可以这样做");
        if party.manages { Ok(()) } else { Err(refusal()) }
    }

    fn overseen(&self, party: &Party) -> Result<PersonRef, Refusal> {
        let refusal = || Refusal::forbidden("meeting.not_supervisor", "只有上级组织的管理或督导人员可以这样做");
        if party.oversees { Ok(party.person.clone()) } else { Err(refusal()) }
    }

    /// One nudge is enough for a while: another within the cool-down changes nothing.
    fn nudge(&self, note: Option<&str>, party: &Party, now: Timestamp) -> Result<Vec<MeetingEvent>, Refusal> {
        let by = self.overseen(party)?;
        self.in_state(&[StateName::Launched, StateName::Running], "meeting.not_open", "会议尚未启动或已经结束")?;
        let note = text_field("note", note.unwrap_or_default(), false, MAX_REASON)?;
        let last = self.meeting().oversight.nudged.as_ref();
        if last.is_some_and(|last| now.since(last.at) < NUDGE_COOLDOWN_MS) {
            return Ok(Vec::new());
        }
        Ok(vec![MeetingEvent::Nudged { by, note: (!note.is_empty()).then_some(note) }])
    }

    pub(super) fn in_state(&self, allowed: &[StateName], code: &'static str, words: &str) -> Result<(), Refusal> {
        let state = self.meeting().state;
        if allowed.contains(&state) {
            return Ok(());
        }
        Err(Refusal::conflict(code, words).with("state", serde_json::json!(state)))
    }

    pub(super) fn listed(&self, id: MemberId) -> Result<&Attendee, Refusal> {
        let refusal = || Refusal::not_found("meeting.attendee_not_found", "参会名单上没有这个人");
        self.attendee(id).ok_or_else(refusal)
    }

    pub(super) fn own(&self, party: &Party) -> Result<&Attendee, Refusal> {
        let refusal = || Refusal::forbidden("meeting.not_invited", "您不在本次会议的参会名单上，请与主持人联系");
        self.of_account(party.person.id).ok_or_else(refusal)
    }

    fn launch(&self, invitees: &[Invitee], party: &Party) -> Result<Vec<MeetingEvent>, Refusal> {
        self.managed(party)?;
        self.in_state(&[StateName::Draft], "meeting.launched_already", "会议已经启动")?;
        if invitees.is_empty() {
            return Err(Refusal::rule("meeting.nobody_invited", "参会名单是空的，请先选择参会人员"));
        }
        if invitees.len() > MAX_ATTENDEES {
            return Err(Refusal::rule("meeting.too_many_invited", format!("一次会议最多 {MAX_ATTENDEES} 人参加")));
        }
        let listed: Vec<Attendee> = invitees.iter().cloned().map(|invitee| invitee.listed(Role::Member)).collect();
        let expected = u32::try_from(listed.len()).unwrap_or(u32::MAX);
        let parts = listed.chunks(LISTED_AT_ONCE).map(|part| MeetingEvent::Listed { attendees: part.to_vec() });
        Ok(parts.chain([MeetingEvent::Launched { expected }]).collect())
    }

    fn cancel(&self, reason: &str, party: &Party, now: Timestamp) -> Result<Vec<MeetingEvent>, Refusal> {
        self.managed(party)?;
        self.in_state(&[StateName::Launched], "meeting.not_cancellable", "只有已启动、尚未开始的会议可以取消")?;
        // The manuals contradict each other; the begin is the limit (inventory, contradiction 5).
        if now >= self.meeting().plan.starts_at {
            return Err(Refusal::conflict("meeting.begun", "已到开始时间，不能再取消"));
        }
        Ok(vec![MeetingEvent::Cancelled { reason: words("reason", reason)? }])
    }

    fn start(&self, party: &Party, now: Timestamp) -> Result<Vec<MeetingEvent>, Refusal> {
        self.managed(party)?;
        self.in_state(&[StateName::Launched], "meeting.not_launched", "会议尚未启动或已经开始")?;
        let opens_at = self.meeting().sign_in_opens_at();
        if now < opens_at {
            let refusal = Refusal::conflict("meeting.too_early", "离开始时间还早，签到开放后才能开始会议");
            return Err(refusal.with("opens_at", serde_json::json!(opens_at)));
        }
        Ok(vec![MeetingEvent::Started])
    }

    /// The end, with what it comes to.
    pub(super) fn end(&self, now: Timestamp) -> MeetingEvent {
        let mut after = self.clone();
        after.apply(&MeetingEvent::Ended { tally: *self.tally() }, now);
        MeetingEvent::Ended { tally: *after.tally() }
    }

    fn move_agenda(&self, index: Option<u32>, party: &Party) -> Result<Vec<MeetingEvent>, Refusal> {
        self.managed(party)?;
        self.in_state(&[StateName::Running], "meeting.not_running", "会议不在进行中")?;
        let title = match index {
            Some(index) => {
                let item = self.meeting().plan.agenda.get(index as usize);
                let refusal = || Refusal::not_found("meeting.agenda_item_not_found", "议程里没有这一项");
                Some(item.ok_or_else(refusal)?.title.clone())
            }
            None => None,
        };
        if self.meeting().agenda.map(|position| position.index) == index {
            return Ok(Vec::new());
        }
        Ok(vec![MeetingEvent::AgendaMoved { index, title }])
    }

    pub(super) fn before_the_end(&self) -> Result<(), Refusal> {
        self.in_state(&[StateName::Launched, StateName::Running], "meeting.not_open", "会议尚未启动或已经结束")
    }

    fn sign_out(&self, id: Option<MemberId>, party: &Party) -> Result<Vec<MeetingEvent>, Refusal> {
        let own = self.of_account(party.person.id);
        let attendee = match id {
            Some(id) if own.is_some_and(|own| own.member_id == id) => self.listed(id)?,
            Some(id) => {
                self.managed(party)?;
                self.listed(id)?
            }
            None => self.own(party)?,
        };
        self.in_state(&[StateName::Launched, StateName::Running], "meeting.not_open", "会议尚未启动或已经结束")?;
        if attendee.presence.is_empty() {
            return Err(Refusal::conflict("meeting.not_signed_in", "还没有签到，不能签退"));
        }
        if !attendee.is_present() {
            return Ok(Vec::new());
        }
        Ok(vec![MeetingEvent::SignedOut { member_id: attendee.member_id, name: attendee.name.clone() }])
    }
}

pub(super) fn words(field: &str, text: &str) -> Result<String, Refusal> {
    Ok(text_field(field, text, true, MAX_REASON)?)
}
