//! The stretch of time that a list of requests is about.

use crate::clock::Timestamp;
use crate::problem::FieldError;

/// Days that one list spans at most, and when nobody says how many (specification, GET Service Requests).
pub const MAX_DAYS: i64 = 90;
const MAX_MS: i64 = MAX_DAYS * 24 * 60 * 60 * 1_000;

/// From the first moment on and before the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment behind it.
    pub until: Timestamp,
}

impl Window {
    /// What the parameters `start_date` and `end_date` mean at `now`: one of them alone begins or ends 90 days, none of them
    /// means the last 90 days.
    ///
    /// # Errors
    /// The field that is wrong: not a time with its zone, the end before the start, more than 90 days.
    pub fn of(start: Option<&str>, end: Option<&str>, now: Timestamp) -> Result<Self, FieldError> {
        let start = start.map(|text| read("start_date", text)).transpose()?;
        let end = end.map(|text| read("end_date", text)).transpose()?;
        let (from, last) = match (start, end) {
            (Some(start), Some(end)) if end < start => {
                return Err(FieldError::new("end_date", "field.range", "结束时间不能早于开始时间"));
            }
            (Some(start), Some(end)) if end.since(start) > MAX_MS => {
                let words = format!("与 start_date 相差不能超过 {MAX_DAYS} 天");
                return Err(FieldError::new("end_date", "field.range", words));
            }
            (Some(start), Some(end)) => (start, end),
            (Some(start), None) => (start, start.plus_millis(MAX_MS)),
            (None, end) => {
                let end = end.unwrap_or(now);
                (end.plus_millis(-MAX_MS), end)
            }
        };
        Ok(Self { from, until: last.plus_millis(1) })
    }
}

fn read(field: &str, text: &str) -> Result<Timestamp, FieldError> {
    let words = "时间应带时区，例如 2026-11-22T08:00:00Z 或 2026-11-22T16:00:00%2B08:00";
    parse_time(text).ok_or_else(|| FieldError::new(field, "field.type", words))
}

/// Reads a time of the W3C's note, with or without seconds. A plus sign that a query made a space is a plus sign still.
pub fn parse_time(text: &str) -> Option<Timestamp> {
    let text = text.trim().replace(' ', "+");
    // 2026-11-22T08:00Z: the note knows times without seconds, RFC 3339 does not.
    let seconds_missing = text.as_bytes().get(16).is_some_and(|byte| *byte != b':');
    let text = match (seconds_missing, text.split_at_checked(16)) {
        (true, Some((minutes, zone))) => format!("{minutes}:00{zone}"),
        _ => text,
    };
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_233_600_000);
    const DAY: i64 = 24 * 60 * 60 * 1_000;

    #[test]
    fn a_list_spans_ninety_days_at_most() {
        let (start, end) = ("2026-05-01T00:00:00Z", "2026-07-30T00:00:00Z");
        let at = |text: &str| parse_time(text).unwrap();
        let window = |from: Timestamp, last: Timestamp| Ok(Window { from, until: last.plus_millis(1) });
        assert_eq!(Window::of(Some(start), Some(end), NOON), window(at(start), at(end)));
        assert_eq!(Window::of(Some(start), Some(start), NOON), window(at(start), at(start)));
        assert_eq!(Window::of(Some(start), None, NOON), window(at(start), at(start).plus_millis(90 * DAY)));
        assert_eq!(Window::of(None, Some(end), NOON), window(at(end).plus_millis(-90 * DAY), at(end)));
        assert_eq!(Window::of(None, None, NOON), window(NOON.plus_millis(-90 * DAY), NOON));
        let wrong = |start, end| Window::of(start, end, NOON).unwrap_err().field;
        assert_eq!(wrong(Some(start), Some("2026-07-30T00:00:01Z")), "end_date");
        assert_eq!(wrong(Some(end), Some(start)), "end_date");
        assert_eq!(wrong(Some("yesterday"), Some(start)), "start_date");
        assert_eq!(wrong(None, Some("2026-07-30")), "end_date");
    }

    #[test]
    fn times_carry_their_zone() {
        let eight = parse_time("1994-11-05T13:15:30Z").unwrap();
        for same in [
            "1994-11-05T08:15:30-05:00",
            "1994-11-05T21:15:30+08:00",
            "1994-11-05T21:15:30 08:00",
            " 1994-11-05T13:15:30.000Z ",
        ] {
            assert_eq!(parse_time(same), Some(eight), "{same}");
        }
        assert_eq!(parse_time("1994-11-05T13:15Z"), Some(eight.plus_millis(-30_000)));
        assert_eq!(parse_time("1994-11-05T21:15+08:00"), Some(eight.plus_millis(-30_000)));
        for none in [
            "",
            "1994",
            "1994-11-05",
            "1994-11-05T08:15:30",
            "1994-11-05T08:15",
            "1994-13-05T08:15:30Z",
            "现在",
            "١٩٩٤",
        ] {
            assert_eq!(parse_time(none), None, "{none}");
        }
    }
}
