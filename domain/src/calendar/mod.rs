//! The working-time calendar: when an office works, and due times that count only that (domain rules §12.2, §12.3).
//!
//! Everything is a pure function of the calendar's data. Local time is Asia/Shanghai as a fixed UTC+8
//! (see [`crate::calendar_day`]). Rules: Civil Code 201 (the day itself does not count), 203 (a period ends at close
//! of business), and the State Council Office's yearly notice of holidays and make-up workdays (调休).
//!
//! "Around the clock" limits need none of this: they are plain addition.

mod arithmetic;
mod check;
mod explain;
mod notice;
mod period;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

pub use arithmetic::NoFuture;
pub use explain::ExplainedDay;
pub use notice::{NoticeDay, NoticeEffect, YearNotice, known_notices};
pub use period::{NotATimeOfDay, Period, Span, TimeOfDay};

/// The hours of an office that never said otherwise.
const USUAL_HOURS: [Period; 2] = [Period::of_minutes(510, 720), Period::of_minutes(870, 1080)];

/// What a date is when it is not what its weekday says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecialDay {
    /// Whether it is worked: `true` for a make-up workday, `false` for a holiday.
    pub working: bool,
    /// What people call it (`国庆节`), 1..=50 characters.
    pub name: String,
    /// Its hours, only for a working day; without them the calendar's make-up hours hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Vec<Period>>,
}

/// When an office works: its week, and the dates that are not what their weekday says.
///
/// The arithmetic expects what [`WorkingCalendar::check`] accepts; on anything else it answers something, without a
/// panic. JSON keys of `days` are dates (`2026-10-01`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkingCalendar {
    /// Counts the changes, so that a due time can say by which calendar it was computed; 0 is the built-in one.
    pub version: u32,
    /// The hours of each weekday, Monday first; none: not a working day.
    pub week: [Vec<Period>; 7],
    /// The hours of a make-up workday (调休), whatever its weekday.
    pub makeup: Vec<Period>,
    /// The special days.
    pub days: BTreeMap<NaiveDate, SpecialDay>,
    /// Years whose State Council notice is in; every other year is provisional (暂定).
    pub noticed: BTreeSet<i32>,
}

impl Default for WorkingCalendar {
    /// Version 0: Monday to Friday and make-up days 08:30–12:00 and 14:30–18:00, no special days, no notices.
    fn default() -> Self {
        let hours = USUAL_HOURS.to_vec();
        let week = std::array::from_fn(|day| if day < 5 { hours.clone() } else { Vec::new() });
        Self { version: 0, week, makeup: hours, days: BTreeMap::new(), noticed: BTreeSet::new() }
    }
}

impl WorkingCalendar {
    /// The office hours of a local date, in order; empty: not a working day.
    pub fn periods_on(&self, date: NaiveDate) -> &[Period] {
        match self.days.get(&date) {
            Some(SpecialDay { working: false, .. }) => &[],
            Some(SpecialDay { hours, .. }) => hours.as_deref().unwrap_or(&self.makeup),
            None => self.week.get(date.weekday().num_days_from_monday() as usize).map_or(&[], Vec::as_slice),
        }
    }

    /// Whether the notice of the date's year is not in yet, so that its holidays are not known (暂定).
    pub fn is_provisional(&self, date: NaiveDate) -> bool {
        !self.noticed.contains(&date.year())
    }
}
