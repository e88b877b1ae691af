//! 组织生活会, the organisational-life meeting of a branch in its three phases (inventory MEET-16; 支部工作条例（试行）第十四条).
//!
//! Before it (会前) each participant hands in 对照检查材料, which the branch's administrators approve or return, until the
//! deadline. Then (会中) the 支委会 and the 党员会 are held; both are ordinary meetings, linked by their ids, and their
//! minutes are the 会议成果. Behind the end of the 党员会 (会后) the branch hands in its report, and then it is done (已完成).
//! The phase is stored nowhere: it follows from instants and facts.

mod change;
mod material;
mod plan;
mod reminder;

pub use change::PlanChange;
pub use material::{
    Decision, MAX_MATERIAL_FILES, MAX_REASON, MAX_TEXT, Material, MaterialState, MaterialTally, Participant,
};
pub use plan::{LifePlan, LifePlanInput, MAX_AHEAD_MS, MAX_FILES, MAX_PARTICIPANTS, NoticeForm};
pub use reminder::REMIND_BEFORE_MS;

use serde::{Deserialize, Serialize};

use crate::attachment::AttachmentRef;
use crate::clock::Timestamp;
use crate::ids::{LifeMeetingId, MeetingId, OrganisationId};
use crate::meeting::{Meeting, StateName};
use crate::minutes::MinutesState;
use crate::person::PersonRef;
use crate::problem::{FieldError, Refusal, text_field};
use crate::tree::TreePath;

/// Characters of a report.
pub const MAX_REPORT: usize = 10_000;

/// Where a 组织生活会 stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// 会前: materials are handed in.
    Before,
    /// 会中: the meetings are held.
    During,
    /// 会后: the report is due.
    After,
    /// 已完成: the report is there.
    Completed,
}

impl Phase {
    /// All, in their order.
    pub const ALL: [Self; 4] = [Self::Before, Self::During, Self::After, Self::Completed];

    /// The transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::During => "during",
            Self::After => "after",
            Self::Completed => "completed",
        }
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Before => "会前",
            Self::During => "会中",
            Self::After => "会后",
            Self::Completed => "已完成",
        }
    }

    /// Reads the transmitted word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.as_str() == text)
    }
}

/// Which of the two meetings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// 支委会, where the branch has a committee.
    Committee,
    /// 党员会: the 组织生活会 itself, by which the duty of the year is fulfilled.
    Members,
}

impl Part {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Committee, Self::Members];

    /// The word of paths.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Committee => "committee",
            Self::Members => "members",
        }
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Committee => "支委会",
            Self::Members => "党员会",
        }
    }

    /// Reads the word of a path.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.as_str() == text)
    }

    /// The type that its meeting has. That of the 党员会 is the one that the duty of the year counts.
    pub const fn type_code(self) -> &'static str {
        match self {
            Self::Committee => "committee_meeting",
            Self::Members => "organisation_life",
        }
    }
}

/// A linked meeting as it stands: read along with it, never stored beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedMeeting {
    /// Which.
    pub id: MeetingId,
    /// What it is about.
    pub topic: String,
    /// Where it stands.
    pub state: StateName,
    /// The planned begin.
    pub starts_at: Timestamp,
    /// The planned end.
    pub ends_at: Timestamp,
    /// The real end.
    pub ended_at: Option<Timestamp>,
    /// Where its minutes stand (会议成果).
    pub minutes: MinutesState,
}

impl LinkedMeeting {
    /// Whether it began, or is over.
    pub const fn has_begun(&self) -> bool {
        matches!(self.state, StateName::Running | StateName::Ended | StateName::Archived)
    }

    /// Whether it was held and is over.
    pub const fn is_held(&self) -> bool {
        matches!(self.state, StateName::Ended | StateName::Archived)
    }
}

/// The report (会后报告).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What it says; may be empty when there are files.
    pub text: String,
    /// Papers.
    pub files: Vec<AttachmentRef>,
    /// Who handed it in last.
    pub by: PersonRef,
    /// When.
    pub at: Timestamp,
}

/// A 组织生活会 without its participants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifeMeeting {
    /// Its id.
    pub id: LifeMeetingId,
    /// Grows with every change.
    pub version: u32,
    /// The branch.
    pub organisation_id: OrganisationId,
    /// That branch's place. Read along with it, never stored beside it.
    pub organisation_path: TreePath,
    /// Who made it.
    pub created_by: PersonRef,
    /// When.
    pub created_at: Timestamp,
    /// How its notice went out; never changed.
    pub notice: NoticeForm,
    /// What the notice says.
    pub plan: LifePlan,
    /// The linked 支委会; nothing when none is linked, or it is gone.
    pub committee: Option<LinkedMeeting>,
    /// The linked 党员会.
    pub members: Option<LinkedMeeting>,
    /// When participants were last reminded of their materials, or told of another deadline.
    pub reminded_at: Option<Timestamp>,
    /// The report.
    pub report: Option<Report>,
}

impl LifeMeeting {
    /// Where it stands at `now`. The 党员会 ends the middle phase when it is over, or when its time is, whichever comes
    /// first; an instant itself belongs to the phase that begins with it.
    pub fn phase(&self, now: Timestamp) -> Phase {
        if self.report.is_some() {
            Phase::Completed
        } else if self.was_held() || now >= self.plan.ends_at {
            Phase::After
        } else if now >= self.plan.materials_due_at {
            Phase::During
        } else {
            Phase::Before
        }
    }

    /// The linked meeting of a part.
    pub const fn linked(&self, part: Part) -> Option<&LinkedMeeting> {
        match part {
            Part::Committee => self.committee.as_ref(),
            Part::Members => self.members.as_ref(),
        }
    }

    /// Whether the 党员会 was held.
    pub fn was_held(&self) -> bool {
        self.members.as_ref().is_some_and(LinkedMeeting::is_held)
    }

    /// Whether one of its meetings began.
    pub fn has_begun(&self) -> bool {
        Part::ALL.into_iter().filter_map(|part| self.linked(part)).any(LinkedMeeting::has_begun)
    }

    /// Whether it may be taken away.
    ///
    /// # Errors
    /// `organisational_life.begun` when one of its meetings began, or the report is there.
    pub fn check_delete(&self) -> Result<(), Refusal> {
        if self.report.is_some() || self.has_begun() {
            return Err(Refusal::conflict("organisational_life.begun", "已经召开会议，不能删除"));
        }
        Ok(())
    }

    /// The same with another meeting as its `part`, or with none.
    ///
    /// # Errors
    /// `organisational_life.completed`, `organisational_life.too_early` before the deadline of the materials,
    /// `organisational_life.begun` when the one before began; or the field `meeting_id`, when the meeting does not fit.
    pub fn with_link(
        &self,
        part: Part,
        meeting: Option<(&Meeting, MinutesState)>,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        match self.phase(now) {
            Phase::Before => {
                let words = format!("对照检查材料提交截止后，才能通知召开{}", part.title());
                return Err(Refusal::conflict("organisational_life.too_early", words));
            }
            Phase::Completed => return Err(completed()),
            Phase::During | Phase::After => {}
        }
        if self.linked(part).is_some_and(LinkedMeeting::has_begun) {
            let words = format!("{}已经召开，不能更换", part.title());
            return Err(Refusal::conflict("organisational_life.begun", words));
        }
        let linked = meeting.map(|(meeting, minutes)| self.fitting(part, meeting, minutes)).transpose()?;
        let after = Self { version: self.version + 1, ..self.clone() };
        Ok(match part {
            Part::Committee => Self { committee: linked, ..after },
            Part::Members => Self { members: linked, ..after },
        })
    }

    /// The meeting as it is linked, if it fits.
    fn fitting(&self, part: Part, meeting: &Meeting, minutes: MinutesState) -> Result<LinkedMeeting, Refusal> {
        let wrong = |code, words: String| Err(Refusal::from(FieldError::new("meeting_id", code, words)));
        if meeting.organisation_id != self.organisation_id {
            return wrong("meeting.not_found", "没有找到本支部的这个会议".to_owned());
        }
        if meeting.plan.type_code != part.type_code() {
            let name = if part == Part::Committee { "支委会" } else { "组织生活会" };
            return wrong("organisational_life.meeting_type", format!("请选择类型为{name}的会议"));
        }
        if meeting.state == StateName::Cancelled {
            return wrong("organisational_life.meeting_cancelled", "这个会议已取消".to_owned());
        }
        if meeting.plan.starts_at < self.plan.materials_due_at {
            let words = "会议应在对照检查材料提交截止之后召开".to_owned();
            return wrong("organisational_life.meeting_too_early", words);
        }
        Ok(LinkedMeeting {
            id: meeting.id,
            topic: meeting.plan.topic.clone(),
            state: meeting.state,
            starts_at: meeting.plan.starts_at,
            ends_at: meeting.plan.ends_at,
            ended_at: meeting.ended_at,
            minutes,
        })
    }

    /// The same with its report; a later one takes the place of the one before.
    ///
    /// # Errors
    /// `organisational_life.too_early` before the end of the 党员会, `organisational_life.not_held` when none was held, or the
    /// field `text`.
    pub fn with_report(
        &self,
        text: &str,
        files: Vec<AttachmentRef>,
        by: PersonRef,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        if self.phase(now) < Phase::After {
            return Err(Refusal::conflict("organisational_life.too_early", "党员会结束后才能上传会后报告"));
        }
        if !self.was_held() {
            let words = "还没有召开党员会，请先关联党员会，会议结束后再上传会后报告";
            return Err(Refusal::conflict("organisational_life.not_held", words));
        }
        let text = text_field("text", text, files.is_empty(), MAX_REPORT)?;
        let report = Report { text, files, by, at: now };
        Ok(Self { version: self.version + 1, report: Some(report), ..self.clone() })
    }
}

fn completed() -> Refusal {
    Refusal::conflict("organisational_life.completed", "组织生活会已完成，不能再修改")
}

#[cfg(test)]
mod tests;
