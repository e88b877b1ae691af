//! Which limit holds, and what numbers are refused.

use super::*;

const MINUTES: Limit = Limit::working(30, LimitUnit::Minutes);

fn exception(kind: Option<&str>, level: Option<u8>, accept: u32) -> LevelException {
    let accept = Some(Limit::continuous(accept, LimitUnit::Minutes));
    LevelException { kind: kind.map(str::to_owned), level, accept, finish: None }
}

fn levels(exceptions: Vec<LevelException>) -> ServiceLevels {
    ServiceLevels { exceptions, ..(&InitialLimits::default()).into() }
}

#[test]
fn the_most_exact_exception_wins_whatever_its_place_in_the_list() {
    let mut all = vec![
        exception(None, Some(4), 4),
        exception(Some("dispute"), None, 10),
        exception(Some("dispute"), Some(4), 14),
        exception(None, Some(2), 2),
    ];
    for _ in 0..all.len() {
        all.rotate_left(1);
        let levels = levels(all.clone());
        for (kind, level, expected) in [
            ("dispute", 4, 14),
            ("dispute", 5, 10),
            ("dispute", 2, 10),
            ("other", 4, 4),
            ("other", 2, 2),
            ("other", 5, 30),
        ] {
            assert_eq!(levels.limit(Purpose::Accept, kind, level).value, expected, "{kind} at {level}");
            // None of them says anything of completing.
            assert_eq!(levels.limit(Purpose::Finish, kind, level), levels.finish);
        }
    }
}

#[test]
fn limits_of_nothing_a_century_or_nonsense_are_refused_by_name() {
    let base = levels(Vec::new());
    assert_eq!(base.check(&["dispute"]), Ok(()));
    let cases: Vec<(ServiceLevels, &str, &str)> = vec![
        (ServiceLevels { accept: Limit { value: 0, ..MINUTES }, ..base.clone() }, "accept.value", "limit.zero"),
        (
            ServiceLevels { finish: Limit::continuous(876_000, LimitUnit::Hours), ..base.clone() },
            "finish.value",
            "limit.too_long",
        ),
        (
            ServiceLevels { finish: Limit::working(u32::MAX, LimitUnit::Workdays), ..base.clone() },
            "finish.value",
            "limit.too_long",
        ),
        (
            ServiceLevels { finish: Limit::continuous(3, LimitUnit::Workdays), ..base.clone() },
            "finish.clock",
            "limit.workdays_continuous",
        ),
        (ServiceLevels { warn_percent: 96, ..base.clone() }, "warn_percent", "field.range"),
        (ServiceLevels { pause_workdays: 0, ..base.clone() }, "pause_workdays", "field.range"),
        (ServiceLevels { returns_until_escalation: 0, ..base.clone() }, "returns_until_escalation", "field.range"),
        (
            ServiceLevels { nudge_repeat: Some(Limit { value: 0, ..MINUTES }), ..base.clone() },
            "nudge_repeat.value",
            "limit.zero",
        ),
        (levels(vec![exception(Some("ufo"), None, 1)]), "exceptions.0.kind", "kind.unknown"),
        (levels(vec![exception(None, Some(6), 1)]), "exceptions.0.level", "field.range"),
        (levels(vec![exception(None, None, 1)]), "exceptions.0", "limit.exception_for_all"),
        (
            levels(vec![exception(None, Some(3), 1), exception(None, Some(3), 2)]),
            "exceptions.1",
            "limit.exception_twice",
        ),
        (levels(vec![exception(None, Some(3), 0)]), "exceptions.0.accept.value", "limit.zero"),
    ];
    for (levels, field, code) in cases {
        let errors = levels.check(&["dispute"]).unwrap_err();
        let found: Vec<_> = errors.iter().map(|error| (error.field.as_str(), error.code)).collect();
        assert_eq!(found, [(field, code)]);
    }
}

#[test]
fn plain_time_counts_all_but_the_pauses() {
    let rules = TimeRules::default();
    let at = |minutes: i64| Timestamp::from_millis(minutes * MINUTE_MS);
    let pause = |from, to| Span { from: at(from), to: at(to) };
    let limit = Limit::continuous(30, LimitUnit::Minutes);
    for (pauses, expected) in [
        (vec![], 30),
        (vec![pause(10, 20)], 40),
        // Unsorted, overlapping, before the start, after the end.
        (vec![pause(15, 25), pause(10, 20)], 45),
        (vec![pause(-50, 5)], 35),
        (vec![pause(-50, -5)], 30),
        (vec![pause(30, 90)], 30),
        (vec![pause(29, 90)], 91),
        (vec![pause(10, 20), pause(40, 50)], 40),
        (vec![pause(10, 20), pause(39, 50)], 51),
    ] {
        assert_eq!(rules.end(at(0), limit, None, &pauses), at(expected), "{pauses:?}");
    }
    let extension = Some(Limit::continuous(15, LimitUnit::Minutes));
    assert_eq!(rules.end(at(0), limit, extension, &[pause(40, 60)]), at(65));
    assert_eq!(rules.part(at(0), limit, None, &[pause(10, 20)], 50), at(25));
}

/// An instant of local time: `2026-11-23 09:00`.
fn local(text: &str) -> Timestamp {
    let (date, time) = text.split_once(' ').unwrap();
    format!("{date}T{time}:00+08:00").parse().unwrap()
}

#[test]
fn more_time_counts_in_its_own_time_whatever_the_limit_counts() {
    let rules = TimeRules::default();
    let hours = |value| Limit::working(value, LimitUnit::Hours);
    let days = |value| Limit::working(value, LimitUnit::Workdays);
    let plain = |value| Limit::continuous(value, LimitUnit::Hours);
    let friday = "2026-11-20 17:00";
    for (limit, more, pauses, expected) in [
        // Plain time beyond office hours is time all the same.
        (hours(1), plain(24), vec![], "2026-11-21 18:00"),
        (hours(2), plain(24), vec![], "2026-11-24 09:30"),
        (days(1), plain(1), vec![], "2026-11-23 19:00"),
        (plain(2), hours(1), vec![], "2026-11-23 09:30"),
        (plain(2), days(2), vec![], "2026-11-24 18:00"),
        (hours(1), hours(1), vec![], "2026-11-23 09:30"),
        (days(1), days(1), vec![], "2026-11-24 18:00"),
        (plain(1), plain(1), vec![], "2026-11-20 19:00"),
        // A pause stops whatever runs then.
        (hours(1), plain(24), vec![("2026-11-20 20:00", "2026-11-21 20:00")], "2026-11-22 18:00"),
        (hours(1), plain(24), vec![("2026-11-20 17:00", "2026-11-23 08:30")], "2026-11-24 09:30"),
        (plain(2), hours(1), vec![("2026-11-20 18:00", "2026-11-21 18:00")], "2026-11-23 09:30"),
        (plain(2), hours(1), vec![("2026-11-20 18:00", "2026-11-23 09:00")], "2026-11-23 11:00"),
        (days(1), plain(1), vec![("2026-11-23 18:30", "2026-11-23 18:45")], "2026-11-23 19:15"),
    ] {
        let pauses: Vec<Span> =
            pauses.into_iter().map(|(from, to)| Span { from: local(from), to: local(to) }).collect();
        let end = rules.end(local(friday), limit, Some(more), &pauses);
        assert_eq!(end, local(expected), "{limit:?} and {more:?}, {pauses:?}");
    }
    // Three quarters of one working hour and three plain ones lie in the plain ones.
    assert_eq!(rules.part(local(friday), hours(1), Some(plain(3)), &[], 75), local("2026-11-20 20:00"));
    assert_eq!(rules.part(local(friday), hours(1), Some(plain(3)), &[], 25), local("2026-11-20 18:00"));
    assert_eq!(rules.part(local(friday), hours(1), Some(plain(3)), &[], 0), local(friday));
}

#[test]
fn with_a_calendar_without_working_time_a_limit_counts_in_plain_time() {
    let mut rules = TimeRules::default();
    rules.calendar.week = std::array::from_fn(|_| Vec::new());
    assert!(rules.calendar.check().is_err());
    let start = local("2026-11-20 17:00");
    let pause = [Span { from: local("2026-11-20 17:10"), to: local("2026-11-20 17:20") }];
    for (limit, more, expected) in [
        (Limit::working(30, LimitUnit::Minutes), None, "2026-11-20 17:40"),
        (Limit::working(1, LimitUnit::Workdays), None, "2026-11-21 17:10"),
        (Limit::working(1, LimitUnit::Hours), Some(Limit::working(1, LimitUnit::Hours)), "2026-11-20 19:10"),
    ] {
        assert_eq!(rules.end(start, limit, more, &pause), local(expected), "{limit:?}");
    }
}

#[test]
fn a_pause_that_ends_before_it_begins_is_no_pause() {
    let rules = TimeRules::default();
    let start = local("2026-11-23 09:00");
    let reversed = [Span { from: local("2026-11-23 09:20"), to: local("2026-11-23 09:10") }];
    for limit in [Limit::continuous(30, LimitUnit::Minutes), Limit::working(30, LimitUnit::Minutes)] {
        assert_eq!(rules.end(start, limit, None, &reversed), local("2026-11-23 09:30"), "{limit:?}");
    }
}

#[test]
fn an_exception_for_one_step_says_nothing_of_the_other() {
    let both = |kind: Option<&str>, level, accept: Option<u32>, finish: Option<u32>| LevelException {
        kind: kind.map(str::to_owned),
        level,
        accept: accept.map(|value| Limit::continuous(value, LimitUnit::Minutes)),
        finish: finish.map(|value| Limit::continuous(value, LimitUnit::Hours)),
    };
    let levels = levels(vec![
        both(Some("dispute"), Some(3), Some(1), None),
        both(Some("dispute"), None, None, Some(2)),
        both(None, Some(3), Some(3), Some(4)),
    ]);
    for (purpose, kind, level, expected) in [
        (Purpose::Accept, "dispute", 3, 1),
        (Purpose::Finish, "dispute", 3, 2),
        (Purpose::Accept, "dispute", 4, 30),
        (Purpose::Finish, "dispute", 4, 2),
        (Purpose::Accept, "other", 3, 3),
        (Purpose::Finish, "other", 3, 4),
        (Purpose::Finish, "other", 1, 24),
    ] {
        assert_eq!(levels.limit(purpose, kind, level).value, expected, "{purpose:?} {kind} at {level}");
    }
}

#[test]
fn an_empty_exception_and_too_many_of_them_are_refused() {
    let codes = |levels: &ServiceLevels| -> Vec<&str> {
        levels.check(&["dispute"]).err().unwrap_or_default().iter().map(|error| error.code).collect()
    };
    let empty = LevelException { kind: None, level: Some(3), accept: None, finish: None };
    assert_eq!(codes(&levels(vec![empty])), ["limit.exception_empty"]);
    let many = vec![exception(Some("dispute"), Some(3), 1); MAX_EXCEPTIONS + 1];
    let codes = codes(&levels(many));
    assert_eq!(codes[0], "field.too_many");
    assert!(codes[1..].iter().all(|code| *code == "limit.exception_twice") && codes.len() == MAX_EXCEPTIONS);
}

#[test]
fn limits_say_in_words_what_they_count() {
    for (limit, words) in [
        (Limit::working(30, LimitUnit::Minutes), "30 分钟工作时间"),
        (Limit::working(4, LimitUnit::Hours), "4 小时工作时间"),
        (Limit::working(3, LimitUnit::Workdays), "3 个工作日"),
        (Limit::continuous(30, LimitUnit::Minutes), "30 分钟（全天计时）"),
        (Limit::continuous(24, LimitUnit::Hours), "24 小时（全天计时）"),
    ] {
        assert_eq!(limit.words(), words);
        let json = serde_json::to_string(&limit).unwrap();
        assert_eq!(serde_json::from_str::<Limit>(&json).unwrap(), limit);
    }
    for wrong in [
        r#"{"value":1,"unit":"weeks","clock":"working"}"#,
        r#"{"value":-1,"unit":"hours","clock":"working"}"#,
        r#"{"value":1,"unit":"hours"}"#,
        r#"{"value":1,"unit":"hours","clock":"working","more":1}"#,
    ] {
        assert!(serde_json::from_str::<Limit>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn the_settings_become_the_first_service_levels() {
    let levels = ServiceLevels::from(&InitialLimits::default());
    assert_eq!(levels.accept, Limit::continuous(30, LimitUnit::Minutes));
    assert_eq!(levels.finish, Limit::continuous(24, LimitUnit::Hours));
    assert_eq!((levels.version, levels.nudge_answer, levels.nudge_repeat), (0, None, None));
    let initial = InitialLimits {
        working_time: true,
        nudge_answer_minutes: 10,
        nudge_repeat_minutes: 20,
        ..InitialLimits::default()
    };
    let levels = ServiceLevels::from(&initial);
    assert_eq!(levels.accept, Limit::working(30, LimitUnit::Minutes));
    assert_eq!(levels.nudge_answer, Some(Limit::working(10, LimitUnit::Minutes)));
    assert_eq!(levels.nudge_repeat, Some(Limit::working(20, LimitUnit::Minutes)));
    assert_eq!(levels.check(&[]), Ok(()));
}
