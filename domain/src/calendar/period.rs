//! Hours of a day and stretches of time: what a calendar is made of.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::clock::Timestamp;

/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

/// Minutes since local midnight (Asia/Shanghai, fixed UTC+8), 0..=1440.
///
/// JSON form: `"08:30"`; the end of a day is `"24:00"` (Civil Code 203: a day ends at 24:00 or at close of business).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// `hour` 0..=23 with `minute` 0..=59, or 24:00; `None` for anything else.
    pub const fn new(hour: u16, minute: u16) -> Option<Self> {
        if (hour < 24 && minute < 60) || (hour == 24 && minute == 0) { Some(Self(hour * 60 + minute)) } else { None }
    }

    /// Minutes since local midnight, 0..=1440.
    pub const fn minutes(self) -> u16 {
        self.0
    }

    /// Milliseconds since local midnight.
    pub(super) const fn millis(self) -> i64 {
        self.0 as i64 * 60_000
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl fmt::Debug for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text is not a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("时间应写作 HH:MM，从 00:00 到 24:00")]
pub struct NotATimeOfDay;

impl FromStr for TimeOfDay {
    type Err = NotATimeOfDay;

    /// Reads `HH:MM`, both with two digits: what a browser's time field sends and what [`fmt::Display`] writes.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digit = |byte: u8| byte.is_ascii_digit().then(|| u16::from(byte - b'0')).ok_or(NotATimeOfDay);
        let &[h1, h2, b':', m1, m2] = text.as_bytes() else { return Err(NotATimeOfDay) };
        Self::new(digit(h1)? * 10 + digit(h2)?, digit(m1)? * 10 + digit(m2)?).ok_or(NotATimeOfDay)
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// Office hours within a day: `from <= t < to`. JSON: `{"from":"08:30","to":"12:00"}`.
///
/// That `from < to` holds is checked by [`super::WorkingCalendar::check`], which can name the field; a period that
/// breaks it has no working time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// The opening.
    pub from: TimeOfDay,
    /// The close; `24:00` for the end of the day.
    pub to: TimeOfDay,
}

impl Period {
    /// The period of minutes `from..to` since midnight; only for constants of this module.
    pub(super) const fn of_minutes(from: u16, to: u16) -> Self {
        assert!(from < to && to <= DAY_MINUTES);
        Self { from: TimeOfDay(from), to: TimeOfDay(to) }
    }

    /// Its length in milliseconds, 0 when `from >= to`.
    pub(super) const fn millis(self) -> i64 {
        let millis = self.to.millis() - self.from.millis();
        if millis > 0 { millis } else { 0 }
    }
}

/// A stretch of time, `from <= t < to`; as a pause it does not count (a paused clock).
///
/// One that ends before it begins is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
}
