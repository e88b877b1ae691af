//! Year notices: the real ones, wrong ones, and what they do to a calendar.

use super::*;

/// The errors of a notice as `(field, code)`.
fn errors(json: &str) -> Vec<(String, &'static str)> {
    let errors = YearNotice::parse(json).err().unwrap_or_default();
    assert!(errors.iter().all(|error| !error.message.is_empty()));
    errors.into_iter().map(|error| (error.field, error.code)).collect()
}

/// A notice for 2026 with these days, each `date name off`.
fn notice(days: &[(&str, bool)]) -> String {
    let days: Vec<String> =
        days.iter().map(|(date, off)| format!(r#"{{"name":"国庆节","date":"{date}","isOffDay":{off}}}"#)).collect();
    format!(r#"{{"year":2026,"papers":[],"days":[{}]}}"#, days.join(","))
}

#[test]
fn the_known_notices_say_what_the_state_council_office_said() {
    let known = known_notices();
    assert_eq!(known.iter().map(|notice| notice.year).collect::<Vec<_>>(), [2025, 2026]);
    let calendar = noticed();
    // As in the notices: days off, and make-up days, which are all Saturdays or Sundays.
    for (notice, off, makeup) in [
        (&known[0], 28, vec!["2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"]),
        (&known[1], 33, vec!["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]),
    ] {
        assert!(notice.papers.iter().all(|paper| paper.starts_with("https://www.gov.cn/zhengce/content/")));
        assert_eq!(notice.days.iter().filter(|day| day.is_off_day).count(), off);
        let working: Vec<String> =
            notice.days.iter().filter(|day| !day.is_off_day).map(|day| day.date.to_string()).collect();
        assert_eq!(working, makeup);
        for day in &notice.days {
            assert_eq!(calendar.periods_on(day.date).is_empty(), day.is_off_day);
            assert!(day.is_off_day || day.date.weekday().num_days_from_monday() >= 5);
        }
        assert!(!calendar.is_provisional(notice.days[0].date));
    }
    assert!(calendar.is_provisional(date("2027-01-01")) && calendar.is_provisional(date("2024-12-31")));
    // 13 statutory days and their exchanges: 248 working days in each of both years.
    for year in [2025, 2026] {
        let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        let worked = first.iter_days().take(365).filter(|&day| !calendar.periods_on(day).is_empty()).count();
        assert_eq!(worked, 248, "{year}");
    }
}

/// Zammad #390: imported holidays moved due times, and nothing showed which days had been taken.
#[test]
fn zammad_390_imported_holidays_are_not_worked_and_are_told() {
    let notice = YearNotice::parse(&notice(&[("2026-10-01", true), ("2026-10-02", true), ("2026-10-10", false)]));
    let notice = notice.unwrap();
    let before = WorkingCalendar::default();
    let after = before.with_notice(&notice);
    let (from, to) = (local("2026-09-30 18:00"), local("2026-10-12 00:00"));
    assert_eq!(before.between(from, to, &[]), 7 * 7 * HOUR);
    assert_eq!(after.between(from, to, &[]), 6 * 7 * HOUR);
    for day in ["2026-10-01", "2026-10-02"] {
        assert!(after.periods_on(date(day)).is_empty());
        assert_eq!(after.between(local(&format!("{day} 00:00")), local(&format!("{day} 24:00")), &[]), 0);
    }
    assert_eq!(after.add(local("2026-09-30 17:00"), 2 * HOUR, &[]), Ok(local("2026-10-05 09:30")));
    // What was taken is said at the import …
    let effect = before.notice_effect(&notice);
    assert_eq!(effect.added, notice.days);
    assert!(effect.changed.is_empty() && effect.unchanged.is_empty() && effect.kept.is_empty());
    // … and again with every due time that runs over it.
    let named: Vec<(String, Option<String>)> =
        after.explain(from, to, &[]).into_iter().map(|day| (day.date.to_string(), day.name)).collect();
    for day in &notice.days {
        assert!(named.contains(&(day.date.to_string(), Some("国庆节".to_owned()))));
    }
}

#[test]
fn a_notice_replaces_its_own_dates_and_nothing_else() {
    let mut before = WorkingCalendar { version: 7, ..WorkingCalendar::default() };
    let own = |name: &str| SpecialDay { working: false, name: name.into(), hours: None };
    before.days.insert(date("2026-04-18"), own("三月三"));
    before.days.insert(date("2026-10-01"), own("国庆节"));
    let half = SpecialDay { working: true, name: "半天".into(), hours: Some(hours("08:30-12:00")) };
    before.days.insert(date("2026-10-02"), half);
    let json = notice(&[("2026-10-03", true), ("2026-10-01", true), ("2026-10-02", true), ("2025-12-31", true)]);
    let notice = YearNotice::parse(&json).unwrap();
    let listed: Vec<String> = notice.days.iter().map(|day| day.date.to_string()).collect();
    assert_eq!(listed, ["2025-12-31", "2026-10-01", "2026-10-02", "2026-10-03"]);

    let effect = before.notice_effect(&notice);
    let dates = |days: &[NoticeDay]| days.iter().map(|day| day.date.to_string()).collect::<Vec<_>>();
    assert_eq!(dates(&effect.added), ["2025-12-31", "2026-10-03"]);
    assert_eq!(dates(&effect.changed), ["2026-10-02"]);
    assert_eq!(dates(&effect.unchanged), ["2026-10-01"]);
    assert_eq!(effect.kept, [date("2026-04-18")]);

    let after = before.with_notice(&notice);
    assert_eq!(after.version, 7);
    assert_eq!(after.days.len(), 5);
    assert_eq!(after.days[&date("2026-04-18")], own("三月三"));
    assert_eq!(after.days[&date("2026-10-02")], own("国庆节"));
    assert_eq!(after.noticed, BTreeSet::from([2026]));
    // Taken twice, it changes nothing more.
    assert_eq!(after.with_notice(&notice), after);
    assert_eq!(after.notice_effect(&notice).unchanged, notice.days);
}

#[test]
fn a_makeup_day_may_be_a_day_that_is_worked_anyway() {
    // Monday, 28 September 2026.
    let notice = YearNotice::parse(&notice(&[("2026-10-01", true), ("2026-09-28", false)])).unwrap();
    let calendar = WorkingCalendar::default().with_notice(&notice);
    assert_eq!(calendar.periods_on(date("2026-09-28")), hours("08:30-12:00 14:30-18:00"));
}

#[test]
fn a_wrong_notice_says_where() {
    let day = |field: &str, code| vec![(field.to_owned(), code)];
    for (days, field, code) in [
        (vec![("2026-10-01", true), ("2026-10-01", true)], "days.1.date", "calendar.notice_twice"),
        (vec![("2026-10-01", true), ("2026-10-01", false)], "days.1.date", "calendar.notice_contradiction"),
        (vec![("2026-02-29", true)], "days.0.date", "calendar.notice_date"),
        (vec![("2026-1-1", true)], "days.0.date", "calendar.notice_date"),
        (vec![("2026/10/01", true)], "days.0.date", "calendar.notice_date"),
        (vec![("2026-10-01", true), ("2025-11-30", true)], "days.1.date", "calendar.notice_date_year"),
        (vec![("2026-10-01", true), ("2027-02-01", true)], "days.1.date", "calendar.notice_date_year"),
        (vec![("2026-10-10", false)], "days", "calendar.notice_days"),
        (vec![], "days", "calendar.notice_days"),
    ] {
        assert_eq!(errors(&notice(&days)), day(field, code), "{days:?}");
    }
    // The months beside the year belong to it.
    assert_eq!(errors(&notice(&[("2025-12-31", true), ("2027-01-01", true)])), []);

    let right = notice(&[("2026-10-01", true)]);
    for (from, to, field, code) in [
        ("\"year\":2026", "\"year\":\"2026\"", "year", "calendar.notice_year"),
        ("\"year\":2026", "\"year\":99999999999", "year", "calendar.notice_year"),
        ("\"papers\":[]", "\"papers\":\"x\"", "papers", "calendar.notice_papers"),
        ("\"papers\":[]", "\"papers\":[\"javascript:alert(1)\"]", "papers.0", "calendar.notice_papers"),
        ("国庆节", " ", "days.0.name", "field.required"),
        ("\"isOffDay\":true", "\"isOffDay\":1", "days.0.isOffDay", "calendar.notice_off_day"),
        ("\"isOffDay\":true", "\"isoffday\":true", "days.0.isOffDay", "calendar.notice_off_day"),
        ("\"days\":[", "\"days\":{},\"other\":[", "days", "calendar.notice_days"),
    ] {
        assert_eq!(errors(&right.replace(from, to)), day(field, code), "{to}");
    }
    for text in ["", "{", "[]", "null", "\"2026\"", &"[".repeat(100_000)] {
        assert_eq!(errors(text), day("", "calendar.notice_json"));
    }
    // All of what is wrong at once.
    let all = r#"{"year":1900,"papers":[7],"days":[7,{"name":"节","date":"2026-10-01","isOffDay":true}]}"#;
    let fields: Vec<String> = errors(all).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["year", "papers.0", "days.0.name", "days.0.date", "days.0.isOffDay"]);
}

#[test]
fn what_else_stands_in_the_file_is_passed_over() {
    let json = notice(&[("2026-10-01", true)]);
    let full =
        json.replacen('{', "\u{feff}{\"$schema\":\"a\",\"$id\":\"b\",\"note\":[1],", 1).replace("\"papers\":[],", "");
    let parsed = YearNotice::parse(&full).unwrap();
    assert_eq!(parsed, YearNotice::parse(&json).unwrap());
    // As it is written into an event, it is the same schema again.
    assert_eq!(YearNotice::parse(&serde_json::to_string(&parsed).unwrap()).unwrap(), parsed);
}
