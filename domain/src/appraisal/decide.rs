//! What may be done to an appraisal, and what becomes of it. Rights are asked before.

use super::form::Form;
use super::grade::{Grade, check_excellent};
use super::participant::{GivenGrade, Participant};
use super::{Appraisal, AppraisalPlan, AppraisalState, LinkedMeeting, MEETING_TYPES, Reopened, deadline_error, tally};
use crate::clock::Timestamp;
use crate::ids::{AccountId, MemberId};
use crate::meeting::{Mark, Meeting, StateName};
use crate::notification::written_time;
use crate::person::PersonRef;
use crate::problem::{FieldError, Refusal, text_field};

const MAX_OPINION: usize = 2_000;
const MAX_FOLLOW_UP: usize = 500;
const MAX_REASON: usize = 200;

/// What is said when somebody is not graded yet (manual S3 §9.3.4.8).
pub const UNGRADED: &str = "还有党员待评定，全部党员评定完成后才能进行此操作！";

/// What the organisation finds of one member.
#[derive(Debug, Clone)]
pub struct GradeInput<'a> {
    /// The grade.
    pub grade: Grade,
    /// 鉴定意见
    pub opinion: &'a str,
    /// What follows.
    pub follow_up: Option<&'a str>,
}

impl Appraisal {
    fn next(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }

    /// Whether it may still be changed or deleted.
    ///
    /// # Errors
    /// `appraisal.started`.
    pub fn check_draft(&self) -> Result<(), Refusal> {
        match self.started_at {
            None => Ok(()),
            Some(_) => Err(Refusal::conflict("appraisal.started", "民主评议已启动，不能再修改或删除")),
        }
    }

    /// With another plan.
    ///
    /// # Errors
    /// `appraisal.started`, or the fields that are wrong.
    pub fn edited(&self, plan: AppraisalPlan, now: Timestamp) -> Result<Self, Refusal> {
        self.check_draft()?;
        Ok(Self { plan: plan.check(now)?, ..self.next() })
    }

    /// Started (启动): from now on people rate.
    ///
    /// # Errors
    /// `appraisal.started`, or the deadline is over.
    pub fn started(&self, now: Timestamp) -> Result<Self, Refusal> {
        self.check_draft()?;
        if let Some(wrong) = deadline_error(self.plan.deadline, now) {
            return Err(wrong.into());
        }
        Ok(Self { started_at: Some(now), ..self.next() })
    }

    /// Whether a form is taken at `now`. It changes nothing of the appraisal, and is committed on its version.
    ///
    /// # Errors
    /// `appraisal.not_started`, `appraisal.rating_closed`.
    pub fn check_rating(&self, now: Timestamp) -> Result<(), Refusal> {
        match self.state(now) {
            AppraisalState::Rating => Ok(()),
            AppraisalState::Draft => Err(Refusal::conflict("appraisal.not_started", "民主评议还没有启动")),
            AppraisalState::Meeting | AppraisalState::Grading | AppraisalState::Ended => {
                let words = format!("自评互评已于 {} 截止，不能再提交或修改", written_time(self.plan.deadline));
                Err(Refusal::conflict("appraisal.rating_closed", words))
            }
        }
    }

    /// Whether the deadline is over and the forms are tallies, so that they may be looked at.
    ///
    /// # Errors
    /// `appraisal.rating_open`, `appraisal.not_counted`.
    pub fn check_counted(&self, now: Timestamp) -> Result<(), Refusal> {
        if matches!(self.state(now), AppraisalState::Draft | AppraisalState::Rating) {
            return Err(Refusal::conflict("appraisal.rating_open", "自评互评截止后才能进行此操作"));
        }
        match self.counted_at {
            Some(_) => Ok(()),
            None => Err(Refusal::conflict("appraisal.not_counted", "正在汇总自评互评，请稍后再试")),
        }
    }

    /// What happens by itself first when the deadline is over: no more forms. Nothing: it is not time, or was done.
    pub fn closed(&self, now: Timestamp) -> Option<Self> {
        let over = self.started_at.is_some() && self.closed_at.is_none() && now >= self.plan.deadline;
        over.then(|| Self { closed_at: Some(now), ..self.next() })
    }

    /// What happens by itself then: the forms, of which there are no more, become tallies. Nothing: it is not time, or was
    /// done.
    pub fn counted(
        &self,
        participants: &[Participant],
        forms: &[(AccountId, Form)],
        now: Timestamp,
    ) -> Option<(Self, Vec<Participant>)> {
        let due = self.closed_at.is_some() && self.counted_at.is_none();
        due.then(|| (Self { counted_at: Some(now), ..self.next() }, tally::count(participants, forms)))
    }

    /// With its meeting (评定会议). Until that begins another may take its place.
    ///
    /// # Errors
    /// `appraisal.rating_open`, `.not_counted`, `.meeting_began`, `.locked`; the field `meeting_id`: one of another
    /// organisation or type, not launched or called off, or before the deadline.
    pub fn linked(&self, meeting: &Meeting, now: Timestamp) -> Result<Self, Refusal> {
        self.check_counted(now)?;
        match self.state(now) {
            AppraisalState::Ended => return Err(locked()),
            AppraisalState::Grading => {
                return Err(Refusal::conflict("appraisal.meeting_began", "评定会议已开始，不能再更换"));
            }
            AppraisalState::Draft | AppraisalState::Rating | AppraisalState::Meeting => {}
        }
        let wrong = |code, words| Err(FieldError::new("meeting_id", code, words).into());
        if meeting.organisation_id != self.organisation_id {
            return wrong("appraisal.meeting_elsewhere", "请选择本支部的会议");
        }
        if !MEETING_TYPES.contains(&meeting.plan.type_code.as_str()) {
            let words = "评定会议应为民主评议、支部评议、组织生活会、党员大会或支委会";
            return wrong("appraisal.meeting_type", words);
        }
        if matches!(meeting.state, StateName::Draft | StateName::Cancelled) {
            return wrong("appraisal.meeting_not_launched", "会议还没有发起，或已取消");
        }
        if meeting.plan.starts_at < self.plan.deadline {
            return wrong("appraisal.meeting_before_deadline", "评定会议应在自评互评截止之后");
        }
        let meeting = LinkedMeeting { id: meeting.id, starts_at: meeting.plan.starts_at };
        Ok(Self { meeting: Some(meeting), ..self.next() })
    }

    /// Whether grades may be written down.
    fn check_grading(&self, now: Timestamp) -> Result<(), Refusal> {
        if self.ended.is_some() {
            return Err(locked());
        }
        self.check_counted(now)?;
        if self.state(now) != AppraisalState::Grading {
            return Err(Refusal::conflict("appraisal.meeting_needed", "评定会议开始后才能进行组织评定"));
        }
        Ok(())
    }

    /// With the grade of one member (组织评定); until the end it may be changed. At most a third may be 优秀.
    ///
    /// # Errors
    /// `appraisal.locked`, `.rating_open`, `.not_counted`, `.meeting_needed`, `.member_not_found`, `.not_graded`,
    /// `.too_many_excellent`; the fields `opinion` and `follow_up`.
    pub fn graded(
        &self,
        participants: &[Participant],
        member: MemberId,
        input: &GradeInput<'_>,
        by: Mark,
    ) -> Result<(Self, Participant), Refusal> {
        self.check_grading(by.at)?;
        let found = participants.iter().find(|one| one.member_id == member);
        let none = || Refusal::not_found("appraisal.member_not_found", "没有找到这名参评党员");
        let person = found.ok_or_else(none)?;
        if !person.is_graded() {
            return Err(Refusal::rule("appraisal.not_graded", "预备党员参加评议，不评定等次"));
        }
        let opinion = text_field("opinion", input.opinion, true, MAX_OPINION)?;
        let follow_up =
            input.follow_up.map(|words| text_field("follow_up", words, false, MAX_FOLLOW_UP)).transpose()?;
        if input.grade == Grade::Excellent {
            let members = number(participants.iter().filter(|one| one.is_graded()));
            let others = participants.iter().filter(|one| one.member_id != member);
            check_excellent(members, number(others.filter(|one| one.given() == Some(Grade::Excellent))))?;
        }
        let follow_up = follow_up.filter(|words| !words.is_empty());
        let grade = GivenGrade { grade: input.grade, opinion, follow_up, at: by.at, by: by.by };
        Ok((self.next(), Participant { grade: Some(grade), acknowledged_at: None, ..person.clone() }))
    }

    /// Ended (鉴定与本人见面): everything is locked, and each hears of the own grade.
    ///
    /// # Errors
    /// `appraisal.locked`, `.rating_open`, `.not_counted`, `.meeting_needed`, `.ungraded`.
    pub fn met(&self, participants: &[Participant], by: Mark) -> Result<Self, Refusal> {
        self.check_grading(by.at)?;
        let left = number(participants.iter().filter(|one| one.is_graded() && one.grade.is_none()));
        if left > 0 {
            return Err(Refusal::conflict("appraisal.ungraded", UNGRADED).with("ungraded", left.into()));
        }
        Ok(Self { ended: Some(by), ..self.next() })
    }

    /// Opened again, by somebody of an organisation above.
    ///
    /// # Errors
    /// `appraisal.not_ended`; the field `reason`.
    pub fn reopened(&self, by: PersonRef, reason: &str, now: Timestamp) -> Result<Self, Refusal> {
        let reason = text_field("reason", reason, true, MAX_REASON)?;
        if self.ended.is_none() {
            return Err(Refusal::conflict("appraisal.not_ended", "民主评议尚未结束，不需要重新开启"));
        }
        Ok(Self { ended: None, reopened: Some(Reopened { at: now, by, reason }), ..self.next() })
    }

    /// With a member's word that the grade was read (本人已阅); saying it again changes nothing.
    ///
    /// # Errors
    /// `appraisal.not_ended`, `.not_graded`.
    pub fn acknowledged(&self, person: &Participant, now: Timestamp) -> Result<Option<(Self, Participant)>, Refusal> {
        if !person.is_graded() {
            return Err(Refusal::rule("appraisal.not_graded", "预备党员参加评议，不评定等次"));
        }
        if self.ended.is_none() {
            return Err(Refusal::conflict("appraisal.not_ended", "鉴定还没有与本人见面"));
        }
        let first = person.acknowledged_at.is_none();
        Ok(first.then(|| (self.next(), Participant { acknowledged_at: Some(now), ..person.clone() })))
    }
}

fn locked() -> Refusal {
    Refusal::conflict("appraisal.locked", "鉴定已同本人见面，不能修改评定内容")
}

fn number<'a>(people: impl Iterator<Item = &'a Participant>) -> u32 {
    u32::try_from(people.count()).unwrap_or(u32::MAX)
}
