//! What was put to the vote, as minutes state it.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::meeting::{Hall, Poll};
use crate::vote::{Vote, VoteState};

/// An option and how many chose it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// 赞成, 反对, a candidate's name …
    pub title: String,
    /// How many chose it.
    pub count: u32,
}

/// A vote that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// What was put to the vote.
    pub title: String,
    /// 无记名: nobody knows who chose what.
    pub secret: bool,
    /// The options with their counts, in the order of the ballot.
    pub options: Vec<Choice>,
    /// 应到会有表决权: entitled to vote.
    pub entitled: u32,
    /// 实到会有表决权: of those, were there.
    pub present: u32,
    /// Ballots cast.
    pub cast: u32,
    /// The rule in words, such as 应到会有表决权 9 人，须不少于 6 人赞成.
    pub rule: String,
    /// What came of it in words, such as 通过.
    pub outcome: String,
    /// When the vote was opened.
    pub opened_at: Timestamp,
    /// When it was closed; nothing while it goes on.
    pub closed_at: Option<Timestamp>,
}

/// The votes of a meeting whose results are published, in the order of their numbers.
pub fn resolutions_of(hall: &Hall) -> Vec<Resolution> {
    let published = hall.polls().iter().map(Poll::vote).filter(|vote| vote.state == VoteState::Published);
    published.filter_map(resolution).collect()
}

fn resolution(vote: &Vote) -> Option<Resolution> {
    let (question, result, opened) = (&vote.question, vote.result.as_ref()?, vote.opened.as_ref()?);
    let count = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    let options =
        question.lines(result).into_iter().map(|(title, votes)| Choice { title, count: count(votes) }).collect();
    // One number for all options, as long as they need the same.
    let needed = result.options.first().and_then(|first| first.needed);
    let needed = needed.filter(|needed| result.options.iter().all(|option| option.needed == Some(*needed)));
    let needed = needed.map(|needed| format!("须不少于 {needed} 票")).unwrap_or_default();
    let rule = [question.rule(), needed].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("，");
    Some(Resolution {
        title: question.title.clone(),
        secret: vote.is_secret(),
        options,
        entitled: opened.expected,
        present: opened.roll.len(),
        cast: result.ballots,
        rule,
        outcome: question.outcome(result),
        opened_at: opened.at,
        closed_at: vote.closed_at,
    })
}
