//! Local days: where a day begins in China (domain rules §12.1).
//!
//! China has had one time and no daylight saving since 15 September 1991, so a fixed UTC+8 is right for every
//! instant that this system makes. It is wrong for summers 1986–1991: dates of birth or joining are calendar
//! dates and never go through here.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

use crate::clock::Timestamp;

/// Asia/Shanghai is this far ahead of UTC, in milliseconds.
const OFFSET_MILLIS: i64 = 8 * 60 * 60 * 1000;
/// A day in milliseconds.
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// The instant at which the local day of `at` began, 00:00 in Asia/Shanghai.
pub fn day_start(at: Timestamp) -> Timestamp {
    let local = at.millis().saturating_add(OFFSET_MILLIS);
    at.plus_millis(-local.rem_euclid(DAY_MILLIS))
}

/// The instant at which the local day after that of `at` begins; a day is `day_start(at)..next_day_start(at)`.
pub fn next_day_start(at: Timestamp) -> Timestamp {
    day_start(at).plus_millis(DAY_MILLIS)
}

/// The instant at which a local date begins, 00:00 in Asia/Shanghai.
pub fn date_start(date: NaiveDate) -> Timestamp {
    let midnight = date.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
    Timestamp::from_millis(midnight).plus_millis(-OFFSET_MILLIS)
}

/// The local date of `at`; `None` only beyond the calendar (year ±262,000).
pub fn local_date(at: Timestamp) -> Option<NaiveDate> {
    local_time(at).map(|time| time.date())
}

/// Date and time of day of `at`; `None` only beyond the calendar.
pub fn local_time(at: Timestamp) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_millis(at.millis().saturating_add(OFFSET_MILLIS)).map(|time| time.naive_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_sixteen_hours_utc() -> Result<(), chrono::ParseError> {
        for (at, start, date) in [
            ("2026-11-21T06:12:07.000Z", "2026-11-20T16:00:00.000Z", "2026-11-21"),
            ("2026-11-20T15:59:59.999Z", "2026-11-19T16:00:00.000Z", "2026-11-20"),
            ("2026-11-20T16:00:00.000Z", "2026-11-20T16:00:00.000Z", "2026-11-21"),
            ("2026-12-31T16:00:00.000Z", "2026-12-31T16:00:00.000Z", "2027-01-01"),
            ("1969-12-31T15:59:59.999Z", "1969-12-30T16:00:00.000Z", "1969-12-31"),
        ] {
            let at: Timestamp = at.parse()?;
            assert_eq!(day_start(at).to_string(), start);
            assert_eq!(next_day_start(at).since(day_start(at)), DAY_MILLIS);
            assert_eq!(local_date(at).map(|date| date.to_string()).as_deref(), Some(date));
            assert_eq!(date_start(date.parse()?).to_string(), start);
        }
        // The ends of the range are answered, not a panic.
        for millis in [i64::MIN, i64::MAX] {
            let _ = next_day_start(Timestamp::from_millis(millis));
            assert_eq!(local_date(Timestamp::from_millis(millis)), None);
        }
        Ok(())
    }
}
