//! What somebody put on a ballot, checked against the question.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::question::{Method, Question};
use crate::problem::{FieldError, Refusal};

/// An answer to one matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// 赞成
    Yes,
    /// 反对
    No,
    /// 弃权
    Abstain,
}

/// One entry of a ballot as it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Choice {
    /// The index of an option, from 0; of scores the score of the option at this place.
    Number(u32),
    /// The answer to the option at this place.
    Answer(Answer),
}

/// A ballot that can be counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ballot {
    /// The options that were chosen, in order; none: a blank ballot (弃权).
    Chosen(BTreeSet<u32>),
    /// The answer to each option.
    Answers(Vec<Answer>),
    /// The score of each option.
    Scores(Vec<u32>),
}

impl Ballot {
    /// The choices, as they were sent.
    pub fn choices(&self) -> Vec<Choice> {
        match self {
            Self::Chosen(chosen) => chosen.iter().copied().map(Choice::Number).collect(),
            Self::Answers(answers) => answers.iter().copied().map(Choice::Answer).collect(),
            Self::Scores(scores) => scores.iter().copied().map(Choice::Number).collect(),
        }
    }

    /// Reads the choices of a ballot for `question`.
    ///
    /// # Errors
    /// 422 with `choices` or the entry that is wrong: `ballot.too_many`, `ballot.too_few`, `ballot.unknown_option`,
    /// `ballot.repeated`, `ballot.incomplete`, `ballot.score`, `ballot.answer`.
    pub fn read(question: &Question, choices: &[Choice]) -> Result<Self, Refusal> {
        match question.method {
            Method::Single | Method::Multiple => chosen(question, choices),
            Method::YesNoAbstain => {
                complete(question, choices)?;
                let answer = |(index, choice): (usize, &Choice)| match choice {
                    Choice::Answer(answer) => Ok(*answer),
                    Choice::Number(_) => Err(wrong(index, "ballot.answer", "请选择赞成、反对或弃权")),
                };
                choices.iter().enumerate().map(answer).collect::<Result<_, _>>().map(Self::Answers)
            }
            Method::Score => {
                complete(question, choices)?;
                let score = |(index, choice): (usize, &Choice)| match choice {
                    Choice::Number(score) if (question.min..=question.max).contains(score) => Ok(*score),
                    _ => {
                        let words = format!("请打 {} 至 {} 分", question.min, question.max);
                        Err(wrong(index, "ballot.score", words))
                    }
                };
                choices.iter().enumerate().map(score).collect::<Result<_, _>>().map(Self::Scores)
            }
        }
    }
}

fn chosen(question: &Question, choices: &[Choice]) -> Result<Ballot, Refusal> {
    let mut chosen = BTreeSet::new();
    for (index, choice) in choices.iter().enumerate() {
        match choice {
            Choice::Number(option) if *option >= question.size() => {
                return Err(wrong(index, "ballot.unknown_option", "没有这个选项"));
            }
            Choice::Number(option) if !chosen.insert(*option) => {
                return Err(wrong(index, "ballot.repeated", "同一选项只能选一次"));
            }
            Choice::Number(_) => {}
            Choice::Answer(_) => return Err(wrong(index, "ballot.unknown_option", "请选择选项")),
        }
    }
    let count = u32::try_from(chosen.len()).unwrap_or(u32::MAX);
    if count > question.max {
        let words = format!("最多选 {} 项，您选了 {count} 项", question.max);
        return Err(FieldError::new("choices", "ballot.too_many", words).into());
    }
    if count < question.min {
        let words = format!("至少选 {} 项，您选了 {count} 项", question.min);
        return Err(FieldError::new("choices", "ballot.too_few", words).into());
    }
    Ok(Ballot::Chosen(chosen))
}

fn complete(question: &Question, choices: &[Choice]) -> Result<(), Refusal> {
    if choices.len() == question.options.len() {
        return Ok(());
    }
    let words = format!("共 {} 项，每项都要填写", question.options.len());
    Err(FieldError::new("choices", "ballot.incomplete", words).into())
}

fn wrong(index: usize, code: &'static str, words: impl Into<String>) -> Refusal {
    FieldError::new(format!("choices[{index}]"), code, words).into()
}

#[cfg(test)]
mod tests {
    use super::super::question::question;
    use super::*;

    fn read(question: &Question, choices: serde_json::Value) -> Result<Ballot, &'static str> {
        let choices: Vec<Choice> = serde_json::from_value(choices).unwrap();
        Ballot::read(question, &choices).map_err(|refusal| refusal.fields[0].code)
    }

    #[test]
    fn ballots_are_counted_or_refused() {
        use serde_json::json;
        let one = question(Method::Single, &["甲", "乙"], 1, 1);
        let some = question(Method::Multiple, &["甲", "乙", "丙"], 0, 2);
        let answers = question(Method::YesNoAbstain, &["甲", "乙"], 2, 2);
        let scores = question(Method::Score, &["甲", "乙"], 1, 5);
        assert_eq!(read(&one, json!([1])), Ok(Ballot::Chosen([1].into())));
        assert_eq!(read(&some, json!([])), Ok(Ballot::Chosen([].into())));
        assert_eq!(read(&some, json!([2, 0])), Ok(Ballot::Chosen([0, 2].into())));
        assert_eq!(read(&answers, json!(["yes", "abstain"])), Ok(Ballot::Answers(vec![Answer::Yes, Answer::Abstain])));
        assert_eq!(read(&scores, json!([1, 5])), Ok(Ballot::Scores(vec![1, 5])));
        for (question, choices, code) in [
            (&one, json!([]), "ballot.too_few"),
            (&one, json!([0, 1]), "ballot.too_many"),
            (&one, json!([2]), "ballot.unknown_option"),
            (&one, json!(["yes"]), "ballot.unknown_option"),
            (&some, json!([0, 1, 2]), "ballot.too_many"),
            (&some, json!([1, 1]), "ballot.repeated"),
            (&answers, json!(["yes"]), "ballot.incomplete"),
            (&answers, json!(["yes", 1]), "ballot.answer"),
            (&scores, json!([0, 3]), "ballot.score"),
            (&scores, json!([3, 6]), "ballot.score"),
            (&scores, json!([3]), "ballot.incomplete"),
        ] {
            assert_eq!(read(question, choices.clone()), Err(code), "{choices}");
        }
    }
}
