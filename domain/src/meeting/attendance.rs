//! Who was there, from when to when, and what follows from it (到会情况).
//!
//! A person's presence is a list of intervals, never a flag: people leave and come back. The status follows from the
//! intervals and the times of the meeting alone, so it can be worked out anew from the log at any time.

use serde::{Deserialize, Serialize};

use super::place::Flag;
use super::{PersonRef, Timing};
use crate::clock::Timestamp;
use crate::ids::{AccountId, AttachmentId, MemberId, OrganisationId};

/// Whoever signs out, or is signed out, less than this before the end was there to the end; in milliseconds.
pub const LEAVE_TOLERANCE_MS: i64 = 10 * 60_000;

/// How somebody stands to the Party, as far as meetings care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// 正式党员: may vote.
    Full,
    /// 预备党员: takes part and does not vote.
    Probationary,
    /// Not a member.
    None,
}

impl Standing {
    /// All.
    pub const ALL: [Self; 3] = [Self::Full, Self::Probationary, Self::None];

    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Probationary => "probationary",
            Self::None => "none",
        }
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Full => "正式党员",
            Self::Probationary => "预备党员",
            Self::None => "非党员",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.as_str() == text)
    }
}

/// As what somebody is on the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 应到: expected.
    Member,
    /// 列席: a guest, such as somebody sent from above.
    Guest,
    /// 替会: comes in another's place.
    Substitute {
        /// Whose.
        of: MemberId,
    },
}

impl Role {
    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Guest => "guest",
            Self::Substitute { .. } => "substitute",
        }
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Member => "参会",
            Self::Guest => "列席",
            Self::Substitute { .. } => "替会",
        }
    }

    /// In whose place somebody comes.
    pub const fn substitute_of(self) -> Option<MemberId> {
        match self {
            Self::Substitute { of } => Some(of),
            Self::Member | Self::Guest => None,
        }
    }

    /// Reads the stored word and whose place it is.
    pub fn parse(text: &str, substitute_of: Option<MemberId>) -> Option<Self> {
        match (text, substitute_of) {
            ("member", None) => Some(Self::Member),
            ("guest", None) => Some(Self::Guest),
            ("substitute", Some(of)) => Some(Self::Substitute { of }),
            _ => None,
        }
    }
}

/// By what way somebody signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Scanned the code on the screen.
    Code,
    /// The host signed for the person, and said why.
    Manual,
    /// Joined the video meeting.
    Online,
}

impl Way {
    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Code => "扫码",
            Self::Manual => "代签",
            Self::Online => "线上",
        }
    }
}

/// A stretch of presence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// From.
    pub from: Timestamp,
    /// Until; nothing while it lasts.
    pub until: Option<Timestamp>,
    /// How it began.
    pub way: Way,
}

/// What stands behind a sign-in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// How certain it is.
    pub grade: Grade,
    /// What is odd.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    /// How long the code had been shown when it was scanned, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot_age_ms: Option<i64>,
    /// Metres from the centre of the fence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<f64>,
    /// Metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy_m: Option<f64>,
    /// The host who signed for the person, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manual: Option<ManualReason>,
    /// Version of the words about the position that the person agreed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<u32>,
}

impl Evidence {
    /// Without position, and nothing odd.
    pub const fn plain(grade: Grade) -> Self {
        Self {
            grade,
            flags: Vec::new(),
            slot_age_ms: None,
            distance_m: None,
            accuracy_m: None,
            manual: None,
            consent: None,
        }
    }
}

/// Why somebody signed for somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManualReason {
    /// Who did.
    pub by: PersonRef,
    /// Why.
    pub reason: String,
}

/// How certain a sign-in is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// The code on the screen, at the place, nothing odd.
    Strong,
    /// The code on the screen without a position, online, or by the host's word.
    Fair,
    /// Something is odd.
    Weak,
}

impl Grade {
    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Strong => "充分",
            Self::Fair => "一般",
            Self::Weak => "存疑",
        }
    }

    /// The grade of what was found.
    pub const fn of(located: bool, manual: bool, flags: &[Flag]) -> Self {
        if !flags.is_empty() {
            Self::Weak
        } else if located && !manual {
            Self::Strong
        } else {
            Self::Fair
        }
    }
}

/// A request to be away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leave {
    /// Why.
    pub reason: String,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// What became of it.
    pub decision: Option<LeaveDecision>,
}

/// What became of a request to be away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaveDecision {
    /// Whether it was granted.
    pub approved: bool,
    /// Words to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Who decided.
    pub by: PersonRef,
    /// When.
    pub at: Timestamp,
}

/// What somebody answered to the invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Will come.
    pub attending: bool,
    /// When it was said.
    pub at: Timestamp,
}

/// Somebody on the list of a meeting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attendee {
    /// The member; of a guest from outside an id that is no member's.
    pub member_id: MemberId,
    /// The account that signs in.
    pub account_id: Option<AccountId>,
    /// The name then.
    pub name: String,
    /// The organisation then.
    pub organisation_id: Option<OrganisationId>,
    /// Full or probationary.
    pub standing: Standing,
    /// As what.
    pub role: Role,
    /// Grows with every change.
    pub version: u32,
    /// What the person answered.
    pub answer: Option<Answer>,
    /// Signed up at.
    pub signed_up_at: Option<Timestamp>,
    /// A request to be away.
    pub leave: Option<Leave>,
    /// The how-manieth to come.
    pub number: Option<u32>,
    /// When the person was there, in order; only the last may be open.
    pub presence: Vec<Presence>,
    /// What stands behind the first sign-in.
    pub evidence: Option<Evidence>,
    /// Raised a hand at, and is not yet called on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand_raised_at: Option<Timestamp>,
    /// The person's picture then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<AttachmentId>,
}

/// What is said of somebody's attendance (live-api.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// 未到: may still come.
    Expected,
    /// 准时
    OnTime,
    /// 迟到
    Late,
    /// 早退
    LeftEarly,
    /// 缺席: did not come, and the meeting is over.
    Absent,
    /// 请假
    LeaveApproved,
    /// 请假待批
    LeavePending,
    /// 替会: somebody came in the person's place.
    Substitute,
    /// 列席
    Guest,
    /// 线上
    Online,
}

impl Status {
    /// All.
    pub const ALL: [Self; 10] = [
        Self::Expected,
        Self::OnTime,
        Self::Late,
        Self::LeftEarly,
        Self::Absent,
        Self::LeaveApproved,
        Self::LeavePending,
        Self::Substitute,
        Self::Guest,
        Self::Online,
    ];

    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expected => "expected",
            Self::OnTime => "on_time",
            Self::Late => "late",
            Self::LeftEarly => "left_early",
            Self::Absent => "absent",
            Self::LeaveApproved => "leave_approved",
            Self::LeavePending => "leave_pending",
            Self::Substitute => "substitute",
            Self::Guest => "guest",
            Self::Online => "online",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Expected => "未到",
            Self::OnTime => "准时",
            Self::Late => "迟到",
            Self::LeftEarly => "早退",
            Self::Absent => "缺席",
            Self::LeaveApproved => "请假",
            Self::LeavePending => "请假待批",
            Self::Substitute => "替会",
            Self::Guest => "列席",
            Self::Online => "线上",
        }
    }

    /// Whether the person was there.
    pub const fn present(self) -> bool {
        matches!(self, Self::OnTime | Self::Late | Self::LeftEarly | Self::Online)
    }
}

impl Attendee {
    /// Whether the person is in the room now.
    pub fn is_present(&self) -> bool {
        self.presence.last().is_some_and(|last| last.until.is_none())
    }

    /// Whether the person was in the room then.
    pub fn was_present_at(&self, at: Timestamp) -> bool {
        self.presence.iter().any(|stay| stay.from <= at && stay.until.is_none_or(|until| until > at))
    }

    /// When the person left for the last time; nothing while the person is in the room, or stayed to the end.
    pub fn left_at(&self) -> Option<Timestamp> {
        self.presence.last().and_then(|last| last.until)
    }

    /// When the person first signed in.
    pub fn arrived_at(&self) -> Option<Timestamp> {
        self.presence.first().map(|first| first.from)
    }

    /// Whether the person may vote when present (a probationary member may not).
    pub const fn may_vote(&self) -> bool {
        matches!((self.standing, self.role), (Standing::Full, Role::Member))
    }

    /// The status as the intervals and the meeting's times give it. `replaced`: somebody is there in the person's place.
    pub fn status(&self, timing: &Timing, replaced: bool) -> Status {
        let Some(first) = self.presence.first() else { return self.status_of_absent(timing, replaced) };
        if self.role == Role::Guest {
            return Status::Guest;
        }
        if first.way == Way::Online {
            return Status::Online;
        }
        if let (Some(left_at), Some(ended_at)) = (self.left_at(), timing.ended_at)
            && ended_at.since(left_at) > LEAVE_TOLERANCE_MS
        {
            return Status::LeftEarly;
        }
        if timing.is_late(first.from) { Status::Late } else { Status::OnTime }
    }

    fn status_of_absent(&self, timing: &Timing, replaced: bool) -> Status {
        if replaced {
            return Status::Substitute;
        }
        match self.leave.as_ref().map(|leave| leave.decision.as_ref().map(|decision| decision.approved)) {
            Some(Some(true)) => Status::LeaveApproved,
            Some(None) => Status::LeavePending,
            Some(Some(false)) | None if self.role == Role::Guest => Status::Guest,
            Some(Some(false)) | None if timing.ended_at.is_some() => Status::Absent,
            Some(Some(false)) | None => Status::Expected,
        }
    }
}
