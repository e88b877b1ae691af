//! Counting ballots, and what the counts decide.

use serde::{Deserialize, Serialize};

use super::ballot::{Answer, Ballot};
use super::question::{Base, Majority, Method, Question, Secrecy};

/// Of a secret vote with fewer ballots no counts are shown or kept: they would tell who voted how (domain rules §16.4).
pub const FEWEST_SHOWN: u32 = 5;

/// How many votes one option got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OptionCount {
    /// Of 赞成、反对、弃权.
    Answers {
        /// 赞成
        yes: u32,
        /// 反对
        no: u32,
        /// 弃权
        abstain: u32,
    },
    /// Of scores: their sum; the average is the sum by the ballots, exactly.
    Score {
        /// The sum.
        sum: u64,
    },
    /// Of choices.
    Votes {
        /// How many chose it.
        votes: u32,
    },
}

impl OptionCount {
    /// How many are for it; of scores the sum.
    fn in_favour(self) -> u64 {
        match self {
            Self::Answers { yes, .. } => yes.into(),
            Self::Score { sum } => sum,
            Self::Votes { votes } => votes.into(),
        }
    }
}

/// What the ballots come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How many there are.
    pub ballots: u32,
    /// How many of them chose nothing (弃权); of 赞成、反对、弃权 see each option.
    pub blank: u32,
    /// For each option.
    pub options: Vec<OptionCount>,
}

impl Count {
    /// No ballot yet.
    pub fn none(question: &Question) -> Self {
        let none = match question.method {
            Method::Single | Method::Multiple => OptionCount::Votes { votes: 0 },
            Method::YesNoAbstain => OptionCount::Answers { yes: 0, no: 0, abstain: 0 },
            Method::Score => OptionCount::Score { sum: 0 },
        };
        Self { ballots: 0, blank: 0, options: vec![none; question.options.len()] }
    }

    /// All of these.
    pub fn of<'a>(question: &Question, ballots: impl IntoIterator<Item = &'a Ballot>) -> Self {
        let mut count = Self::none(question);
        ballots.into_iter().for_each(|ballot| count.add(ballot));
        count
    }

    /// One more ballot.
    pub fn add(&mut self, ballot: &Ballot) {
        self.ballots += 1;
        match ballot {
            Ballot::Chosen(chosen) => {
                self.blank += u32::from(chosen.is_empty());
                for option in chosen {
                    if let Some(OptionCount::Votes { votes }) = self.options.get_mut(*option as usize) {
                        *votes += 1;
                    }
                }
            }
            Ballot::Answers(answers) => {
                for (option, answer) in self.options.iter_mut().zip(answers) {
                    if let OptionCount::Answers { yes, no, abstain } = option {
                        *match answer {
                            Answer::Yes => yes,
                            Answer::No => no,
                            Answer::Abstain => abstain,
                        } += 1;
                    }
                }
            }
            Ballot::Scores(scores) => {
                for (option, score) in self.options.iter_mut().zip(scores) {
                    if let OptionCount::Score { sum } = option {
                        *sum += u64::from(*score);
                    }
                }
            }
        }
    }
}

/// What became of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// 通过、当选
    Passed,
    /// 未通过、落选
    Failed,
    /// 票数相等，未能决出: as many votes as another one for the last seat.
    Tied,
    /// 无效: too few took part.
    Void,
}

/// An option with what it got and what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// What it got; nothing when that would tell who voted how.
    pub count: Option<OptionCount>,
    /// How many votes it needed; nothing when the most votes decide, or nothing is decided.
    pub needed: Option<u32>,
    /// What became of it; nothing when the vote only asks.
    pub outcome: Option<Outcome>,
}

/// What a vote came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoteResult {
    /// 收回选票: how many voted.
    pub ballots: u32,
    /// How many chose nothing; nothing when that would tell who voted how.
    pub blank: Option<u32>,
    /// Those on the roll who voted or were still there when it closed.
    pub held: u32,
    /// Whether `held` is as many as must be there.
    pub quorum_kept: bool,
    /// For each option.
    pub options: Vec<Decided>,
}

/// Who could have voted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turnout {
    /// 应到会有表决权人数
    pub expected: u32,
    /// 实到会有表决权人数: those on the roll.
    pub present: u32,
    /// Those of them who voted or were still there when it closed.
    pub held: u32,
}

impl VoteResult {
    /// What `count` decides by the rule of `question`.
    pub fn of(question: &Question, count: &Count, turnout: Turnout) -> Self {
        let quorum_kept = question.quorum.is_none_or(|quorum| turnout.held >= quorum.least(turnout.expected));
        let withheld = question.secrecy == Secrecy::Secret && count.ballots < FEWEST_SHOWN;
        let needed: Vec<Option<u32>> = count
            .options
            .iter()
            .map(|option| question.majority.map(|majority| needed(majority, *option, count.ballots, turnout)))
            .collect();
        let outcomes = outcomes(question, count, &needed);
        let options = count.options.iter().zip(needed).zip(outcomes).map(|((option, needed), outcome)| Decided {
            count: (!withheld).then_some(*option),
            needed: needed.filter(|_| !withheld),
            outcome: outcome.map(|outcome| if quorum_kept { outcome } else { Outcome::Void }),
        });
        Self {
            ballots: count.ballots,
            blank: (!withheld).then_some(count.blank),
            held: turnout.held,
            quorum_kept,
            options: options.collect(),
        }
    }
}

fn needed(majority: Majority, option: OptionCount, ballots: u32, turnout: Turnout) -> u32 {
    let base = match (majority.base, option) {
        (Base::Expected, _) => turnout.expected,
        (Base::Present, _) => turnout.present,
        (Base::YesAndNo, OptionCount::Answers { yes, no, .. }) => yes + no,
        (Base::Valid | Base::YesAndNo, _) => ballots,
    };
    majority.share.least(base)
}

/// Who reached the majority, and of them, in the order of their votes, those for whom there is a seat.
fn outcomes(question: &Question, count: &Count, needed: &[Option<u32>]) -> Vec<Option<Outcome>> {
    let decides = question.majority.is_some() || question.seats.is_some() || question.method == Method::Single;
    if !decides || question.method == Method::Score {
        return vec![None; count.options.len()];
    }
    let in_favour: Vec<u64> = count.options.iter().map(|option| option.in_favour()).collect();
    let reached = |index: usize| in_favour[index] >= needed[index].map_or(1, u64::from);
    let mut reaching: Vec<u64> =
        (0..in_favour.len()).filter(|index| reached(*index)).map(|index| in_favour[index]).collect();
    reaching.sort_unstable_by(|a, b| b.cmp(a));
    let seats = question.seats.or((question.method == Method::Single).then_some(1));
    let seats = seats.map_or(reaching.len(), |seats| seats as usize);
    // The votes of the last one with a seat and of the first one without: alike, neither has it.
    let last_in = seats.checked_sub(1).and_then(|last| reaching.get(last)).copied();
    let first_out = reaching.get(seats).copied();
    (0..in_favour.len())
        .map(|index| {
            let votes = in_favour[index];
            Some(match (last_in, first_out) {
                _ if !reached(index) => Outcome::Failed,
                (Some(last), Some(first)) if last == first && votes == last => Outcome::Tied,
                (_, Some(first)) if votes <= first => Outcome::Failed,
                _ => Outcome::Passed,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
