//! Periods that duties are counted in: `2026-11`, `2026-Q4`, `2026`; their days are local days in China.

use chrono::{Datelike as _, Days, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::calendar_day::{date_start, local_date};
use crate::clock::Timestamp;

/// How long the periods of a rule are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeriodKind {
    /// 每月
    Month,
    /// 每季度
    Quarter,
    /// 每年
    Year,
}

impl PeriodKind {
    /// All, the shortest first.
    pub const ALL: [Self; 3] = [Self::Month, Self::Quarter, Self::Year];

    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// How many of them a year has.
    pub const fn in_a_year(self) -> u32 {
        match self {
            Self::Month => 12,
            Self::Quarter => 4,
            Self::Year => 1,
        }
    }

    const fn months(self) -> u32 {
        12 / self.in_a_year()
    }
}

/// One month, quarter or year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    year: i32,
    /// From 0.
    index: u32,
    kind: PeriodKind,
}

impl Period {
    /// The periods of a kind in a year, in order.
    pub fn of_year(kind: PeriodKind, year: i32) -> impl Iterator<Item = Self> {
        (0..kind.in_a_year()).map(move |index| Self { year, index, kind })
    }

    /// The one that holds a local date.
    pub fn of_date(kind: PeriodKind, date: NaiveDate) -> Self {
        Self { year: date.year(), index: date.month0() / kind.months(), kind }
    }

    /// The one that holds an instant; nothing beyond the calendar.
    pub fn at(kind: PeriodKind, at: Timestamp) -> Option<Self> {
        local_date(at).map(|date| Self::of_date(kind, date))
    }

    /// How long it is.
    pub const fn kind(self) -> PeriodKind {
        self.kind
    }

    /// The one before.
    #[must_use]
    pub const fn previous(self) -> Self {
        match self.index.checked_sub(1) {
            Some(index) => Self { index, ..self },
            None => Self { year: self.year - 1, index: self.kind.in_a_year() - 1, ..self },
        }
    }

    /// The one after.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.index + 1 < self.kind.in_a_year() {
            Self { index: self.index + 1, ..self }
        } else {
            Self { year: self.year + 1, index: 0, ..self }
        }
    }

    /// Its first day.
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, self.index * self.kind.months() + 1, 1).unwrap_or_default()
    }

    /// Its last day.
    pub fn last_day(self) -> NaiveDate {
        let after = self.next().first_day();
        after.checked_sub_days(Days::new(1)).unwrap_or(after)
    }

    /// Its begin: midnight in China.
    pub fn begin(self) -> Timestamp {
        date_start(self.first_day())
    }

    /// The end; the first instant that is not in it any more.
    pub fn end(self) -> Timestamp {
        date_start(self.next().first_day())
    }

    /// Whether it holds an instant.
    pub fn contains(self, at: Timestamp) -> bool {
        at >= self.begin() && at < self.end()
    }

    /// What people call it.
    pub fn title(self) -> String {
        let number = self.index + 1;
        match self.kind {
            PeriodKind::Month => format!("{}年{number}月", self.year),
            PeriodKind::Quarter => format!("{}年第{number}季度", self.year),
            PeriodKind::Year => format!("{}年", self.year),
        }
    }
}

impl std::fmt::Display for Period {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.kind {
            PeriodKind::Month => write!(f, "{:04}-{:02}", self.year, self.index + 1),
            PeriodKind::Quarter => write!(f, "{:04}-Q{}", self.year, self.index + 1),
            PeriodKind::Year => write!(f, "{:04}", self.year),
        }
    }
}

/// Text that is no period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a period")]
pub struct BadPeriod;

impl std::str::FromStr for Period {
    type Err = BadPeriod;

    /// Reads what [`Display`](std::fmt::Display) writes, of the years 1900 to 9998.
    fn from_str(text: &str) -> Result<Self, BadPeriod> {
        let (year, kind, number) = match text.split_once('-') {
            None => (text, PeriodKind::Year, "1"),
            Some((year, part)) => match part.strip_prefix('Q') {
                Some(quarter) => (year, PeriodKind::Quarter, quarter),
                None => (year, PeriodKind::Month, part),
            },
        };
        let year: i32 = year.parse().map_err(|_| BadPeriod)?;
        let number: u32 = number.parse().map_err(|_| BadPeriod)?;
        let index = number.checked_sub(1).filter(|index| *index < kind.in_a_year()).ok_or(BadPeriod)?;
        let period = Self { year, index, kind };
        // One way to write each: "2026-1" and "+2026" are none.
        ((1900..=9998).contains(&year) && period.to_string() == text).then_some(period).ok_or(BadPeriod)
    }
}
