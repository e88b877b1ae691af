//! What was put to the vote, as minutes state it.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::meeting::Hall;

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

/// The votes of a meeting, in the order in which they were opened.
pub fn resolutions_of(_hall: &Hall) -> Vec<Resolution> {
    Vec::new()
}
