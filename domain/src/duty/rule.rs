//! What is due: a rule for each type of meeting, as data. Those of the regulations are built in; a tenant switches them
//! off, changes their numbers, and gives its own types a rule.

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};

use super::period::{Period, PeriodKind};
use crate::problem::FieldError;

/// Meetings in a period at most.
const MAX_MINIMUM: u32 = 31;
/// Workdays before the end of a period at most.
const MAX_WORKDAYS: u32 = 60;
/// Days for the minutes at most.
const MAX_MINUTES_DAYS: u32 = 90;
/// Workdays for an answer at most.
const MAX_ANSWER_WORKDAYS: u32 = 30;
/// From so many full members on a branch has a committee (支部工作条例（试行）第二十条; domain.md §4.3).
pub const COMMITTEE_FROM: u32 = 7;
/// Workdays that an order or a nudge waits for its answer when nothing else is said.
pub const ANSWER_WORKDAYS: u32 = 2;

/// Which branches a rule holds for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppliesTo {
    /// Every branch.
    EveryBranch,
    /// Branches with a committee: of [`COMMITTEE_FROM`] full members or more.
    WithCommittee,
    /// Each group of a branch.
    EachGroup,
}

impl AppliesTo {
    /// All.
    pub const ALL: [Self; 3] = [Self::EveryBranch, Self::WithCommittee, Self::EachGroup];

    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EveryBranch => "every_branch",
            Self::WithCommittee => "with_committee",
            Self::EachGroup => "each_group",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|applies| applies.as_str() == text)
    }
}

/// What is due of one type of meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DutyRule {
    /// Code of the type.
    pub type_code: String,
    /// Whether anything is due at all.
    pub enabled: bool,
    /// How long its periods are.
    pub period: PeriodKind,
    /// Meetings in a period at least; from 1.
    pub minimum: u32,
    /// For whom.
    pub applies_to: AppliesTo,
    /// A meeting counts when more than so many of a hundred voting members on its list came; nothing: whoever came.
    pub quorum_percent: Option<u32>,
    /// Yellow when nothing is planned and no more workdays are left in the period.
    pub yellow_workdays: u32,
    /// Orange, likewise.
    pub orange_workdays: u32,
    /// Days after the meeting within which its minutes are signed; nothing: they are not asked for.
    pub minutes_days: Option<u32>,
    /// Workdays that an order or a nudge about it waits for its answer before it goes up.
    pub answer_workdays: u32,
    /// Periods that begin earlier are not counted.
    pub valid_from: NaiveDate,
    /// Nor those that end later.
    pub valid_to: Option<NaiveDate>,
    /// Grows with every change; 0: as built in.
    pub version: u32,
}

impl DutyRule {
    /// What a tenant's own type begins with: one meeting a month of every branch.
    pub fn usual(type_code: &str) -> Self {
        Self {
            type_code: type_code.to_owned(),
            enabled: true,
            period: PeriodKind::Month,
            minimum: 1,
            applies_to: AppliesTo::EveryBranch,
            quorum_percent: None,
            yellow_workdays: 10,
            orange_workdays: 3,
            minutes_days: Some(7),
            answer_workdays: ANSWER_WORKDAYS,
            valid_from: first_day(),
            valid_to: None,
            version: 0,
        }
    }

    /// Whether it holds for a whole period.
    pub fn is_in_force(&self, period: Period) -> bool {
        self.enabled
            && period.first_day() >= self.valid_from
            && self.valid_to.is_none_or(|last| period.last_day() <= last)
    }

    /// The rule, if its numbers make sense.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn check(self) -> Result<Self, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let mut range = |field: &str, value: u32, from: u32, to: u32| {
            if !(from..=to).contains(&value) {
                wrong.push(FieldError::new(field, "field.range", format!("应为 {from} 到 {to}")));
            }
        };
        range("minimum", self.minimum, 1, MAX_MINIMUM);
        range("yellow_workdays", self.yellow_workdays, 0, MAX_WORKDAYS);
        range("orange_workdays", self.orange_workdays, 0, MAX_WORKDAYS);
        range("answer_workdays", self.answer_workdays, 1, MAX_ANSWER_WORKDAYS);
        range("quorum_percent", self.quorum_percent.unwrap_or_default(), 0, 99);
        range("minutes_days", self.minutes_days.unwrap_or_default(), 0, MAX_MINUTES_DAYS);
        if self.orange_workdays > self.yellow_workdays {
            let words = "橙色预警不能早于黄色预警";
            wrong.push(FieldError::new("orange_workdays", "duty_rule.orange_before_yellow", words));
        }
        let odd = |day: NaiveDate| !(1921..=9998).contains(&day.year());
        if odd(self.valid_from) {
            wrong.push(FieldError::new("valid_from", "field.date", "生效日期不正确"));
        }
        if self.valid_to.is_some_and(odd) {
            wrong.push(FieldError::new("valid_to", "field.date", "失效日期不正确"));
        } else if self.valid_to.is_some_and(|to| to < self.valid_from) {
            wrong.push(FieldError::new("valid_to", "field.range", "失效日期不能早于生效日期"));
        }
        if wrong.is_empty() { Ok(self) } else { Err(wrong) }
    }
}

/// In force since the regulations on branches' work were issued (支部工作条例（试行）, 28 October 2018).
fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2018, 10, 28).unwrap_or_default()
}

/// The rules of the regulations, in the order of the built-in types:
///
/// | type | at least | for | source |
/// | --- | --- | --- | --- |
/// | 党员大会 | 1 a quarter | every branch; more than half of those with a vote | 支部工作条例（试行）第十一条 |
/// | 支委会 | 1 a month | branches with a committee; more than half | 第十二条 |
/// | 党小组会 | 1 a month | each group | 第十三条 |
/// | 党课 | 1 a quarter | every branch; no national number, common practice (manual S2 §2.7.5 warns quarterly) | 第十四条 |
/// | 主题党日 | 1 a month | every branch | 第十六条 |
/// | 组织生活会 | 1 a year | every branch | 第十五条 |
/// | 民主评议 | 1 a year | every branch | 第十七条 |
/// | 支部评议 | 1 a year | every branch | common practice (manual S2 §1.5.1) |
pub fn built_in_rules() -> Vec<DutyRule> {
    use AppliesTo::{EachGroup, EveryBranch, WithCommittee};
    use PeriodKind::{Month, Quarter, Year};
    [
        ("general_meeting", Quarter, EveryBranch, Some(50)),
        ("committee_meeting", Month, WithCommittee, Some(50)),
        ("group_meeting", Month, EachGroup, None),
        ("party_lecture", Quarter, EveryBranch, None),
        ("party_day", Month, EveryBranch, None),
        ("organisation_life", Year, EveryBranch, None),
        ("appraisal", Year, EveryBranch, None),
        ("branch_appraisal", Year, EveryBranch, None),
    ]
    .into_iter()
    .map(|(code, period, applies_to, quorum_percent)| DutyRule {
        period,
        applies_to,
        quorum_percent,
        ..DutyRule::usual(code)
    })
    .collect()
}

/// All rules of a tenant: the built-in ones, as it changed them, and those of its own types.
pub fn all_rules(stored: &[DutyRule]) -> Vec<DutyRule> {
    let built_in = built_in_rules();
    let changed = |rule: &DutyRule| stored.iter().find(|own| own.type_code == rule.type_code).cloned();
    let own = stored.iter().filter(|own| built_in.iter().all(|rule| rule.type_code != own.type_code)).cloned();
    built_in.iter().map(|rule| changed(rule).unwrap_or_else(|| rule.clone())).chain(own).collect()
}
