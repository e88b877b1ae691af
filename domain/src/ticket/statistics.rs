//! How tickets are counted over time: the days, weeks and months of a period, in China's calendar.

use chrono::{Datelike as _, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

/// Stretches that tickets are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    /// A day.
    #[default]
    Day,
    /// Monday to Sunday (GB/T 7408).
    Week,
    /// A month.
    Month,
}

impl Bucket {
    /// The first days of all stretches from the one that `first` lies in to the one that `last` lies in; none when `last`
    /// comes before `first`.
    pub fn starts(self, first: NaiveDate, last: NaiveDate) -> Vec<NaiveDate> {
        let begin = |day: NaiveDate| match self {
            Self::Day => Some(day),
            Self::Week => day.checked_sub_days(Days::new(u64::from(day.weekday().num_days_from_monday()))),
            Self::Month => day.with_day(1),
        };
        let next = |day: &NaiveDate| match self {
            Self::Day => day.checked_add_days(Days::new(1)),
            Self::Week => day.checked_add_days(Days::new(7)),
            Self::Month => day.checked_add_months(Months::new(1)),
        };
        std::iter::successors(begin(first), next).take_while(|day| *day <= last && first <= last).collect()
    }

    /// What people call the stretch that begins on `start`: `2026-11-21`, `2026-11-16 起一周`, `2026年11月`.
    pub fn title(self, start: NaiveDate) -> String {
        match self {
            Self::Day => start.to_string(),
            Self::Week => format!("{start} 起一周"),
            Self::Month => start.format("%Y年%-m月").to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap_or_default()
    }

    #[test]
    fn a_period_is_cut_where_days_weeks_and_months_begin() {
        let cases: [(Bucket, &str, &str, &[&str]); 9] = [
            (Bucket::Day, "2026-11-30", "2026-12-01", &["2026-11-30", "2026-12-01"]),
            (Bucket::Day, "2028-02-28", "2028-03-01", &["2028-02-28", "2028-02-29", "2028-03-01"]),
            (Bucket::Day, "2026-11-21", "2026-11-20", &[]),
            (Bucket::Week, "2026-11-21", "2026-11-21", &["2026-11-16"]),
            (Bucket::Week, "2026-11-16", "2026-11-22", &["2026-11-16"]),
            (Bucket::Week, "2026-11-22", "2026-11-23", &["2026-11-16", "2026-11-23"]),
            // A week may begin in the year before.
            (Bucket::Week, "2027-01-01", "2027-01-04", &["2026-12-28", "2027-01-04"]),
            (Bucket::Month, "2026-12-31", "2027-02-01", &["2026-12-01", "2027-01-01", "2027-02-01"]),
            (Bucket::Month, "2026-11-21", "2026-10-01", &[]),
        ];
        for (bucket, first, last, expected) in cases {
            let expected: Vec<NaiveDate> = expected.iter().map(|text| day(text)).collect();
            assert_eq!(bucket.starts(day(first), day(last)), expected, "{bucket:?} {first} {last}");
        }
    }

    #[test]
    fn stretches_have_names() {
        for (bucket, title) in
            [(Bucket::Day, "2026-11-02"), (Bucket::Week, "2026-11-02 起一周"), (Bucket::Month, "2026年11月")]
        {
            assert_eq!(bucket.title(day("2026-11-02")), title);
        }
    }
}
