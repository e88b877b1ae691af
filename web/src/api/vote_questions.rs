//! What callers write of a vote: the question and the rule by which it is decided.

use lianxin_domain::vote::{Base, Majority, Method, Question, Secrecy, Share, Show};
use serde::Deserialize;
use utoipa::ToSchema;

use super::tickets::one_field;
use crate::error::ApiError;

/// The highest score when nothing else is said.
const TOP_SCORE: u32 = 10;

/// A share of a number of people.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareInput {
    numerator: u32,
    /// At most 1,000.
    denominator: u32,
    /// More than the share is needed (过半数); else the share itself is enough.
    #[serde(default)]
    more_than: bool,
}

impl From<ShareInput> for Share {
    fn from(ShareInput { numerator, denominator, more_than }: ShareInput) -> Self {
        Self { numerator, denominator, more_than }
    }
}

/// How many votes decide.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MajorityInput {
    /// `expected` 应到, `present` 实到, `valid` 有效票, `yes_and_no` 赞成票与反对票之和.
    #[schema(value_type = String)]
    base: Base,
    numerator: u32,
    denominator: u32,
    #[serde(default)]
    more_than: bool,
}

/// What is to be voted on.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestionInput {
    /// 1 to 100 characters.
    title: String,
    /// `single`, `multiple`, `yes_no_abstain` or `score`.
    #[schema(value_type = String)]
    method: Method,
    /// `open` 记名 or `secret` 无记名.
    #[schema(value_type = String)]
    secrecy: Secrecy,
    /// Up to 100 of 1 to 60 characters; of `yes_no_abstain` the matters, by default the title.
    #[serde(default)]
    options: Vec<String>,
    /// The fewest choices (`single` 1, `multiple` 1), or the lowest score (0).
    #[serde(default)]
    min: Option<u32>,
    /// The most choices (`single` 1, `multiple` all), or the highest score (10).
    #[serde(default)]
    max: Option<u32>,
    /// 应选人数
    #[serde(default)]
    seats: Option<u32>,
    /// How many of those who may vote must be there.
    #[serde(default, deserialize_with = "crate::object::object")]
    quorum: Option<ShareInput>,
    #[serde(default, deserialize_with = "crate::object::object")]
    majority: Option<MajorityInput>,
    /// `live` or `after_close` (the default); never `live` when it is secret.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    show: Option<Show>,
    /// Of a change the vote's version that it was made from.
    #[serde(default)]
    version: Option<u32>,
}

impl QuestionInput {
    /// The question of a new vote.
    pub(super) fn first(&self) -> Result<Box<Question>, ApiError> {
        match self.version {
            None => Ok(Box::new(Question::from(self.clone()))),
            Some(_) => Err(one_field("version", "field.unexpected", "新建表决没有版本号")),
        }
    }

    /// The changed question, and the version that it was made from.
    pub(super) fn change(&self) -> Result<(Box<Question>, u32), ApiError> {
        let version = self.version.ok_or_else(|| one_field("version", "field.required", "缺少这个字段"))?;
        Ok((Box::new(Question::from(self.clone())), version))
    }
}

impl From<QuestionInput> for Question {
    fn from(input: QuestionInput) -> Self {
        let size = u32::try_from(input.options.len()).unwrap_or(u32::MAX);
        let (min, max) = match input.method {
            Method::Single => (1, 1),
            Method::Multiple => (1, size),
            Method::YesNoAbstain => (size.max(1), size.max(1)),
            Method::Score => (0, TOP_SCORE),
        };
        let majority = input.majority.map(|MajorityInput { base, numerator, denominator, more_than }| Majority {
            base,
            share: Share { numerator, denominator, more_than },
        });
        Self {
            title: input.title,
            method: input.method,
            secrecy: input.secrecy,
            options: input.options,
            min: input.min.unwrap_or(min),
            max: input.max.unwrap_or(max),
            seats: input.seats,
            quorum: input.quorum.map(Share::from),
            majority,
            show: input.show.unwrap_or(Show::AfterClose),
        }
    }
}
