//! The four grades, and how many may be the highest (中国共产党支部工作条例（试行）第二十一条; 优秀 by usage at most a third).

use serde::{Deserialize, Serialize};

use crate::problem::Refusal;

/// A grade (等次).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// 优秀
    Excellent,
    /// 合格
    Qualified,
    /// 基本合格
    BasicallyQualified,
    /// 不合格
    Unqualified,
}

impl Grade {
    /// All, the highest first.
    pub const ALL: [Self; 4] = [Self::Excellent, Self::Qualified, Self::BasicallyQualified, Self::Unqualified];

    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Excellent => "excellent",
            Self::Qualified => "qualified",
            Self::BasicallyQualified => "basically_qualified",
            Self::Unqualified => "unqualified",
        }
    }

    /// The word people use.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Excellent => "优秀",
            Self::Qualified => "合格",
            Self::BasicallyQualified => "基本合格",
            Self::Unqualified => "不合格",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grade| grade.as_str() == text)
    }
}

/// How many of `members` full members who are graded may be 优秀: a third, rounded down.
pub const fn excellent_limit(members: u32) -> u32 {
    members / 3
}

/// Whether somebody may become 优秀 beside `others` who are, of `members` who are graded.
///
/// # Errors
/// `appraisal.too_many_excellent`, with the figures.
pub fn check_excellent(members: u32, others: u32) -> Result<(), Refusal> {
    let limit = excellent_limit(members);
    if others < limit {
        return Ok(());
    }
    let words = format!("优秀不超过参评正式党员的三分之一：本次参评 {members} 人，最多 {limit} 人，已有 {others} 人");
    Err(Refusal::rule("appraisal.too_many_excellent", words)
        .with("members", members.into())
        .with("limit", limit.into())
        .with("excellent", others.into()))
}
