//! How working time runs, day by day, for people who ask why a due time is what it is.

use chrono::NaiveDate;
use serde::Serialize;

use super::arithmetic::{LocalDay, clamped, merged, outside};
use super::{Span, WorkingCalendar};
use crate::clock::Timestamp;

/// Most days of an explanation: who needs more needs a sum, not a list.
const MAX_DAYS: usize = 400;

/// One local day of an explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedDay {
    /// The date in Asia/Shanghai.
    pub date: NaiveDate,
    /// The special day's name (`国庆节`); `None` on a day that is what its weekday says.
    pub name: Option<String>,
    /// Whether the office works on this date, inside the asked stretch or not.
    pub working: bool,
    /// Whether the notice of its year is not in yet (暂定).
    pub provisional: bool,
    /// The stretches that count, in order and apart from each other.
    pub counted: Vec<Span>,
    /// Their length in milliseconds.
    pub counted_ms: i64,
    /// Office hours of the asked stretch that did not count because of a pause, in milliseconds.
    pub paused_ms: i64,
}

impl WorkingCalendar {
    /// How working time runs in `[from, to)` outside `pauses`: every local day that it touches, working or not.
    ///
    /// The `counted_ms` of all days are together what [`WorkingCalendar::between`] answers, unless the stretch has more
    /// than 400 days: then only the first 400 are told.
    pub fn explain(&self, from: Timestamp, to: Timestamp, pauses: &[Span]) -> Vec<ExplainedDay> {
        let window = Span { from: clamped(from), to: clamped(to) };
        let pauses = merged(pauses);
        std::iter::successors(LocalDay::of(window.from), |day| day.next())
            .take_while(|day| day.midnight.max(window.from) < window.to)
            .take(MAX_DAYS)
            .map(|day| self.explain_day(day, window, &pauses))
            .collect()
    }

    /// One day of an explanation; `pauses` are merged.
    fn explain_day(&self, day: LocalDay, window: Span, pauses: &[Span]) -> ExplainedDay {
        let periods = self.periods_on(day.date);
        let mut counted: Vec<Span> = Vec::new();
        let mut open_ms = 0;
        for &period in periods {
            let span = day.span(period).within(window);
            open_ms += span.millis();
            for stretch in outside(span, pauses) {
                match counted.last_mut() {
                    // Two periods that touch are one stretch to the reader.
                    Some(last) if last.to == stretch.from => last.to = stretch.to,
                    _ => counted.push(stretch),
                }
            }
        }
        let counted_ms = counted.iter().map(|stretch| stretch.millis()).sum();
        ExplainedDay {
            date: day.date,
            name: self.days.get(&day.date).map(|special| special.name.clone()),
            working: !periods.is_empty(),
            provisional: self.is_provisional(day.date),
            counted,
            counted_ms,
            paused_ms: open_ms - counted_ms,
        }
    }
}
