//! The rules as tables (domain rules §12.3, with the real notice of 2026), and what other systems got wrong.

use super::*;

/// Checks `add` and, for what it answers, `between`.
fn adds(calendar: &WorkingCalendar, rows: &[(&str, i64, &str)]) {
    for &(start, minutes, due) in rows {
        let answer = calendar.add(local(start), minutes * MINUTE, &[]);
        assert_eq!(answer, Ok(local(due)), "{start} + {minutes} min");
        assert_eq!(calendar.between(local(start), local(due), &[]), minutes * MINUTE, "{start}..{due}");
    }
}

#[test]
fn due_times_around_closing_weekends_and_holidays() {
    adds(
        &noticed(),
        &[
            // Friday 17:59: a minute is left, then comes Monday.
            ("2026-03-06 17:59", 1, "2026-03-06 18:00"),
            ("2026-03-06 17:59", 2, "2026-03-09 08:31"),
            ("2026-03-06 18:00", 1, "2026-03-09 08:31"),
            // Saturday and Sunday.
            ("2026-03-07 10:00", 60, "2026-03-09 09:30"),
            ("2026-03-08 23:59", 60, "2026-03-09 09:30"),
            // 除夕 2026 is Monday, 16 February; the holidays are 15 to 23 February.
            ("2026-02-16 10:00", 60, "2026-02-24 09:30"),
            ("2026-02-13 17:59", 2, "2026-02-14 08:31"),
            ("2026-02-14 17:59", 2, "2026-02-24 08:31"),
            // Sundays that are made-up work: 4 January and 20 September 2026.
            ("2026-01-04 10:00", 60, "2026-01-04 11:00"),
            ("2026-01-03 10:00", 60, "2026-01-04 09:30"),
            ("2026-09-20 17:30", 60, "2026-09-21 09:00"),
            // Exact ends are the close, not the next opening (Civil Code 203).
            ("2026-03-09 11:00", 60, "2026-03-09 12:00"),
            ("2026-03-09 16:00", 120, "2026-03-09 18:00"),
            ("2026-03-09 08:30", 420, "2026-03-09 18:00"),
            ("2026-03-09 08:30", 421, "2026-03-10 08:31"),
            // The lunch break does not count.
            ("2026-03-09 11:30", 60, "2026-03-09 15:00"),
            ("2026-03-09 12:30", 30, "2026-03-09 15:00"),
            ("2026-03-09 14:30", 30, "2026-03-09 15:00"),
            // Before opening.
            ("2026-03-09 03:00", 30, "2026-03-09 09:00"),
            // National Day with make-up work on both sides.
            ("2026-09-30 17:00", 120, "2026-10-08 09:30"),
            ("2026-10-09 17:00", 120, "2026-10-10 09:30"),
        ],
    );
}

#[test]
fn an_amount_of_nothing_is_used_up_at_once() {
    let calendar = noticed();
    for at in ["2026-03-07 10:00", "2026-03-09 09:00", "2026-03-09 13:00"] {
        for amount in [0, -1, i64::MIN] {
            assert_eq!(calendar.add(local(at), amount, &[span("2026-03-01 00:00", "2026-04-01 00:00")]), Ok(local(at)));
        }
    }
    assert_eq!(calendar.between(local("2026-03-09 12:00"), local("2026-03-09 08:30"), &[]), 0);
}

#[test]
fn milliseconds_are_not_rounded() {
    let calendar = noticed();
    let start = local("2026-03-09 11:59:59.999");
    assert_eq!(calendar.add(start, 1, &[]), Ok(local("2026-03-09 12:00")));
    assert_eq!(calendar.add(start, 2, &[]), Ok(local("2026-03-09 14:30:00.001")));
    assert_eq!(calendar.between(start, local("2026-03-09 14:30:00.001"), &[]), 2);
}

#[test]
fn working_days_end_at_close_of_business() {
    let calendar = noticed();
    for (start, workdays, close) in [
        // The day itself does not count, whatever the hour (Civil Code 201).
        ("2026-03-06 00:00", 1, "2026-03-09 18:00"),
        ("2026-03-06 17:59", 1, "2026-03-09 18:00"),
        ("2026-03-06 23:59", 3, "2026-03-11 18:00"),
        ("2026-03-07 10:00", 1, "2026-03-09 18:00"),
        ("2026-02-16 10:00", 1, "2026-02-24 18:00"),
        // Made-up Saturday 14 February and Sunday 4 January.
        ("2026-02-13 17:59", 1, "2026-02-14 18:00"),
        ("2026-02-13 17:59", 2, "2026-02-24 18:00"),
        ("2026-01-03 09:00", 1, "2026-01-04 18:00"),
        ("2026-01-04 09:00", 1, "2026-01-05 18:00"),
        // 15 working days over 中秋节 and National Day: 20 (Sunday), 21–24, 28–30 September, 8–10, 12–15 October.
        ("2026-09-18 12:00", 15, "2026-10-15 18:00"),
        ("2026-03-06 17:59", 0, "2026-03-09 18:00"),
    ] {
        assert_eq!(calendar.close_after(local(start), workdays), Ok(local(close)), "{start} + {workdays} days");
    }
}

#[test]
fn a_day_may_end_at_midnight() {
    let calendar = on_weekdays("20:00-24:00", &[0]);
    adds(
        &calendar,
        &[
            ("2026-03-09 20:00", 240, "2026-03-09 24:00"),
            ("2026-03-09 20:00", 241, "2026-03-16 20:01"),
            ("2026-03-10 00:00", 1, "2026-03-16 20:01"),
        ],
    );
    assert_eq!(calendar.close_after(local("2026-03-08 10:00"), 1), Ok(local("2026-03-10 00:00")));
}

#[test]
fn a_period_until_midnight_runs_on_into_one_from_midnight() {
    let mut calendar = on_weekdays("22:00-24:00", &[0]);
    calendar.week[1] = hours("00:00-02:00");
    adds(
        &calendar,
        &[
            ("2026-03-09 22:00", 120, "2026-03-10 00:00"),
            ("2026-03-09 22:00", 180, "2026-03-10 01:00"),
            ("2026-03-09 22:00", 240, "2026-03-10 02:00"),
            ("2026-03-10 00:00", 60, "2026-03-10 01:00"),
        ],
    );
    let round_the_clock = on_weekdays("00:00-24:00", &[0, 1, 2, 3, 4, 5, 6]);
    let (from, to) = (local("2026-03-09 22:17:00.001"), local("2027-05-01 03:00"));
    assert_eq!(round_the_clock.between(from, to, &[]), to.since(from));
    assert_eq!(round_the_clock.add(from, to.since(from), &[]), Ok(to));
}

#[test]
fn special_hours_of_one_day_rule_that_day() {
    let mut calendar = noticed();
    let short = SpecialDay { working: true, name: "半天".into(), hours: Some(hours("09:00-11:00")) };
    calendar.days.insert(date("2026-03-10"), short);
    adds(&calendar, &[("2026-03-09 17:00", 180, "2026-03-10 11:00"), ("2026-03-09 17:00", 181, "2026-03-11 08:31")]);
    assert_eq!(calendar.close_after(local("2026-03-09 17:00"), 1), Ok(local("2026-03-10 11:00")));
}

#[test]
fn pauses_do_not_count_in_whatever_order_they_come() {
    let calendar = noticed();
    let start = local("2026-03-09 09:00");
    let pauses = [
        span("2026-03-09 11:00", "2026-03-09 15:00"),
        span("2026-03-01 00:00", "2026-03-09 09:30"),
        span("2026-03-09 10:30", "2026-03-09 11:30"),
        // Empty and reversed ones are nothing.
        span("2026-03-09 16:00", "2026-03-09 16:00"),
        span("2026-03-09 17:00", "2026-03-09 08:00"),
    ];
    for (minutes, due) in [(60, "2026-03-09 10:30"), (61, "2026-03-09 15:01"), (240, "2026-03-09 18:00")] {
        assert_eq!(calendar.add(start, minutes * MINUTE, &pauses), Ok(local(due)));
        assert_eq!(calendar.between(start, local(due), &pauses), minutes * MINUTE);
    }
    // The amount is used up where a pause begins: that is the instant, not the pause's end.
    let noon = [span("2026-03-09 10:00", "2026-03-20 10:00")];
    assert_eq!(calendar.add(start, HOUR, &noon), Ok(local("2026-03-09 10:00")));
}

#[test]
fn a_pause_without_end_has_no_future() {
    let calendar = noticed();
    let start = local("2026-03-09 09:00");
    let forever = [Span { from: local("2026-03-09 10:00"), to: Timestamp::from_millis(i64::MAX) }];
    assert_eq!(calendar.add(start, HOUR, &forever), Ok(local("2026-03-09 10:00")));
    assert_eq!(calendar.add(start, HOUR + 1, &forever), Err(NoFuture));
    let long = [span("2026-03-09 10:00", "2055-03-01 10:00")];
    assert_eq!(calendar.add(start, HOUR + 30 * MINUTE, &long), Ok(local("2055-03-01 10:30")));
    let too_long = [span("2026-03-09 10:00", "2057-03-01 10:00")];
    assert_eq!(calendar.add(start, HOUR + 1, &too_long), Err(NoFuture));
}

#[test]
fn clock_jumps_and_absurd_amounts_are_answered() {
    let calendar = noticed();
    let ends = [i64::MIN, i64::MIN + 1, -8_000_000_000_000_001, -8_000_000_000_000_000, 0]
        .into_iter()
        .chain([8_000_000_000_000_000, 8_000_000_000_000_001, i64::MAX - 1, i64::MAX])
        .map(Timestamp::from_millis);
    let ends: Vec<Timestamp> = ends.collect();
    for &from in &ends {
        for &to in &ends {
            let pauses = [Span { from, to }, span("2026-03-09 10:00", "2026-03-09 11:00")];
            assert!(calendar.between(from, to, &[]) >= calendar.between(from, to, &pauses));
            assert_eq!(calendar.between(from, to, &[Span { from, to }]), 0);
            assert!(calendar.explain(from, to, &pauses).len() <= 400);
            for amount in [0, 1, HOUR, i64::MAX] {
                if let Ok(due) = calendar.add(from, amount, &pauses) {
                    assert!(due >= from);
                }
            }
        }
        assert_eq!(calendar.close_after(from, 3).is_ok(), from.millis().unsigned_abs() <= 8_000_000_000_000_000);
        assert_eq!(calendar.close_after(from, u32::MAX), Err(NoFuture));
        assert_eq!(calendar.add(from, i64::MAX, &[]), Err(NoFuture));
    }
    // Whole ages at once: 146,097 days are 400 years, 5 of 7 of them worked for 7 hours.
    let ages = on_weekdays("08:30-12:00 14:30-18:00", &[0, 1, 2, 3, 4]);
    assert_eq!(ages.between(local("1600-01-01 00:00"), local("2000-01-01 00:00"), &[]), 146_097 / 7 * 5 * 7 * HOUR);
    adds(&ages, &[("1970-01-01 00:00", 60, "1970-01-01 09:30"), ("1969-12-31 17:59", 2, "1970-01-01 08:31")]);
    adds(&ages, &[("9999-12-31 17:59", 1, "9999-12-31 18:00")]);
    // Nothing to work at all: an answer, not an endless walk.
    let never = on_weekdays("", &[]);
    assert_eq!(never.add(local("2026-03-09 09:00"), 1, &[]), Err(NoFuture));
    assert_eq!(never.close_after(local("2026-03-09 09:00"), 1), Err(NoFuture));
    assert_eq!(never.between(local("2026-03-09 09:00"), local("2027-03-09 09:00"), &[]), 0);
}

/// osTicket #6739: schedules without both Monday and Thursday were computed wrongly. Every set of weekdays is tried.
#[test]
fn osticket_6739_any_set_of_weekdays_counts() {
    for set in 1_u32..128 {
        let weekdays: Vec<usize> = (0..7).filter(|day| set & (1 << day) != 0).collect();
        let calendar = on_weekdays("08:00-17:00", &weekdays);
        // Monday, 9 March 2026, and every start of that week.
        for first in 0..7 {
            let at =
                |day: usize, hour: i64| local("2026-03-09 00:00").plus_millis(day as i64 * 24 * HOUR + hour * HOUR);
            let next = (first + 1..).find(|day| weekdays.contains(&(day % 7))).unwrap();
            assert_eq!(calendar.close_after(at(first, 12), 1), Ok(at(next, 17)), "{weekdays:?} from day {first}");
            assert_eq!(calendar.add(at(first, 20), HOUR, &[]), Ok(at(next, 9)), "{weekdays:?} from day {first}");
            let week = calendar.between(at(first, 12), at(first + 7, 12), &[]);
            assert_eq!(week, weekdays.len() as i64 * 9 * HOUR);
        }
    }
    let two_days = on_weekdays("08:00-17:00", &[0, 3]);
    adds(&two_days, &[("2026-03-09 16:00", 120, "2026-03-12 09:00"), ("2026-03-12 16:00", 120, "2026-03-16 09:00")]);
    let tuesday = on_weekdays("08:00-17:00", &[1]);
    adds(&tuesday, &[("2026-03-09 16:00", 540, "2026-03-10 17:00"), ("2026-03-09 16:00", 600, "2026-03-17 09:00")]);
}

/// Chatwoot #14009: only one period a day could be said, so a message in the lunch break counted as in office hours.
#[test]
fn chatwoot_14009_several_periods_a_day() {
    let calendar = on_weekdays("08:00-12:00 13:30-18:00 19:00-20:00", &[0, 1, 2, 3, 4]);
    assert_eq!(calendar.check(), Ok(()));
    adds(
        &calendar,
        &[
            ("2026-03-09 12:30", 30, "2026-03-09 14:00"),
            ("2026-03-09 11:45", 30, "2026-03-09 13:45"),
            ("2026-03-09 11:00", 60 + 270 + 60, "2026-03-09 20:00"),
            ("2026-03-09 08:00", 570 + 1, "2026-03-10 08:01"),
        ],
    );
    assert_eq!(calendar.between(local("2026-03-09 12:00"), local("2026-03-09 13:30"), &[]), 0);
}

#[test]
fn an_explanation_tells_each_day() {
    let calendar = noticed();
    let (from, to) = (local("2026-09-30 17:00"), local("2026-10-08 15:00"));
    let pauses = [span("2026-10-08 09:00", "2026-10-08 10:00")];
    let days = calendar.explain(from, to, &pauses);
    assert_eq!(days.len(), 9);
    assert_eq!(days[0].counted, [span("2026-09-30 17:00", "2026-09-30 18:00")]);
    assert!(days[1..8].iter().all(|day| !day.working && day.name.as_deref() == Some("国庆节") && !day.provisional));
    assert!(days[1..8].iter().all(|day| day.counted.is_empty() && day.counted_ms == 0 && day.paused_ms == 0));
    let last = &days[8];
    assert_eq!((last.date, &last.name, last.working), (date("2026-10-08"), &None, true));
    let parts = [
        span("2026-10-08 08:30", "2026-10-08 09:00"),
        span("2026-10-08 10:00", "2026-10-08 12:00"),
        span("2026-10-08 14:30", "2026-10-08 15:00"),
    ];
    assert_eq!(last.counted, parts);
    assert_eq!((last.counted_ms, last.paused_ms), (3 * HOUR, HOUR));
    assert_eq!(days.iter().map(|day| day.counted_ms).sum::<i64>(), calendar.between(from, to, &pauses));

    // Nothing of a day is nothing; a stretch that ends at midnight does not touch the next day.
    assert_eq!(calendar.explain(from, from, &[]), []);
    assert_eq!(calendar.explain(to, from, &[]), []);
    assert_eq!(calendar.explain(from, local("2026-09-30 24:00"), &[]).len(), 1);
    // Plain weekends are told, years without a notice are marked, long stretches are cut.
    let days = calendar.explain(local("2026-12-30 09:00"), local("2030-01-01 00:00"), &[]);
    assert_eq!(days.len(), 400);
    let marks: Vec<(String, bool, bool)> =
        days[1..5].iter().map(|day| (day.date.to_string(), day.working, day.provisional)).collect();
    let expected = [("12-31", true, false), ("01-01", true, true), ("01-02", false, true), ("01-03", false, true)];
    for ((date, working, provisional), (end, is_working, is_provisional)) in marks.iter().zip(expected) {
        assert!(date.ends_with(end) && *working == is_working && *provisional == is_provisional, "{date}");
    }
    let json = serde_json::to_value(last).unwrap();
    assert_eq!(json["counted"][0]["from"], "2026-10-08T00:30:00.000Z");
}
