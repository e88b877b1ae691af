//! What people write to the minutes.

use serde::{Deserialize, Serialize};

use crate::problem::{FieldError, Refusal, text_field};

/// Characters of 会议内容.
pub const MAX_CONTENT: usize = 10_000;
/// Characters of the discussion of one item.
pub const MAX_DISCUSSION: usize = 3_000;
/// Characters of 决议事项.
pub const MAX_DECISIONS: usize = 5_000;
/// Characters of 备注.
pub const MAX_REMARKS: usize = 2_000;
/// Characters of all of it: it stands in an event of the log.
pub const MAX_TEXT: usize = 30_000;

/// What people write to the minutes; facts stand beside it and are not written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MinutesText {
    /// 会议内容
    #[serde(default)]
    pub content: String,
    /// 讨论情况, in the order of the agenda; later ones may be left out.
    #[serde(default)]
    pub discussions: Vec<String>,
    /// 决议事项
    #[serde(default)]
    pub decisions: String,
    /// 备注
    #[serde(default)]
    pub remarks: String,
}

impl MinutesText {
    /// The text of a meeting with so many items on its agenda, without blanks around it.
    ///
    /// # Errors
    /// Every field that is wrong, by its name.
    pub fn check(self, items: usize) -> Result<Self, Refusal> {
        let mut wrong = Vec::new();
        let mut take = |field: &str, text: &str, max: usize| {
            text_field(field, text, false, max).unwrap_or_else(|error| {
                wrong.push(error);
                String::new()
            })
        };
        let mut checked = Self {
            content: take("content", &self.content, MAX_CONTENT),
            discussions: self
                .discussions
                .iter()
                .enumerate()
                .map(|(index, text)| take(&format!("discussions[{index}]"), text, MAX_DISCUSSION))
                .collect(),
            decisions: take("decisions", &self.decisions, MAX_DECISIONS),
            remarks: take("remarks", &self.remarks, MAX_REMARKS),
        };
        if self.discussions.len() > items {
            let words = format!("议程只有 {items} 项");
            wrong.push(FieldError::new("discussions", "field.too_large", words));
        }
        if wrong.is_empty() && checked.characters() > MAX_TEXT {
            let words = format!("各部分合计最多 {MAX_TEXT} 个字");
            wrong.push(FieldError::new("discussions", "field.too_long", words));
        }
        while checked.discussions.last().is_some_and(String::is_empty) {
            checked.discussions.pop();
        }
        if wrong.is_empty() { Ok(checked) } else { Err(Refusal::fields(wrong)) }
    }

    fn characters(&self) -> usize {
        let parts = [&self.content, &self.decisions, &self.remarks].into_iter().chain(&self.discussions);
        parts.map(|part| part.chars().count()).sum()
    }
}
