//! 民主评议 (inventory APR-01 … APR-07): members rate themselves and each other until a deadline, people who are no members may
//! rate them, a meeting is held, the organisation grades each full member, and the grades are told to their owners.
//!
//! Where an appraisal stands follows from what was done and from the time, so it is right at every instant, whatever ran
//! late. Who rated whom is never told, and from the count on not even kept: forms become tallies ([`count`]).

mod decide;
mod form;
mod grade;
mod participant;
mod tally;

pub use decide::{GradeInput, UNGRADED};
pub use form::{Form, RaterKind, SelfRating, participant_of};
pub use grade::{Grade, check_excellent, excellent_limit};
pub use participant::{GivenGrade, Participant};
pub use tally::{FEWEST_RATERS, Tally, count};

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{AppraisalId, MeetingId, OrganisationId};
use crate::meeting::Mark;
use crate::person::PersonRef;
use crate::problem::{FieldError, Refusal, text_field};

const MAX_TOPIC: usize = 60;
const MAX_NOTICE: usize = 500;
const FIRST_YEAR: i32 = 2000;
const LAST_YEAR: i32 = 2100;
/// A deadline lies within this time.
const LONGEST_MS: i64 = 366 * 24 * 3_600_000;

/// Which meetings an appraisal may be decided in: 民主评议 and 支部评议, 组织生活会 that it is joined with, and the assembly or
/// the committee that finds the opinion (domain rules §3, §4.6).
pub const MEETING_TYPES: [&str; 5] =
    ["appraisal", "branch_appraisal", "organisation_life", "general_meeting", "committee_meeting"];

/// What whoever ends an appraisal is asked (manual S3 §9.3.4.8).
pub const MEET_CONFIRM: &str = "鉴定同本人见面后，将不能修改评定内容，是否确认？";

/// Where an appraisal stands (manual S3 §9.3.4), in the order of its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppraisalState {
    /// 未启动
    Draft,
    /// 自评&互评
    Rating,
    /// 评定会议
    Meeting,
    /// 组织评定
    Grading,
    /// 已结束
    Ended,
}

impl AppraisalState {
    /// All.
    pub const ALL: [Self; 5] = [Self::Draft, Self::Rating, Self::Meeting, Self::Grading, Self::Ended];

    /// The transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Rating => "rating",
            Self::Meeting => "meeting",
            Self::Grading => "grading",
            Self::Ended => "ended",
        }
    }

    /// The word people use.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Draft => "未启动",
            Self::Rating => "自评&互评",
            Self::Meeting => "评定会议",
            Self::Grading => "组织评定",
            Self::Ended => "已结束",
        }
    }

    /// Reads the transmitted word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// What whoever makes an appraisal fills in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppraisalPlan {
    /// 主题
    pub topic: String,
    /// Of which year.
    pub year: i32,
    /// Until when people rate; the instant itself is too late.
    pub deadline: Timestamp,
    /// 听取群众意见
    pub mass: bool,
    /// What participants are told beside the topic.
    pub notice: Option<String>,
}

impl AppraisalPlan {
    /// The plan with its words trimmed, if it may be one at `now`.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn check(self, now: Timestamp) -> Result<Self, Refusal> {
        let mut wrong = Vec::new();
        let mut words = |field, text: &str, required, max| {
            text_field(field, text, required, max).unwrap_or_else(|error| {
                wrong.push(error);
                String::new()
            })
        };
        let topic = words("topic", &self.topic, true, MAX_TOPIC);
        let notice = self.notice.as_deref().map(|notice| words("notice", notice, false, MAX_NOTICE));
        if !(FIRST_YEAR..=LAST_YEAR).contains(&self.year) {
            wrong.push(FieldError::new("year", "field.range", "年度不正确"));
        }
        wrong.extend(deadline_error(self.deadline, now));
        if !wrong.is_empty() {
            return Err(Refusal::fields(wrong));
        }
        Ok(Self { topic, notice: notice.filter(|notice| !notice.is_empty()), ..self })
    }
}

fn deadline_error(deadline: Timestamp, now: Timestamp) -> Option<FieldError> {
    if deadline <= now {
        return Some(FieldError::new("deadline", "field.past", "截止时间应在现在之后"));
    }
    let too_far = deadline.since(now) > LONGEST_MS;
    too_far.then(|| FieldError::new("deadline", "field.range", "截止时间应在一年之内"))
}

/// The meeting that the opinion is found in. One that was called off is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkedMeeting {
    /// Which.
    pub id: MeetingId,
    /// When it begins by its plan.
    pub starts_at: Timestamp,
}

/// That it was opened again after its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reopened {
    /// When.
    pub at: Timestamp,
    /// By whom of an organisation above.
    pub by: PersonRef,
    /// Why.
    pub reason: String,
}

/// An appraisal; those who take part stand beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appraisal {
    /// Its id.
    pub id: AppraisalId,
    /// Grows with every change; forms do not change it.
    pub version: u32,
    /// The branch.
    pub organisation_id: OrganisationId,
    /// What it is about.
    pub plan: AppraisalPlan,
    /// Who made it, and when.
    pub created: Mark,
    /// When it was started (启动).
    pub started_at: Option<Timestamp>,
    /// When it was written down that the deadline is over: from this version on no form is taken.
    pub closed_at: Option<Timestamp>,
    /// When the forms became tallies.
    pub counted_at: Option<Timestamp>,
    /// 评定会议
    pub meeting: Option<LinkedMeeting>,
    /// 鉴定与本人见面: from then on everything is locked.
    pub ended: Option<Mark>,
    /// When it was last opened again.
    pub reopened: Option<Reopened>,
}

impl Appraisal {
    /// A new one.
    pub const fn draft(id: AppraisalId, organisation_id: OrganisationId, plan: AppraisalPlan, created: Mark) -> Self {
        Self {
            id,
            version: 1,
            organisation_id,
            plan,
            created,
            started_at: None,
            closed_at: None,
            counted_at: None,
            meeting: None,
            ended: None,
            reopened: None,
        }
    }

    /// Where it stands at `now`.
    pub fn state(&self, now: Timestamp) -> AppraisalState {
        if self.ended.is_some() {
            AppraisalState::Ended
        } else if self.started_at.is_none() {
            AppraisalState::Draft
        } else if self.is_rated(now) {
            AppraisalState::Rating
        } else if self.meeting.is_some_and(|meeting| meeting.starts_at <= now) {
            AppraisalState::Grading
        } else {
            AppraisalState::Meeting
        }
    }

    /// Whether forms are taken at `now`, once it is started. A clock that was set back opens nothing again.
    fn is_rated(&self, now: Timestamp) -> bool {
        now < self.plan.deadline && self.closed_at.is_none()
    }
}

#[cfg(test)]
mod tests;
