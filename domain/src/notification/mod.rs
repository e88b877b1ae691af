//! Notifications (消息通知): what people are told, how urgently, and over which channels (inventory MSG-02, MSG-07).
//!
//! A notification is written in the change that causes it, so it is there exactly when the cause is. The in-app inbox
//! always has it; the channels outside follow [`plan`].

mod appraisal_words;
mod duty_words;
mod life_words;
mod meeting_words;
mod plan;
mod settings;
mod ticket_words;
mod webhook_words;

pub use appraisal_words::{closed_notice, met_notice, reopened_notice, started_notice};
pub use duty_words::{DutyReaders, answer_notice, escalation_notice, order_notice, warning_notices};
pub use life_words::{LifeNews, life_notice};
pub use meeting_words::meeting_notices;
pub use plan::{Channel, ChannelSet, Plan, PlanStep, Reachable, plan};
pub use settings::{NotificationSettings, QuietHours};
pub use ticket_words::{Audience, joined_notice, ticket_notices};
pub use webhook_words::webhook_stopped_notice;

use serde::{Deserialize, Serialize};

use crate::calendar_day::local_time;
use crate::clock::Timestamp;
use crate::ids::AccountId;

/// What a notification is about, as people sort them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationKind {
    /// 诉求: a request waits for its reader.
    Request,
    /// 务工需求: a request for work waits.
    Employment,
    /// 领导督促
    Nudge,
    /// 升级: a level below did not act.
    Escalation,
    /// 时限: a limit is near or over.
    Deadline,
    /// 审批: somebody asks for a decision.
    Approval,
    /// 会议: an invitation, or that it was called off.
    Meeting,
    /// 办理进度: something happened to the reader's own request or work.
    Progress,
    /// 每日汇总
    Digest,
}

impl NotificationKind {
    /// All.
    pub const ALL: [Self; 9] = [
        Self::Request,
        Self::Employment,
        Self::Nudge,
        Self::Escalation,
        Self::Deadline,
        Self::Approval,
        Self::Meeting,
        Self::Progress,
        Self::Digest,
    ];

    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Employment => "employment",
            Self::Nudge => "nudge",
            Self::Escalation => "escalation",
            Self::Deadline => "deadline",
            Self::Approval => "approval",
            Self::Meeting => "meeting",
            Self::Progress => "progress",
            Self::Digest => "digest",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Request => "诉求",
            Self::Employment => "务工需求",
            Self::Nudge => "领导督促",
            Self::Escalation => "升级",
            Self::Deadline => "时限提醒",
            Self::Approval => "审批",
            Self::Meeting => "会议",
            Self::Progress => "办理进度",
            Self::Digest => "每日汇总",
        }
    }

    /// Whether a person may keep it from being sent outside the inbox. What somebody has to act on is duty, not news.
    pub const fn may_be_muted(self) -> bool {
        matches!(self, Self::Progress | Self::Deadline | Self::Digest)
    }
}

/// How soon it has to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// When the reader looks.
    Normal,
    /// Within the working day.
    Important,
    /// Now, at night too.
    Urgent,
}

impl Urgency {
    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Important => "important",
            Self::Urgent => "urgent",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Normal, Self::Important, Self::Urgent].into_iter().find(|urgency| urgency.as_str() == text)
    }
}

/// What several people are told in the same words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Who.
    pub to: Vec<AccountId>,
    /// About what.
    pub kind: NotificationKind,
    /// How soon.
    pub urgency: Urgency,
    /// One line.
    pub title: String,
    /// A sentence or two; nothing personal beyond what the reader may see, for it may go over a telephone's screen.
    pub text: String,
}

impl Notice {
    /// What `to` are told, each once; nobody is told of what they did themselves (`by`), and nothing is told to nobody.
    fn to(
        to: impl IntoIterator<Item = AccountId>,
        by: Option<AccountId>,
        kind: NotificationKind,
        urgency: Urgency,
        title: String,
        text: String,
    ) -> Option<Self> {
        let mut to: Vec<AccountId> = to.into_iter().filter(|id| Some(*id) != by).collect();
        to.sort_unstable();
        to.dedup();
        (!to.is_empty()).then_some(Self { to, kind, urgency, title, text })
    }
}

/// `11月21日 14:30`, as people in China read it.
pub(crate) fn written_time(at: Timestamp) -> String {
    use chrono::{Datelike as _, Timelike as _};
    local_time(at).map_or_else(String::new, |local| {
        format!("{}月{}日 {:02}:{:02}", local.month(), local.day(), local.hour(), local.minute())
    })
}

/// A notification in somebody's inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Made of its cause and its reader, so that it cannot exist twice.
    pub id: String,
    /// Whose.
    pub account_id: AccountId,
    /// About what.
    pub kind: NotificationKind,
    /// How soon.
    pub urgency: Urgency,
    /// One line.
    pub title: String,
    /// More.
    pub text: String,
    /// What it is about: `ticket` …
    pub subject_kind: String,
    /// Its id.
    pub subject_id: String,
    /// When.
    pub at: Timestamp,
    /// When it was read.
    pub read_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests;
