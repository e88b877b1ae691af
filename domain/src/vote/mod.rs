//! Votes (会中表决、投票): what is asked, who may vote, what a ballot may hold, and what the ballots decide. A vote belongs to a
//! meeting, whose hall decides when it opens and closes (`meeting::voting`).
//!
//! Of a secret vote it is known who voted, and what all ballots together came to; never who voted how.

mod ballot;
mod count;
mod fraction;
mod question;
mod receipt;
mod roll;
mod words;

pub use ballot::{Answer, Ballot, Choice};
pub use count::{Count, Decided, FEWEST_SHOWN, OptionCount, Outcome, Turnout, VoteResult};
pub use fraction::Share;
pub use question::{Base, MAX_SCORE, Majority, Method, Question, Secrecy, Show};
pub use receipt::{BadReceipt, Receipt};
pub use roll::Roll;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::VoteId;

/// Where a vote stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoteState {
    /// 未开始: may still be changed.
    Prepared,
    /// 表决中
    Open,
    /// 已截止: no more ballots; they are being counted.
    Closed,
    /// 已计票: the result is known to those who run the meeting.
    Counted,
    /// 已公布
    Published,
    /// 已删除, before it ever opened.
    Dropped,
}

impl VoteState {
    /// All.
    pub const ALL: [Self; 6] =
        [Self::Prepared, Self::Open, Self::Closed, Self::Counted, Self::Published, Self::Dropped];

    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Counted => "counted",
            Self::Published => "published",
            Self::Dropped => "dropped",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// How a round of voting began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// When.
    pub at: Timestamp,
    /// 应到会有表决权人数: who may vote and is on the list.
    pub expected: u32,
    /// 实到会有表决权人数: those of them who were there; nobody else may vote in this round.
    pub roll: Roll,
}

/// A vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// Its id.
    pub id: VoteId,
    /// Grows with every change; ballots do not change it.
    pub version: u32,
    /// The how-manieth of its meeting, from 1.
    pub number: u32,
    /// What is asked.
    pub question: Question,
    /// Where it stands.
    pub state: VoteState,
    /// How often it was opened: ballots of earlier rounds are void.
    pub round: u32,
    /// How this round began.
    pub opened: Option<Opening>,
    /// When the last ballot could be cast.
    pub closed_at: Option<Timestamp>,
    /// Whether it is published as soon as it is counted.
    pub publishes: bool,
    /// When it was published.
    pub published_at: Option<Timestamp>,
    /// What it came to.
    pub result: Option<VoteResult>,
}

impl Vote {
    /// A vote that nobody has opened yet.
    pub const fn prepared(id: VoteId, number: u32, question: Question) -> Self {
        Self {
            id,
            version: 1,
            number,
            question,
            state: VoteState::Prepared,
            round: 0,
            opened: None,
            closed_at: None,
            publishes: false,
            published_at: None,
            result: None,
        }
    }

    /// Whether nobody may know who votes how.
    pub fn is_secret(&self) -> bool {
        self.question.secrecy == Secrecy::Secret
    }

    /// How many may vote in this round.
    pub fn entitled(&self) -> u32 {
        self.opened.as_ref().map_or(0, |opened| opened.roll.len())
    }
}
