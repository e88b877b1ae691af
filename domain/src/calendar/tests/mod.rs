//! Tests of the calendar: tables of the rules, known mistakes of other systems, and a brute-force oracle.

mod check;
mod laws;
mod notices;
mod oracle;
mod random;
mod tables;

use super::*;
use crate::clock::Timestamp;

/// A minute in milliseconds.
const MINUTE: i64 = 60_000;
/// An hour in milliseconds.
const HOUR: i64 = 60 * MINUTE;

/// The instant of a local time (`2026-02-13 17:59`, with seconds and more if wanted).
fn local(text: &str) -> Timestamp {
    let (date, time) = text.split_once(' ').unwrap();
    // 24:00 is the next day's 00:00; the notation is kept because the rules speak so.
    let (time, over) = if time == "24:00" { ("00:00", 24 * HOUR) } else { (time, 0) };
    let seconds = if time.len() == 5 { ":00" } else { "" };
    format!("{date}T{time}{seconds}+08:00").parse::<Timestamp>().unwrap().plus_millis(over)
}

/// The stretch between two local times.
fn span(from: &str, to: &str) -> Span {
    Span { from: local(from), to: local(to) }
}

/// A date.
fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Periods from `"08:30-12:00 14:30-18:00"`.
fn hours(text: &str) -> Vec<Period> {
    text.split_whitespace()
        .map(|period| {
            let (from, to) = period.split_once('-').unwrap();
            Period { from: from.parse().unwrap(), to: to.parse().unwrap() }
        })
        .collect()
}

/// A calendar with these hours on the weekdays (Monday is 0) and on make-up days, and nothing else.
fn on_weekdays(text: &str, weekdays: &[usize]) -> WorkingCalendar {
    let week = std::array::from_fn(|day| if weekdays.contains(&day) { hours(text) } else { Vec::new() });
    WorkingCalendar { week, makeup: hours(text), ..WorkingCalendar::default() }
}

/// The usual hours with the real notices of 2025 and 2026.
fn noticed() -> WorkingCalendar {
    known_notices().iter().fold(WorkingCalendar::default(), |calendar, notice| calendar.with_notice(notice))
}
