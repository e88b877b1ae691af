//! What [`WorkingCalendar::check`] accepts, and the JSON forms.

use super::*;

/// The errors of a calendar as `(field, code)`.
fn errors(calendar: &WorkingCalendar) -> Vec<(String, &'static str)> {
    let errors = calendar.check().err().unwrap_or_default();
    assert!(errors.iter().all(|error| !error.message.is_empty()));
    errors.into_iter().map(|error| (error.field, error.code)).collect()
}

/// The usual calendar, changed.
fn with(change: impl FnOnce(&mut WorkingCalendar)) -> WorkingCalendar {
    let mut calendar = WorkingCalendar::default();
    change(&mut calendar);
    calendar
}

/// The usual calendar with one special day.
fn with_day(working: bool, name: &str, periods: Option<&str>) -> WorkingCalendar {
    let day = SpecialDay { working, name: name.into(), hours: periods.map(hours) };
    with(|calendar| drop(calendar.days.insert(date("2026-10-01"), day)))
}

#[test]
fn the_usual_calendar_is_right() {
    assert_eq!(WorkingCalendar::default().check(), Ok(()));
    assert_eq!(noticed().check(), Ok(()));
    // Touching periods, a whole day, and no make-up hours as long as nobody needs them.
    assert_eq!(on_weekdays("00:00-12:00 12:00-24:00", &[6]).check(), Ok(()));
    assert_eq!(with(|calendar| calendar.makeup.clear()).check(), Ok(()));
    assert_eq!(with_day(true, "加班", Some("09:00-10:00")).check(), Ok(()));
}

#[test]
fn every_wrong_field_is_named() {
    let periods = |text: &str| errors(&with(|calendar| calendar.week[0] = hours(text)));
    let first = |code| vec![("week.0.1".to_owned(), code)];
    assert_eq!(periods("08:30-12:00 11:59-18:00"), first("calendar.overlap"));
    assert_eq!(periods("08:30-12:00 09:00-10:00"), first("calendar.overlap"));
    assert_eq!(periods("08:30-12:00 08:00-18:00"), first("calendar.overlap"));
    assert_eq!(periods("14:30-18:00 08:30-12:00"), first("calendar.order"));
    assert_eq!(periods("08:30-12:00 13:00-13:00"), first("calendar.empty_period"));
    assert_eq!(periods("08:30-12:00 18:00-14:00 14:30-18:00"), first("calendar.empty_period"));
    let many: String = (0..13).map(|hour| format!("{hour:02}:00-{hour:02}:30 ")).collect();
    assert_eq!(periods(&many), [("week.0".to_owned(), "calendar.too_many_periods")]);

    let makeup = errors(&with(|calendar| calendar.makeup = hours("12:00-08:00")));
    assert_eq!(makeup, [("makeup.0".to_owned(), "calendar.empty_period")]);
    assert_eq!(errors(&on_weekdays("", &[])), [("week".to_owned(), "calendar.no_working_time")]);

    let day = |field: &str, code| vec![(format!("days.2026-10-01{field}"), code)];
    assert_eq!(errors(&with_day(false, " ", None)), day(".name", "field.required"));
    assert_eq!(errors(&with_day(false, &"节".repeat(51), None)), day(".name", "field.too_long"));
    assert_eq!(errors(&with_day(false, "国庆", Some("09:00-10:00"))), day(".hours", "calendar.hours_on_day_off"));
    assert_eq!(errors(&with_day(true, "国庆", Some(""))), day("", "calendar.no_hours"));
    assert_eq!(errors(&with_day(true, "国庆", Some("09:00-09:00"))), day(".hours.0", "calendar.empty_period"));
    let mut without = with_day(true, "国庆", None);
    without.makeup.clear();
    assert_eq!(errors(&without), day("", "calendar.no_hours"));

    let far = SpecialDay { working: false, name: "远".into(), hours: None };
    let early = with(|calendar| drop(calendar.days.insert(date("1991-12-31"), far.clone())));
    assert_eq!(errors(&early), [("days.1991-12-31".to_owned(), "calendar.year")]);
    let years = with(|calendar| calendar.noticed.extend([2026, 2201]));
    assert_eq!(errors(&years), [("noticed".to_owned(), "calendar.year")]);
    let dates = date("2026-01-01").iter_days().take(4001).map(|date| (date, far.clone()));
    assert_eq!(errors(&with(|calendar| calendar.days.extend(dates))), [("days".to_owned(), "calendar.too_many_days")]);
}

#[test]
fn times_of_day_are_four_digits() {
    for (text, minutes) in [("00:00", 0), ("08:30", 510), ("23:59", 1439), ("24:00", 1440)] {
        let time: TimeOfDay = text.parse().unwrap();
        assert_eq!((time.minutes(), time.to_string().as_str()), (minutes, text));
        assert_eq!(TimeOfDay::new(minutes / 60, minutes % 60), Some(time));
    }
    for text in ["", "8:30", "08:60", "24:01", "25:00", "-1:00", "+8:30", "08：30", "08:30:00", "0830", "08:3 "] {
        assert_eq!(text.parse::<TimeOfDay>(), Err(NotATimeOfDay), "{text}");
    }
    assert_eq!(TimeOfDay::new(u16::MAX, 0), None);
}

#[test]
fn json_is_as_the_contract_says() {
    let mut calendar = with_day(true, "调休", Some("09:00-24:00"));
    calendar.noticed.insert(2026);
    let json = serde_json::to_value(&calendar).unwrap();
    assert_eq!(json["week"][0][0], serde_json::json!({"from": "08:30", "to": "12:00"}));
    assert_eq!(json["week"][6], serde_json::json!([]));
    let day = serde_json::json!({"working": true, "name": "调休", "hours": [{"from": "09:00", "to": "24:00"}]});
    assert_eq!(json["days"]["2026-10-01"], day);
    assert_eq!(json["noticed"], serde_json::json!([2026]));
    assert_eq!(serde_json::from_str::<WorkingCalendar>(&json.to_string()).unwrap(), calendar);
    let off = SpecialDay { working: false, name: "国庆节".into(), hours: None };
    assert_eq!(serde_json::to_string(&off).unwrap(), r#"{"working":false,"name":"国庆节"}"#);

    for (from, to) in [("\"noticed\":[2026]", "\"noticed\":[2026],\"x\":1"), ("24:00", "24:30"), ("10-01", "13-01")] {
        let wrong = serde_json::to_string(&calendar).unwrap().replace(from, to);
        assert!(serde_json::from_str::<WorkingCalendar>(&wrong).is_err(), "{wrong}");
    }
}
