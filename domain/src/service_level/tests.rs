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
        for (kind, level, expected) in
            [("dispute", 4, 14), ("dispute", 5, 10), ("dispute", 2, 10), ("other", 4, 4), ("other", 2, 2), ("other", 5, 30)]
        {
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
        (ServiceLevels { finish: Limit::working(u32::MAX, LimitUnit::Workdays), ..base.clone() }, "finish.value", "limit.too_long"),
        (
            ServiceLevels { finish: Limit::continuous(3, LimitUnit::Workdays), ..base.clone() },
            "finish.clock",
            "limit.workdays_continuous",
        ),
        (ServiceLevels { warn_percent: 96, ..base.clone() }, "warn_percent", "field.range"),
        (ServiceLevels { pause_workdays: 0, ..base.clone() }, "pause_workdays", "field.range"),
        (ServiceLevels { returns_until_escalation: 0, ..base.clone() }, "returns_until_escalation", "field.range"),
        (ServiceLevels { nudge_repeat: Some(Limit { value: 0, ..MINUTES }), ..base.clone() }, "nudge_repeat.value", "limit.zero"),
        (levels(vec![exception(Some("ufo"), None, 1)]), "exceptions.0.kind", "kind.unknown"),
        (levels(vec![exception(None, Some(6), 1)]), "exceptions.0.level", "field.range"),
        (levels(vec![exception(None, None, 1)]), "exceptions.0", "limit.exception_for_all"),
        (levels(vec![exception(None, Some(3), 1), exception(None, Some(3), 2)]), "exceptions.1", "limit.exception_twice"),
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
