//! What a calendar must be before anything is counted by it.

use chrono::{Datelike, NaiveDate};

use super::{Period, SpecialDay, WorkingCalendar};
use crate::problem::{FieldError, text_field};

/// Years that a calendar may speak of: one time and no daylight saving since 1992 (domain rules §12.1).
pub(super) const YEARS: std::ops::RangeInclusive<i32> = 1992..=2200;
/// Most special days: a century of holidays and make-up days.
const MAX_DAYS: usize = 4_000;
/// Most periods of one day.
const MAX_PERIODS: usize = 12;
/// Longest name of a special day, in characters.
pub(super) const MAX_NAME: usize = 50;

impl WorkingCalendar {
    /// Checks that time can be counted by this calendar.
    ///
    /// # Errors
    /// Every field that is wrong, as a path into the JSON form: `week.0.1`, `makeup.0`, `days.2026-10-01`,
    /// `days.2026-10-01.hours.0`, `days.2026-10-01.name`, `noticed`. Codes: `calendar.empty_period`,
    /// `calendar.overlap`, `calendar.order`, `calendar.too_many_periods`, `calendar.no_working_time`,
    /// `calendar.no_hours`, `calendar.hours_on_day_off`, `calendar.too_many_days`, `calendar.year`, and those of
    /// [`text_field`] for names.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        for (weekday, periods) in self.week.iter().enumerate() {
            check_periods(&format!("week.{weekday}"), periods, &mut errors);
        }
        // Make-up days alone would leave every year without a notice without an end to any due time.
        if self.week.iter().flatten().all(|period| period.millis() == 0) {
            errors.push(FieldError::new("week", "calendar.no_working_time", "一周中至少要有一段工作时间"));
        }
        check_periods("makeup", &self.makeup, &mut errors);
        if self.days.len() > MAX_DAYS {
            errors.push(FieldError::new("days", "calendar.too_many_days", format!("特殊日期最多 {MAX_DAYS} 天")));
        } else {
            for (&date, day) in &self.days {
                self.check_day(date, day, &mut errors);
            }
        }
        if let Some(year) = self.noticed.iter().find(|year| !YEARS.contains(year)) {
            errors.push(year_error("noticed", *year));
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// Checks one special day.
    fn check_day(&self, date: NaiveDate, day: &SpecialDay, errors: &mut Vec<FieldError>) {
        let field = format!("days.{date}");
        if !YEARS.contains(&date.year()) {
            errors.push(year_error(&field, date.year()));
        }
        if let Err(error) = text_field(&format!("{field}.name"), &day.name, true, MAX_NAME) {
            errors.push(error);
        }
        match (&day.hours, day.working) {
            (Some(_), false) => errors.push(FieldError::new(
                format!("{field}.hours"),
                "calendar.hours_on_day_off",
                format!("{date} 是休息日，不能设置工作时间"),
            )),
            (None, false) => {}
            (hours, true) => {
                if hours.as_ref().unwrap_or(&self.makeup).is_empty() {
                    let message = format!("{date} 是调休上班日，但没有工作时间，请填写当天或调休日的工作时间");
                    errors.push(FieldError::new(&*field, "calendar.no_hours", message));
                }
                // Errors of the make-up hours are told once, under their own name.
                check_periods(&format!("{field}.hours"), hours.as_deref().unwrap_or(&[]), errors);
            }
        }
    }
}

/// Checks the periods of one day: each has a length, each begins no earlier than the one before it ends. One may begin
/// exactly where the other ends.
fn check_periods(field: &str, periods: &[Period], errors: &mut Vec<FieldError>) {
    if periods.len() > MAX_PERIODS {
        let message = format!("一天最多 {MAX_PERIODS} 段工作时间");
        errors.push(FieldError::new(field, "calendar.too_many_periods", message));
        return;
    }
    let mut before: Option<&Period> = None;
    for (index, period) in periods.iter().enumerate() {
        let mut wrong = |code, message| errors.push(FieldError::new(format!("{field}.{index}"), code, message));
        let Period { from, to } = period;
        if from >= to {
            wrong("calendar.empty_period", format!("结束时间 {to} 应晚于开始时间 {from}"));
            // A period without length says nothing about the order of the others.
            continue;
        }
        match before {
            Some(earlier) if *to <= earlier.from => {
                wrong("calendar.order", format!("{from}–{to} 应排在 {}–{} 之前", earlier.from, earlier.to));
            }
            Some(earlier) if *from < earlier.to => {
                wrong("calendar.overlap", format!("{from}–{to} 与 {}–{} 重叠", earlier.from, earlier.to));
            }
            _ => {}
        }
        before = Some(period);
    }
}

/// A year outside of [`YEARS`].
fn year_error(field: &str, year: i32) -> FieldError {
    let message = format!("{year} 年超出范围，应在 {} 年到 {} 年之间", YEARS.start(), YEARS.end());
    FieldError::new(field, "calendar.year", message)
}
