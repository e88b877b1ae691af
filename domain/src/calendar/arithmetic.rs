//! Counting working time: between two instants, from an instant on, and to the close of a working day.
//!
//! All walks go by local days. [`WorkingCalendar::between`] counts whole weeks at once, so that its price does not grow
//! with the distance; the other two stop after 30 years.

use chrono::{Datelike, Days, NaiveDate};

use super::{Period, Span, WorkingCalendar};
use crate::calendar_day::{day_start, local_date};
use crate::clock::Timestamp;

/// A day in milliseconds.
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;
/// How many days ahead a due time is looked for: 30 years. A duty that is not due by then is a mistake in the
/// calendar or an unending pause, and whoever set it must be told.
pub(super) const HORIZON_DAYS: u64 = 30 * 366;
/// No working time is counted further than this from 1970, in milliseconds (some 250,000 years): the calendar of
/// dates ends a little later, and nothing within can overflow.
const REACH_MILLIS: i64 = 8_000_000_000_000_000;

/// There is no working time within 30 years: an unending pause, an amount without sense, or a start outside of what
/// the calendar of dates can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no working time within 30 years")]
pub struct NoFuture;

impl WorkingCalendar {
    /// Working milliseconds in `[from, to)` outside `pauses`; 0 when `to` is not after `from`.
    ///
    /// `pauses` may be unsorted, overlap, be empty or lie outside. Costs a look at every special day in between,
    /// whatever the distance.
    pub fn between(&self, from: Timestamp, to: Timestamp, pauses: &[Span]) -> i64 {
        let paused: i64 = merged(pauses)
            .into_iter()
            .map(|pause| self.worked(pause.from.max(from), pause.to.min(to)))
            .fold(0, i64::saturating_add);
        self.worked(from, to).saturating_sub(paused)
    }

    /// The first instant, not before `start`, by which `working_ms` have been worked outside `pauses`.
    ///
    /// When the amount is used up exactly at the end of a period, it is that end (close of business, Civil Code 203)
    /// and not the next opening. An amount of 0 or less is used up at `start`, in or out of office hours. `pauses` may
    /// be unsorted, overlap, be empty or begin before `start`.
    ///
    /// # Errors
    /// [`NoFuture`] when the amount is not worked within 30 years of `start`.
    pub fn add(&self, start: Timestamp, working_ms: i64, pauses: &[Span]) -> Result<Timestamp, NoFuture> {
        if working_ms <= 0 {
            return Ok(start);
        }
        let pauses = merged(pauses);
        let mut left = working_ms;
        let mut day = LocalDay::of(start).ok_or(NoFuture)?;
        let last = day.date.checked_add_days(Days::new(HORIZON_DAYS)).ok_or(NoFuture)?;
        while day.date <= last {
            let whole = Span { from: day.midnight.max(start), to: day.end() };
            if let Some(until) = covering(whole, &pauses) {
                // A pause of years is passed in one step.
                day = LocalDay::of(until).ok_or(NoFuture)?;
                continue;
            }
            for &period in self.periods_on(day.date) {
                for stretch in outside(day.span(period).within(whole), &pauses) {
                    let length = stretch.to.since(stretch.from);
                    if left <= length {
                        return Ok(stretch.from.plus_millis(left));
                    }
                    left -= length;
                }
            }
            day = day.next().ok_or(NoFuture)?;
        }
        Err(NoFuture)
    }

    /// Close of business of the `workdays`-th working day after the local day of `start`.
    ///
    /// The day of `start` itself does not count, whatever the hour (Civil Code 201); the last day ends at the close of
    /// its last period (203), which may be its 24:00. `workdays` is 1 or more; 0 is taken for 1.
    ///
    /// # Errors
    /// [`NoFuture`] when that day is more than 30 years away.
    pub fn close_after(&self, start: Timestamp, workdays: u32) -> Result<Timestamp, NoFuture> {
        let mut left = workdays.max(1);
        let mut day = LocalDay::of(start).ok_or(NoFuture)?;
        for _ in 0..HORIZON_DAYS {
            day = day.next().ok_or(NoFuture)?;
            if let Some(close) = self.periods_on(day.date).iter().map(|period| period.to).max() {
                left -= 1;
                if left == 0 {
                    return Ok(day.midnight.plus_millis(close.millis()));
                }
            }
        }
        Err(NoFuture)
    }

    /// Working milliseconds in `[from, to)`, without pauses.
    fn worked(&self, from: Timestamp, to: Timestamp) -> i64 {
        let window = Span { from: clamped(from), to: clamped(to) };
        let (Some(first), Some(last)) = (LocalDay::of(window.from), LocalDay::of(window.to)) else { return 0 };
        let on = |day: LocalDay| -> i64 {
            self.periods_on(day.date).iter().map(|&period| day.span(period).within(window).millis()).sum()
        };
        match first.next() {
            Some(second) if first.date < last.date => on(first) + self.worked_days(second.date, last.date) + on(last),
            _ => on(first),
        }
    }

    /// Working milliseconds of the whole days `first..end`; `first` is not after `end`.
    fn worked_days(&self, first: NaiveDate, end: NaiveDate) -> i64 {
        let usual = |date: NaiveDate| self.week.get(date.weekday().num_days_from_monday() as usize).map_or(0, length);
        let days = end.signed_duration_since(first).num_days();
        let weeks = days / 7 * self.week.iter().map(length).sum::<i64>();
        let rest: i64 = first.iter_days().take(usize::try_from(days % 7).unwrap_or(0)).map(usual).sum();
        let special = self.days.range(first..end).map(|(&date, _)| length(self.periods_on(date)) - usual(date));
        weeks + rest + special.sum::<i64>()
    }
}

/// A local day and the instant at which it begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct LocalDay {
    /// The date in Asia/Shanghai.
    pub date: NaiveDate,
    /// Its 00:00.
    pub midnight: Timestamp,
}

impl LocalDay {
    /// The local day of `at`; `None` out of reach.
    pub fn of(at: Timestamp) -> Option<Self> {
        if clamped(at) != at {
            return None;
        }
        let midnight = day_start(at);
        local_date(at).map(|date| Self { date, midnight })
    }

    /// The day after it; `None` at the end of the calendar of dates.
    pub fn next(self) -> Option<Self> {
        self.date.succ_opt().map(|date| Self { date, midnight: self.end() })
    }

    /// Its 24:00.
    pub fn end(self) -> Timestamp {
        self.midnight.plus_millis(DAY_MILLIS)
    }

    /// A period of this day.
    pub fn span(self, period: Period) -> Span {
        let at = |time: super::TimeOfDay| self.midnight.plus_millis(time.millis());
        Span { from: at(period.from), to: at(period.to) }
    }
}

impl Span {
    /// The part of it that lies in `window`.
    pub(super) fn within(self, window: Span) -> Self {
        Self { from: self.from.max(window.from), to: self.to.min(window.to) }
    }

    /// Its length in milliseconds, 0 when it ends before it begins.
    pub(super) fn millis(self) -> i64 {
        self.to.since(self.from).max(0)
    }
}

/// `at`, or the end of what is counted when it lies beyond.
pub(super) fn clamped(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.millis().clamp(-REACH_MILLIS, REACH_MILLIS))
}

/// The same pauses in order, without overlaps and without empty ones.
pub(super) fn merged(pauses: &[Span]) -> Vec<Span> {
    let mut sorted: Vec<Span> = pauses.iter().copied().filter(|pause| pause.from < pause.to).collect();
    sorted.sort_unstable_by_key(|pause| pause.from);
    let mut merged: Vec<Span> = Vec::with_capacity(sorted.len());
    for pause in sorted {
        match merged.last_mut() {
            Some(last) if pause.from <= last.to => last.to = last.to.max(pause.to),
            _ => merged.push(pause),
        }
    }
    merged
}

/// The parts of `span` outside `pauses`, in order; `pauses` are merged.
pub(super) fn outside(span: Span, pauses: &[Span]) -> impl Iterator<Item = Span> {
    let begin = pauses.partition_point(|pause| pause.to <= span.from);
    let relevant = pauses.iter().skip(begin).take_while(move |pause| pause.from < span.to);
    let ends = relevant.clone().map(|pause| pause.from).chain([span.to]);
    let starts = [span.from].into_iter().chain(relevant.map(|pause| pause.to));
    starts.zip(ends).map(|(from, to)| Span { from, to }).filter(|part| part.from < part.to)
}

/// The end of the pause that covers all of `span`, when one does; `pauses` are merged.
fn covering(span: Span, pauses: &[Span]) -> Option<Timestamp> {
    let pause = pauses.get(pauses.partition_point(|pause| pause.to < span.to))?;
    (pause.from <= span.from).then_some(pause.to)
}

/// The length of a day's periods in milliseconds.
fn length(periods: impl AsRef<[Period]>) -> i64 {
    periods.as_ref().iter().map(|period| period.millis()).sum()
}
