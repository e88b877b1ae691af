//! Periods that people ask for, in days of China.

use chrono::{Datelike as _, NaiveDate};
use lianxin_domain::calendar_day::{date_start, local_date};
use lianxin_domain::clock::Timestamp;

use crate::error::ApiError;
use crate::page::refused;

/// Days of one period: a committee's term is three to five years (党章, article 31).
const MAX_DAYS: i64 = 1_830;

/// A period in days of China.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Period {
    pub(crate) first: NaiveDate,
    pub(crate) last: NaiveDate,
    /// The first moment of the first day.
    pub(crate) from: Timestamp,
    /// The first moment after the last day.
    pub(crate) until: Timestamp,
}

impl Period {
    /// From `from`, else what `begin` makes of the last day, until `until`, else today.
    pub(crate) fn of(
        from: Option<NaiveDate>,
        until: Option<NaiveDate>,
        begin: impl FnOnce(NaiveDate) -> Option<NaiveDate>,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        let last = until.or_else(|| local_date(now)).ok_or(ApiError::Internal)?;
        let first = match from {
            Some(first) => first,
            None => in_calendar("until", last).and_then(|()| begin(last).ok_or(ApiError::Internal))?,
        };
        in_calendar("from", first)?;
        in_calendar("until", last)?;
        in_order(first, last)?;
        if (last - first).num_days() >= MAX_DAYS {
            return Err(refused("until", "一次最多统计五年"));
        }
        Ok(Self { first, last, from: date_start(first), until: day_after(last)? })
    }

    /// The first moment of `from` and the first one after `until`; either may be open.
    pub(crate) fn bounds(
        from: Option<NaiveDate>,
        until: Option<NaiveDate>,
    ) -> Result<(Option<Timestamp>, Option<Timestamp>), ApiError> {
        for (field, day) in [("from", from), ("until", until)] {
            day.map(|day| in_calendar(field, day)).transpose()?;
        }
        from.zip(until).map(|(first, last)| in_order(first, last)).transpose()?;
        Ok((from.map(date_start), until.map(day_after).transpose()?))
    }
}

/// The first of January of a day's year.
pub(crate) fn year_start(day: NaiveDate) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(day.year(), 1, 1)
}

fn day_after(day: NaiveDate) -> Result<Timestamp, ApiError> {
    day.succ_opt().map(date_start).ok_or(ApiError::Internal)
}

fn in_calendar(field: &str, day: NaiveDate) -> Result<(), ApiError> {
    if (1900..=2200).contains(&day.year()) {
        Ok(())
    } else {
        Err(refused(field, "日期应在 1900 至 2200 年之间"))
    }
}

fn in_order(first: NaiveDate, last: NaiveDate) -> Result<(), ApiError> {
    if last < first { Err(refused("until", "结束日期不能早于开始日期")) } else { Ok(()) }
}
