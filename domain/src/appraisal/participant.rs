//! Those who take part, fixed when the appraisal is made: full members, who are graded, and probationary ones, who are not.

use super::form::SelfRating;
use super::grade::Grade;
use super::tally::Tally;
use crate::clock::Timestamp;
use crate::ids::{AccountId, MemberId};
use crate::member::MemberStanding;
use crate::person::PersonRef;

/// What the organisation found (组织评定).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenGrade {
    /// The grade.
    pub grade: Grade,
    /// 鉴定意见
    pub opinion: String,
    /// What follows for the person (教育、限期改正 …); words, nothing more.
    pub follow_up: Option<String>,
    /// When it was written down.
    pub at: Timestamp,
    /// Who wrote it down.
    pub by: PersonRef,
}

/// Somebody who takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// Whose.
    pub member_id: MemberId,
    /// What the person signs in with.
    pub account_id: AccountId,
    /// The name, when the appraisal was made.
    pub name: String,
    /// 正式 or 预备, when the appraisal was made.
    pub standing: MemberStanding,
    /// Sent a form; known when the forms are counted.
    pub took_part: bool,
    /// 自评; when the forms are counted.
    pub own: Option<SelfRating>,
    /// 互评; when the forms are counted.
    pub mutual: Tally,
    /// 群众评议; when the forms are counted.
    pub mass: Tally,
    /// 组织评定
    pub grade: Option<GivenGrade>,
    /// When the person took note of it (本人已阅).
    pub acknowledged_at: Option<Timestamp>,
}

impl Participant {
    /// Somebody who has done nothing yet.
    pub const fn new(member_id: MemberId, account_id: AccountId, name: String, standing: MemberStanding) -> Self {
        Self {
            member_id,
            account_id,
            name,
            standing,
            took_part: false,
            own: None,
            mutual: Tally { raters: 0, counts: None },
            mass: Tally { raters: 0, counts: None },
            grade: None,
            acknowledged_at: None,
        }
    }

    /// Whether the person gets a grade: probationary members rate and get none.
    pub fn is_graded(&self) -> bool {
        self.standing == MemberStanding::Full
    }

    /// The grade, if there is one yet.
    pub fn given(&self) -> Option<Grade> {
        self.grade.as_ref().map(|given| given.grade)
    }
}
