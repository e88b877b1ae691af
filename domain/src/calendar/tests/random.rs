//! Random calendars, pauses and instants; the same for the same seed.

use super::*;

/// `SplitMix64` (Steele, Lea, Flood 2014): small, seeded, good enough to choose test cases.
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number of `from..to`.
    pub fn within(&mut self, from: i64, to: i64) -> i64 {
        from + (self.bits() % to.abs_diff(from)) as i64
    }

    /// True in `percent` of 100 cases.
    pub fn chance(&mut self, percent: i64) -> bool {
        self.within(0, 100) < percent
    }

    /// Up to `most` periods in order, which may touch each other and the ends of the day.
    pub fn periods(&mut self, most: i64) -> Vec<Period> {
        let mut marks: Vec<i64> = Vec::new();
        for _ in 0..self.within(0, most + 1) {
            let from = marks.last().copied().unwrap_or(0);
            if from >= 1440 {
                break;
            }
            let begin = if self.chance(15) { from } else { self.within(from, 1440) };
            let end = if self.chance(10) { 1440 } else { self.within(begin + 1, 1441) };
            marks.extend([begin, end]);
        }
        let time = |minutes: i64| TimeOfDay::new((minutes / 60) as u16, (minutes % 60) as u16).unwrap();
        marks.chunks(2).map(|pair| Period { from: time(pair[0]), to: time(pair[1]) }).collect()
    }

    /// Periods, at least one.
    pub fn some_periods(&mut self, most: i64) -> Vec<Period> {
        std::iter::repeat_with(|| self.periods(most)).find(|periods| !periods.is_empty()).unwrap()
    }

    /// A calendar that `check` accepts, with about `percent` special days of 100 in `first..first + days`.
    pub fn calendar(&mut self, first: NaiveDate, days: usize, percent: i64) -> WorkingCalendar {
        let most = self.within(1, 5);
        let closed = self.within(0, 60);
        let mut week = std::array::from_fn(|_| if self.chance(closed) { Vec::new() } else { self.periods(most) });
        week[self.within(0, 7) as usize] = self.some_periods(most);
        let mut calendar = WorkingCalendar { week, makeup: self.some_periods(3), ..WorkingCalendar::default() };
        for date in first.iter_days().take(days) {
            if self.chance(percent) {
                let working = self.chance(40);
                let hours = (working && self.chance(40)).then(|| self.some_periods(3));
                calendar.days.insert(date, SpecialDay { working, name: "节".into(), hours });
            }
        }
        calendar
    }

    /// Up to five pauses about `from..to`, in no order, overlapping, some empty or reversed; on multiples of `step`
    /// from `from`.
    pub fn pauses(&mut self, from: Timestamp, to: Timestamp, step: i64) -> Vec<Span> {
        let steps = to.since(from) / step;
        let count = if self.chance(25) { 0 } else { self.within(1, 6) };
        (0..count)
            .map(|_| {
                let begin = self.within(-steps / 4 - 2, steps + 2);
                let longest = if self.chance(80) { steps / 8 + 2 } else { steps + 2 };
                let end = begin + self.within(-2, longest);
                Span { from: from.plus_millis(begin * step), to: from.plus_millis(end * step) }
            })
            .collect()
    }
}
