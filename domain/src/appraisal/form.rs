//! What one person fills in: of oneself a grade and words, of others a grade each. A form is sent whole, and may be sent anew
//! until the deadline.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::grade::Grade;
use super::participant::Participant;
use crate::ids::{AccountId, MemberId};
use crate::problem::{FieldError, Refusal, text_field};

const MAX_SELF_TEXT: usize = 2_000;
/// Of those who were left out so many are named.
const NAMED: usize = 10;

/// 自评
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfRating {
    /// The grade that somebody finds right for themselves.
    pub grade: Grade,
    /// Why.
    pub text: String,
}

/// A form. Neither it nor its parts have `Debug`: nothing of it may find its way into a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// 自评与互评 of a participant.
    Member {
        /// 自评; of probationary members, who get no grade, nothing.
        own: Option<SelfRating>,
        /// 互评
        ratings: BTreeMap<MemberId, Grade>,
    },
    /// 群众评议 of somebody who is no member.
    Mass {
        /// Of those whom the person knows.
        ratings: BTreeMap<MemberId, Grade>,
    },
}

impl std::fmt::Debug for SelfRating {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SelfRating")
    }
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Form")
    }
}

impl Form {
    /// The kind of form: `member` or `mass`.
    pub const fn kind(&self) -> RaterKind {
        match self {
            Self::Member { .. } => RaterKind::Member,
            Self::Mass { .. } => RaterKind::Mass,
        }
    }

    /// The form of a participant: a rating of oneself, if one gets a grade, and a grade for each other who does.
    ///
    /// # Errors
    /// Every field that is wrong: `self` left out or not expected, `ratings` that do not name each other one once.
    pub fn of_participant(
        participants: &[Participant],
        rater: &Participant,
        own: Option<(Grade, &str)>,
        ratings: BTreeMap<MemberId, Grade>,
    ) -> Result<Self, Refusal> {
        let mut wrong = Vec::new();
        let own = match (own, rater.is_graded()) {
            (Some((grade, text)), true) => match text_field("self.text", text, true, MAX_SELF_TEXT) {
                Ok(text) => Some(SelfRating { grade, text }),
                Err(error) => {
                    wrong.push(error);
                    None
                }
            },
            (None, true) => {
                wrong.push(FieldError::new("self", "field.required", "请填写自评"));
                None
            }
            (Some(_), false) => {
                wrong.push(FieldError::new("self", "appraisal.not_graded", "预备党员不评定等次，不需要自评"));
                None
            }
            (None, false) => None,
        };
        if ratings.contains_key(&rater.member_id) {
            wrong.push(FieldError::new("ratings", "appraisal.own_rating", "互评中不能评自己"));
        }
        wrong.extend(unknown(participants, &ratings));
        let others = participants.iter().filter(|one| one.is_graded() && one.member_id != rater.member_id);
        let left: Vec<&str> =
            others.filter(|one| !ratings.contains_key(&one.member_id)).map(|one| one.name.as_str()).collect();
        if !left.is_empty() {
            let more = if left.len() > NAMED { " 等" } else { "" };
            let names = left[..left.len().min(NAMED)].join("、");
            let words = format!("还有 {} 人没有评：{names}{more}", left.len());
            wrong.push(FieldError::new("ratings", "appraisal.incomplete", words));
        }
        if wrong.is_empty() { Ok(Self::Member { own, ratings }) } else { Err(Refusal::fields(wrong)) }
    }

    /// The form of somebody who is no member: a grade for each whom the person knows, one at least.
    ///
    /// # Errors
    /// The field `ratings`.
    pub fn of_mass(participants: &[Participant], ratings: BTreeMap<MemberId, Grade>) -> Result<Self, Refusal> {
        if let Some(wrong) = unknown(participants, &ratings) {
            return Err(wrong.into());
        }
        if ratings.is_empty() {
            return Err(FieldError::new("ratings", "field.required", "请至少评一名党员").into());
        }
        Ok(Self::Mass { ratings })
    }
}

/// The error of ratings of somebody who gets no grade here.
fn unknown(participants: &[Participant], ratings: &BTreeMap<MemberId, Grade>) -> Option<FieldError> {
    let known = |id: &MemberId| participants.iter().any(|one| one.is_graded() && one.member_id == *id);
    let words = "评议对象不在本次参评正式党员中";
    (!ratings.keys().all(known)).then(|| FieldError::new("ratings", "appraisal.not_graded", words))
}

/// As what somebody rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RaterKind {
    /// 参加对象
    Member,
    /// 群众
    Mass,
}

impl RaterKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Member, Self::Mass];

    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Mass => "mass",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// The participant whom an account belongs to.
pub fn participant_of(participants: &[Participant], account: AccountId) -> Option<&Participant> {
    participants.iter().find(|one| one.account_id == account)
}
