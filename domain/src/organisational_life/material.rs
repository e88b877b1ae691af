//! 对照检查材料: what a participant hands in, and what the branch's administrators say to it.

use serde::{Deserialize, Serialize};

use super::{LifeMeeting, Phase, completed};
use crate::attachment::AttachmentRef;
use crate::calendar_day::local_time;
use crate::clock::Timestamp;
use crate::ids::{AccountId, LifeMeetingId, MemberId};
use crate::person::PersonRef;
use crate::problem::{FieldError, Refusal, text_field};

/// Characters of a material.
pub const MAX_TEXT: usize = 10_000;
/// Files of one version of a material.
pub const MAX_MATERIAL_FILES: usize = 9;
/// Characters of the reason for which one is returned.
pub const MAX_REASON: usize = 500;
/// Versions of one material.
const MAX_VERSIONS: u32 = 100;

/// Where somebody's material stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaterialState {
    /// 未提交
    Missing,
    /// 待审核: handed in, not decided.
    Submitted,
    /// 已通过
    Approved,
    /// 已退回
    Returned,
}

impl MaterialState {
    /// All.
    pub const ALL: [Self; 4] = [Self::Missing, Self::Submitted, Self::Approved, Self::Returned];

    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Submitted => "submitted",
            Self::Approved => "approved",
            Self::Returned => "returned",
        }
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Missing => "未提交",
            Self::Submitted => "待审核",
            Self::Approved => "已通过",
            Self::Returned => "已退回",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether its author still has to do something.
    pub const fn is_owed(self) -> bool {
        matches!(self, Self::Missing | Self::Returned)
    }
}

/// What an administrator says to a material.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision<'a> {
    /// 通过: from now on it is fixed.
    Approve,
    /// 退回, for a reason.
    Return(&'a str),
}

/// A participant with how the person's material stands; what it says is a [`Material`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// Of which meeting.
    pub life_meeting_id: LifeMeetingId,
    /// Who.
    pub member_id: MemberId,
    /// The person's account.
    pub account_id: AccountId,
    /// The name when the meeting was made.
    pub name: String,
    /// Place on the list, from 0.
    pub place: u32,
    /// Grows with every change, from 1.
    pub version: u32,
    /// Where the material stands.
    pub state: MaterialState,
    /// The newest version of the material; 0: none.
    pub number: u32,
    /// When that was handed in.
    pub submitted_at: Option<Timestamp>,
    /// Who decided on it.
    pub decided_by: Option<PersonRef>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// Why it was returned.
    pub reason: Option<String>,
}

/// One version of a material; it never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Material {
    /// From 1.
    pub number: u32,
    /// When it was handed in.
    pub submitted_at: Timestamp,
    /// What it says; may be empty when there are files.
    pub text: String,
    /// Papers.
    pub files: Vec<AttachmentRef>,
}

impl Participant {
    /// Somebody who has handed in nothing.
    pub fn new(
        life_meeting_id: LifeMeetingId,
        (member_id, account_id): (MemberId, AccountId),
        name: String,
        place: u32,
    ) -> Self {
        Self {
            life_meeting_id,
            member_id,
            account_id,
            name,
            place,
            version: 1,
            state: MaterialState::Missing,
            number: 0,
            submitted_at: None,
            decided_by: None,
            decided_at: None,
            reason: None,
        }
    }

    /// Whether the person missed the deadline: nothing was handed in by then, or it was returned.
    pub fn is_late(&self, of: &LifeMeeting, now: Timestamp) -> bool {
        self.state.is_owed() && now >= of.plan.materials_due_at
    }

    /// Whether the person may hand in something now.
    ///
    /// # Errors
    /// `material.approved`, `material.too_late`, or `material.too_many`.
    pub fn check_submit(&self, of: &LifeMeeting, now: Timestamp) -> Result<(), Refusal> {
        if self.state == MaterialState::Approved {
            return Err(Refusal::conflict("material.approved", "对照检查材料已通过审核，不能再修改"));
        }
        if of.phase(now) != Phase::Before {
            let due = local_time(of.plan.materials_due_at);
            let due = due.map_or_else(String::new, |due| due.format("（%Y年%-m月%-d日 %H:%M）").to_string());
            let words = format!("对照检查材料提交截止时间{due}已过，不能再提交");
            return Err(Refusal::conflict("material.too_late", words));
        }
        if self.number >= MAX_VERSIONS {
            return Err(Refusal::rule("material.too_many", format!("最多提交 {MAX_VERSIONS} 次")));
        }
        Ok(())
    }

    /// The person with a further version of the material, and that version. What was handed in before stays.
    ///
    /// # Errors
    /// As [`check_submit`](Self::check_submit), or the field that is wrong.
    pub fn submitted(
        &self,
        of: &LifeMeeting,
        text: &str,
        files: Vec<AttachmentRef>,
        now: Timestamp,
    ) -> Result<(Self, Material), Refusal> {
        self.check_submit(of, now)?;
        let text = text_field("text", text, files.is_empty(), MAX_TEXT)?;
        if files.len() > MAX_MATERIAL_FILES {
            let words = format!("最多 {MAX_MATERIAL_FILES} 个附件");
            return Err(FieldError::new("attachments", "field.too_large", words).into());
        }
        let material = Material { number: self.number + 1, submitted_at: now, text, files };
        let after = Self {
            version: self.version + 1,
            state: MaterialState::Submitted,
            number: material.number,
            submitted_at: Some(now),
            decided_by: None,
            decided_at: None,
            reason: None,
            ..self.clone()
        };
        Ok((after, material))
    }

    /// The person after a decision on version `number` of the material: the one that was read. It may come after the
    /// deadline, until the report is there.
    ///
    /// # Errors
    /// `organisational_life.completed`, `material.not_submitted`, `material.changed` when a newer version is there,
    /// `material.decided` when somebody else was faster, or the field `reason`.
    pub fn decided(
        &self,
        of: &LifeMeeting,
        number: u32,
        decision: Decision<'_>,
        by: PersonRef,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        if of.phase(now) == Phase::Completed {
            return Err(completed());
        }
        let (state, reason) = match decision {
            Decision::Approve => (MaterialState::Approved, None),
            Decision::Return(reason) => {
                (MaterialState::Returned, Some(text_field("reason", reason, true, MAX_REASON)?))
            }
        };
        if self.state == MaterialState::Missing {
            return Err(Refusal::conflict("material.not_submitted", "还没有提交对照检查材料"));
        }
        if self.number != number {
            let changed = Refusal::conflict("material.changed", "对照检查材料已重新提交，请查看最新内容后再审核");
            return Err(changed.with("version", self.number.into()));
        }
        if self.state != MaterialState::Submitted {
            let words = format!("这份材料已经审核（{}）", self.state.title());
            let decided = Refusal::conflict("material.decided", words);
            return Err(decided.with("state", self.state.as_str().into()));
        }
        Ok(Self {
            version: self.version + 1,
            state,
            decided_by: Some(by),
            decided_at: Some(now),
            reason,
            ..self.clone()
        })
    }
}

/// How many materials stand how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MaterialTally {
    /// Handed in and not decided.
    pub submitted: u32,
    /// Approved.
    pub approved: u32,
    /// Returned and not handed in anew.
    pub returned: u32,
    /// Never handed in.
    pub missing: u32,
}

impl MaterialTally {
    /// Adds `count` materials that stand so.
    pub const fn add(&mut self, state: MaterialState, count: u32) {
        let sum = match state {
            MaterialState::Missing => &mut self.missing,
            MaterialState::Submitted => &mut self.submitted,
            MaterialState::Approved => &mut self.approved,
            MaterialState::Returned => &mut self.returned,
        };
        *sum = sum.saturating_add(count);
    }

    /// All participants.
    pub const fn total(&self) -> u32 {
        self.submitted + self.approved + self.returned + self.missing
    }

    /// Those who missed the deadline.
    pub fn late(&self, of: &LifeMeeting, now: Timestamp) -> u32 {
        if now >= of.plan.materials_due_at { self.missing + self.returned } else { 0 }
    }
}
