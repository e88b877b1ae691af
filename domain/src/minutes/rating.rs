//! What those who were there think of a meeting (会后评价, inventory MEET-10): so many that nobody can tell who thought what.

use crate::clock::Timestamp;
use crate::ids::{AccountId, MeetingId, MemberId};
use crate::meeting::{Hall, StateName};
use crate::problem::{FieldError, Refusal, text_field};

/// 5 is best.
pub const MAX_STARS: u8 = 5;
/// Of fewer, nothing is said but how many: their stars would be known one by one.
pub const FEWEST_RATINGS: u32 = 5;
const MAX_COMMENT: usize = 500;

/// What somebody thinks of a meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rating {
    /// Of which meeting.
    pub meeting_id: MeetingId,
    /// Who.
    pub member_id: MemberId,
    /// Grows with every change, from 1.
    pub version: u32,
    /// 1 to 5.
    pub stars: u8,
    /// Words to it.
    pub comment: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Rating {
    /// The rating by the person of `account`, over the one `before`: by those who were there, after the end, until the
    /// meeting is archived.
    ///
    /// # Errors
    /// `rating.not_ended`, `rating.archived`, `rating.not_present`, or the fields that are wrong.
    pub fn of(
        hall: &Hall,
        account: AccountId,
        before: Option<&Self>,
        (stars, comment): (u8, Option<&str>),
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let member_id = rater(hall, account)?;
        match hall.meeting().state {
            StateName::Ended => {}
            StateName::Archived => return Err(Refusal::conflict("rating.archived", "会议已归档，不能再评价")),
            _ => return Err(Refusal::conflict("rating.not_ended", "会议结束后才能评价")),
        }
        if !(1..=MAX_STARS).contains(&stars) {
            let words = format!("请选择 1 到 {MAX_STARS} 星");
            return Err(FieldError::new("stars", "field.option", words).into());
        }
        let comment = text_field("comment", comment.unwrap_or_default(), false, MAX_COMMENT)?;
        Ok(Self {
            meeting_id: hall.meeting().id,
            member_id,
            version: before.map_or(1, |before| before.version + 1),
            stars,
            comment: (!comment.is_empty()).then_some(comment),
            at: now,
        })
    }
}

/// Who of the list the account is, when that person was there.
fn rater(hall: &Hall, account: AccountId) -> Result<MemberId, Refusal> {
    let came = hall.of_account(account).filter(|attendee| !attendee.presence.is_empty());
    let refusal = || Refusal::forbidden("rating.not_present", "参加了会议的人才能评价");
    came.map(|attendee| attendee.member_id).ok_or_else(refusal)
}

/// All ratings of a meeting, without whose they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ratings {
    /// How many gave 1 to 5 stars.
    pub distribution: [u32; MAX_STARS as usize],
    /// What was said, in no order of time or stars.
    pub comments: Vec<String>,
}

/// What is shown of the ratings of a meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RatingSummary {
    /// How many have rated.
    pub count: u32,
    /// What came of it, when enough have.
    pub result: Option<Ratings>,
}

impl Ratings {
    /// What is shown of them; comments are sorted by their words, so that their order tells nothing.
    pub fn summary(mut self) -> RatingSummary {
        let count = self.count();
        self.comments.sort_unstable();
        RatingSummary { count, result: (count >= FEWEST_RATINGS).then_some(self) }
    }

    /// How many have rated.
    pub fn count(&self) -> u32 {
        self.distribution.iter().sum()
    }

    /// All stars together; with [`count`](Self::count) the exact average as a fraction.
    pub fn sum(&self) -> u32 {
        (1..).zip(self.distribution).map(|(stars, count): (u32, u32)| stars * count).sum()
    }

    /// The average with one decimal, rounded half up; nothing when nobody has rated.
    pub fn average(&self) -> Option<String> {
        let (sum, count) = (self.sum(), self.count());
        (count > 0).then(|| {
            let tenths = (20 * sum + count) / (2 * count);
            format!("{}.{}", tenths / 10, tenths % 10)
        })
    }
}
