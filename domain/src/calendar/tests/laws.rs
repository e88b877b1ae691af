//! Laws that hold whatever the calendar: over years and to the millisecond, where no walker can follow.

use super::random::Random;
use super::*;

/// Runs `law` on random calendars, starts and pauses over about three years.
fn everywhere(seed: u64, law: impl Fn(&mut Random, &WorkingCalendar, Timestamp, &[Span])) {
    let mut random = Random(seed);
    for _ in 0..2_000 {
        let first = date("2024-01-01").checked_add_days(chrono::Days::new(random.within(0, 3_000) as u64)).unwrap();
        let calendar = random.calendar(first, 1_200, 8);
        assert_eq!(calendar.check(), Ok(()));
        let start = local(&format!("{first} 00:00")).plus_millis(random.within(0, 30 * 24 * HOUR));
        let end = start.plus_millis(random.within(1, 900) * 24 * HOUR);
        let pauses = random.pauses(start, end, 1);
        law(&mut random, &calendar, start, &pauses);
    }
}

/// An amount from a millisecond to some months of work.
fn amount(random: &mut Random) -> i64 {
    let digits = random.within(0, 31);
    random.within(1, 2 + (1 << digits))
}

#[test]
fn between_gives_back_what_was_added() {
    everywhere(1, |random, calendar, start, pauses| {
        let amount = amount(random);
        let due = calendar.add(start, amount, pauses).unwrap();
        assert_eq!(calendar.between(start, due, pauses), amount);
        // And it is the first such instant: a millisecond before, one was missing.
        assert_eq!(calendar.between(start, due.plus_millis(-1), pauses), amount - 1);
    });
}

#[test]
fn more_work_is_never_due_earlier() {
    everywhere(2, |random, calendar, start, pauses| {
        let (one, more) = (amount(random), amount(random));
        let due = calendar.add(start, one, pauses).unwrap();
        assert!(due > start);
        assert!(calendar.add(start, one + more, pauses).unwrap() > due);
        // In two steps or in one is the same.
        assert_eq!(calendar.add(due, more, pauses), calendar.add(start, one + more, pauses));
        // A later start or one more pause is never due earlier.
        assert!(calendar.add(start.plus_millis(more), one, pauses).unwrap() >= due);
        let more_pauses =
            [pauses, &[Span { from: start.plus_millis(one), to: start.plus_millis(one + more) }]].concat();
        assert!(calendar.add(start, one, &more_pauses).unwrap() >= due);
    });
}

#[test]
fn stretches_add_up() {
    everywhere(3, |random, calendar, start, pauses| {
        let mid = start.plus_millis(random.within(0, 500 * 24 * HOUR));
        let end = mid.plus_millis(random.within(0, 500 * 24 * HOUR));
        let (left, right) = (calendar.between(start, mid, pauses), calendar.between(mid, end, pauses));
        assert_eq!(left + right, calendar.between(start, end, pauses));
        assert!(left >= 0 && left <= mid.since(start));
        let told: i64 = calendar.explain(start, mid, pauses).iter().map(|day| day.counted_ms).sum();
        assert!(told == left || mid.since(start) > 399 * 24 * HOUR);
    });
}

#[test]
fn a_working_day_closes_after_its_last_counted_minute() {
    everywhere(4, |random, calendar, start, _| {
        let days = u32::try_from(random.within(1, 30)).unwrap();
        let close = calendar.close_after(start, days).unwrap();
        let next = calendar.close_after(start, days + 1).unwrap();
        assert!(close > start && next > close);
        // The last millisecond before the close is worked, and nothing until the end of that day after it.
        assert_eq!(calendar.between(close.plus_millis(-1), close, &[]), 1);
        let midnight = crate::calendar_day::next_day_start(close.plus_millis(-1));
        assert_eq!(calendar.between(close, midnight, &[]), 0);
    });
}
