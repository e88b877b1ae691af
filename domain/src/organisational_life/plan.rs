//! What the notice of a 组织生活会 says.

use chrono::Datelike as _;
use serde::{Deserialize, Serialize};

use crate::attachment::AttachmentRef;
use crate::calendar_day::local_date;
use crate::clock::Timestamp;
use crate::problem::{FieldError, text_field};

/// Participants of one.
pub const MAX_PARTICIPANTS: usize = 1_000;
/// Papers of the notice, or of the report.
pub const MAX_FILES: usize = 20;
/// How far ahead its instants may lie; in milliseconds.
pub const MAX_AHEAD_MS: i64 = 400 * 24 * 60 * 60 * 1_000;
const MAX_TOPIC: usize = 100;
const MAX_CONTENT: usize = 5_000;

/// How participants are told of it (通知形式).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeForm {
    /// 站内消息, and whatever channel costs nothing.
    #[default]
    Message,
    /// 站内消息和短信: also over channels that cost, while it lies unread.
    MessageAndSms,
}

impl NoticeForm {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Message, Self::MessageAndSms];

    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::MessageAndSms => "message_and_sms",
        }
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Message => "站内消息",
            Self::MessageAndSms => "站内消息和短信",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.as_str() == text)
    }
}

/// What the notice says, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifePlan {
    /// 会议名称, 1 to 100 characters.
    pub topic: String,
    /// Of which year it is.
    pub year: i32,
    /// 议题 and whatever else is to be known, 1 to 5,000 characters.
    pub content: String,
    /// Papers.
    pub files: Vec<AttachmentRef>,
    /// Until when materials are handed in (对照检查截止时间); with it the first phase ends.
    pub materials_due_at: Timestamp,
    /// When the time of the 党员会 is over (党员会截止时间).
    pub ends_at: Timestamp,
}

/// A plan as somebody wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifePlanInput(pub LifePlan);

impl LifePlanInput {
    /// The plan of a new one, checked.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn check(self, now: Timestamp) -> Result<LifePlan, Vec<FieldError>> {
        self.check_over(None, now, now)
    }

    /// The plan that takes the place of `before`: instants that stay may have passed.
    pub(super) fn check_over(
        self,
        before: Option<&LifePlan>,
        created_at: Timestamp,
        now: Timestamp,
    ) -> Result<LifePlan, Vec<FieldError>> {
        let Self(plan) = self;
        let mut wrong = Vec::new();
        let mut take = |found: Result<String, FieldError>| found.map_err(|error| wrong.push(error)).unwrap_or_default();
        let topic = take(text_field("topic", &plan.topic, true, MAX_TOPIC));
        let content = take(text_field("content", &plan.content, true, MAX_CONTENT));
        let made_in = local_date(created_at).map_or(plan.year, |day| day.year());
        if plan.year.abs_diff(made_in) > 1 {
            wrong.push(FieldError::new("year", "field.range", "年度应为本年、上一年或下一年"));
        }
        if plan.files.len() > MAX_FILES {
            wrong.push(FieldError::new("attachments", "field.too_large", format!("最多 {MAX_FILES} 个附件")));
        }
        let instants = [
            ("materials_due_at", plan.materials_due_at, before.map(|before| before.materials_due_at)),
            ("ends_at", plan.ends_at, before.map(|before| before.ends_at)),
        ];
        for (field, at, _) in instants.into_iter().filter(|(_, at, was)| *was != Some(*at)) {
            if at <= now {
                wrong.push(FieldError::new(field, "field.past", "时间应在现在之后"));
            } else if at.since(now) > MAX_AHEAD_MS {
                wrong.push(FieldError::new(field, "field.range", "时间不能超过一年以后"));
            }
        }
        if plan.ends_at <= plan.materials_due_at {
            let words = "党员会截止时间应晚于对照检查截止时间";
            wrong.push(FieldError::new("ends_at", "organisational_life.ends_before_materials", words));
        }
        if wrong.is_empty() { Ok(LifePlan { topic, content, ..plan }) } else { Err(wrong) }
    }
}
