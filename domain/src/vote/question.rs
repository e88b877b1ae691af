//! What is voted on, and by which rule it is decided.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::fraction::Share;
use crate::problem::{FieldError, Refusal, text_field};

const MAX_TITLE: usize = 100;
const MAX_OPTION: usize = 60;
const MAX_OPTIONS: usize = 100;
/// The highest score that an option can get.
pub const MAX_SCORE: u32 = 100;

/// How people vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// 单选: one of the options.
    Single,
    /// 多选: between `min` and `max` of them.
    Multiple,
    /// 赞成、反对、弃权: one answer to each option.
    YesNoAbstain,
    /// 评分: a number between `min` and `max` for each option.
    Score,
}

/// Whether it is known who voted how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Secrecy {
    /// 记名
    Open,
    /// 无记名
    Secret,
}

/// When the counts are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Show {
    /// While people vote.
    Live,
    /// When it is published.
    AfterClose,
}

/// Of what a majority is a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Base {
    /// 应到会有表决权人数: everybody on the list who may vote.
    Expected,
    /// 实到会有表决权人数: those of them who were there when the vote opened.
    Present,
    /// 有效票: the ballots that were cast. A ballot that cannot be is refused at once, so all of them are valid.
    Valid,
    /// 赞成票与反对票之和: the ballots without those that abstain; of 赞成、反对、弃权 alone.
    YesAndNo,
}

impl Base {
    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Expected => "应到会有表决权人数",
            Self::Present => "实到会有表决权人数",
            Self::Valid => "有效票",
            Self::YesAndNo => "赞成票与反对票之和",
        }
    }
}

/// How many votes decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Majority {
    /// Of what.
    pub base: Base,
    /// Which share of it.
    #[serde(flatten)]
    pub share: Share,
}

/// What is voted on, how, and what decides it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The question.
    pub title: String,
    /// How people vote.
    pub method: Method,
    /// Whether it is known who voted how.
    pub secrecy: Secrecy,
    /// What stands to choice; of 赞成、反对、弃权 the matters or candidates.
    pub options: Vec<String>,
    /// The fewest choices; of scores the lowest one.
    pub min: u32,
    /// The most choices; of scores the highest one.
    pub max: u32,
    /// How many of the options can be elected (应选人数); nothing: as many as reach the majority.
    pub seats: Option<u32>,
    /// How many of those who may vote must be there (法定到会人数); nothing: no matter how many.
    pub quorum: Option<Share>,
    /// How many votes decide; nothing: the most votes.
    pub majority: Option<Majority>,
    /// When the counts are shown.
    pub show: Show,
}

impl Question {
    /// The question, when it can be asked. Texts are trimmed; a question of 赞成、反对、弃权 without options is about its title.
    ///
    /// # Errors
    /// Every field that is wrong, by its name in the document.
    pub fn check(mut self) -> Result<Self, Refusal> {
        let mut wrong = Vec::new();
        match text_field("title", &self.title, true, MAX_TITLE) {
            Ok(title) => self.title = title,
            Err(error) => wrong.push(error),
        }
        if self.method == Method::YesNoAbstain && self.options.is_empty() {
            self.options.push(self.title.chars().take(MAX_OPTION).collect());
        }
        for (index, option) in self.options.iter_mut().enumerate() {
            match text_field(&format!("options[{index}]"), option, true, MAX_OPTION) {
                Ok(text) => *option = text,
                Err(error) => wrong.push(error),
            }
        }
        wrong.extend(self.wrong_options());
        wrong.extend(self.wrong_limits());
        wrong.extend(self.wrong_rule());
        if wrong.is_empty() { Ok(self) } else { Err(Refusal::fields(wrong)) }
    }

    /// The number of options.
    pub fn size(&self) -> u32 {
        u32::try_from(self.options.len()).unwrap_or(u32::MAX)
    }

    fn wrong_options(&self) -> Vec<FieldError> {
        let mut wrong = Vec::new();
        let fewest = if matches!(self.method, Method::Single | Method::Multiple) { 2 } else { 1 };
        if self.options.len() < fewest {
            wrong.push(FieldError::new("options", "vote.too_few_options", format!("至少要有 {fewest} 个选项")));
        }
        if self.options.len() > MAX_OPTIONS {
            wrong.push(FieldError::new("options", "field.too_large", format!("最多 {MAX_OPTIONS} 个选项")));
        }
        let mut seen = HashSet::new();
        for (index, option) in self.options.iter().enumerate() {
            if !seen.insert(option) {
                let field = format!("options[{index}]");
                wrong.push(FieldError::new(field, "vote.option_repeated", "选项重复"));
            }
        }
        wrong
    }

    fn wrong_limits(&self) -> Vec<FieldError> {
        let (min, max, size) = (self.min, self.max, self.size());
        let (field, words) = match self.method {
            Method::Single if max != 1 => ("max", "单选只能选 1 项".to_owned()),
            Method::Single if min > 1 => ("min", "单选最少 0 项（允许弃权）或 1 项".to_owned()),
            Method::Multiple if !(1..=size).contains(&max) => ("max", format!("最多可选项数应在 1 至 {size} 之间")),
            Method::Multiple if min > max => ("min", "最少可选项数不能多于最多可选项数".to_owned()),
            Method::YesNoAbstain if max != size => ("max", "每个选项都要表态".to_owned()),
            Method::YesNoAbstain if min != size => ("min", "每个选项都要表态".to_owned()),
            Method::Score if !(1..=MAX_SCORE).contains(&max) => ("max", format!("最高分应在 1 至 {MAX_SCORE} 之间")),
            Method::Score if min >= max => ("min", "最低分应小于最高分".to_owned()),
            _ => return Vec::new(),
        };
        vec![FieldError::new(field, "vote.limits", words)]
    }

    fn wrong_rule(&self) -> Vec<FieldError> {
        let mut wrong = Vec::new();
        let impossible = "比例应为不大于 1 的分数，分母不超过 1000";
        if self.quorum.is_some_and(|quorum| !quorum.is_possible()) {
            wrong.push(FieldError::new("quorum", "vote.share", impossible));
        }
        if let Some(majority) = self.majority {
            if !majority.share.is_possible() {
                wrong.push(FieldError::new("majority", "vote.share", impossible));
            }
            if self.method == Method::Score {
                wrong.push(FieldError::new("majority", "vote.majority_of_scores", "评分没有通过比例"));
            }
            if majority.base == Base::YesAndNo && self.method != Method::YesNoAbstain {
                wrong.push(FieldError::new(
                    "majority.base",
                    "vote.base",
                    "只有赞成、反对、弃权的表决可以按这个基数计算",
                ));
            }
        } else if self.method == Method::YesNoAbstain {
            wrong.push(FieldError::new("majority", "field.required", "请填写通过所需的比例"));
        }
        if self.seats.is_some_and(|seats| seats < 1 || seats > self.size() || self.method == Method::Score) {
            wrong.push(FieldError::new("seats", "vote.seats", "应选人数应在 1 至选项个数之间"));
        }
        if self.secrecy == Secrecy::Secret && self.show == Show::Live {
            // Whoever sees a count grow with each ballot sees who cast it.
            wrong.push(FieldError::new("show", "vote.secret_is_not_live", "无记名表决只能在结束后公布票数"));
        }
        wrong
    }
}

#[cfg(test)]
pub(super) fn question(method: Method, options: &[&str], min: u32, max: u32) -> Question {
    let majority = Majority { base: Base::Valid, share: Share::MORE_THAN_HALF };
    Question {
        title: "同意吗".to_owned(),
        method,
        secrecy: Secrecy::Open,
        options: options.iter().map(|option| (*option).to_owned()).collect(),
        min,
        max,
        seats: None,
        quorum: None,
        majority: (method == Method::YesNoAbstain).then_some(majority),
        show: Show::AfterClose,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(question: Question) -> Vec<(String, &'static str)> {
        let refused = question.check().map_or_else(|refusal| refusal.fields, |_| Vec::new());
        refused.into_iter().map(|error| (error.field, error.code)).collect()
    }

    #[test]
    fn what_can_be_asked_is_taken_as_it_is() {
        let yes_no = question(Method::YesNoAbstain, &[], 1, 1).check().unwrap();
        assert_eq!(yes_no.options, ["同意吗"]);
        for fine in [
            question(Method::Single, &["甲", " 乙 "], 1, 1),
            question(Method::Single, &["甲", "乙"], 0, 1),
            question(Method::Multiple, &["甲", "乙", "丙"], 0, 3),
            question(Method::Score, &["甲"], 0, MAX_SCORE),
        ] {
            assert_eq!(wrong(fine), []);
        }
    }

    #[test]
    fn what_cannot_is_named() {
        let base = || question(Method::Multiple, &["甲", "乙", "丙"], 1, 2);
        let half = Share::MORE_THAN_HALF;
        let cases: [(Question, &str, &str); 15] = [
            (Question { title: " ".to_owned(), ..base() }, "title", "field.required"),
            (question(Method::Single, &["甲"], 1, 1), "options", "vote.too_few_options"),
            (question(Method::Single, &["甲", "甲"], 1, 1), "options[1]", "vote.option_repeated"),
            (question(Method::Single, &["甲", ""], 1, 1), "options[1]", "field.required"),
            (question(Method::Single, &["甲", "乙"], 1, 2), "max", "vote.limits"),
            (question(Method::Multiple, &["甲", "乙"], 1, 3), "max", "vote.limits"),
            (question(Method::Multiple, &["甲", "乙"], 2, 1), "min", "vote.limits"),
            (question(Method::Score, &["甲"], 5, 5), "min", "vote.limits"),
            (question(Method::Score, &["甲"], 0, 101), "max", "vote.limits"),
            (question(Method::YesNoAbstain, &["甲", "乙"], 1, 1), "max", "vote.limits"),
            (Question { quorum: Some(Share { numerator: 3, ..half }), ..base() }, "quorum", "vote.share"),
            (Question { majority: None, ..question(Method::YesNoAbstain, &[], 1, 1) }, "majority", "field.required"),
            (
                Question { majority: Some(Majority { base: Base::YesAndNo, share: half }), ..base() },
                "majority.base",
                "vote.base",
            ),
            (Question { seats: Some(4), ..base() }, "seats", "vote.seats"),
            (Question { secrecy: Secrecy::Secret, show: Show::Live, ..base() }, "show", "vote.secret_is_not_live"),
        ];
        for (question, field, code) in cases {
            assert_eq!(wrong(question), [(field.to_owned(), code)]);
        }
    }
}
