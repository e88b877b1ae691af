//! New limits and new calendars under running clocks.

use super::*;
use crate::calendar::{Period, SpecialDay, TimeOfDay};

fn hours(value: u32) -> Limit {
    Limit::continuous(value, LimitUnit::Hours)
}

fn working_hours(value: u32) -> Limit {
    Limit::working(value, LimitUnit::Hours)
}

/// The rules with another limit to complete.
fn finish(limit: Limit) -> impl FnOnce(&mut TimeRules) {
    move |rules| {
        rules.levels.finish = limit;
        rules.levels.version += 1;
    }
}

/// The office is closed on that day.
fn closed(date: &'static str) -> impl FnOnce(&mut TimeRules) {
    move |rules| {
        let day = SpecialDay { working: false, name: "停电".to_owned(), hours: None };
        rules.calendar.days.insert(date.parse().unwrap(), day);
        rules.calendar.version += 1;
    }
}

/// A ticket with eight working hours to complete, accepted on a Monday morning.
fn working() -> Play {
    Setting::levels(|levels| {
        levels.warn_percent = 0;
        levels.finish = working_hours(8);
    })
    .sent_at(local("2026-11-23 09:00"))
    .accepted()
}

#[test]
fn a_changed_limit_moves_ends_that_lie_ahead_and_stay_ahead() {
    // New limit, when it begins to hold in minutes, and the end after that.
    let cases = [
        (hours(48), 60, "2880"),
        (hours(2), 60, "120"),
        (hours(2), 119, "120"),
        // An end that would lie in the past is not taken over: nobody becomes late by a rule that did not hold.
        (hours(2), 120, "1440"),
        (hours(2), 1_439, "1440"),
        // What is over stays over.
        (hours(48), 1_440, "1440"),
        (hours(24), 60, "1440"),
    ];
    for (limit, minutes, due) in cases {
        let mut play = Setting::default().accepted();
        let told = play.at(minutes).rules_change(finish(limit));
        let expected = if due == "1440" { &[][..] } else { &["due_changed service_levels"] };
        assert_eq!(told, expected, "{limit:?} at {minutes}");
        assert_eq!(play.due().as_deref(), Some(due), "{limit:?} at {minutes}");
        assert_eq!(play.clock().levels_version, u32::from(due != "1440"));
    }
}

#[test]
fn a_changed_limit_warns_at_its_own_time() {
    let mut play = Setting::default().accepted();
    play.until(1_200);
    play.rules_change(finish(hours(48)));
    assert_eq!(play.until(2_880)[..2], ["2304 due_soon", "2880 overdue 4"], "warned for the end that held before");
    let mut play = Setting::default().accepted();
    play.at(110).rules_change(finish(hours(2)));
    assert_eq!(play.until(120)[..1], ["120 overdue 4"], "80 % of it are over already");
}

#[test]
fn pauses_and_extensions_survive_a_change_of_limits_and_calendars() {
    let mut play = Setting::default().accepted();
    play.at(100).do_all(&[Action::Pause]);
    play.at(400).do_all(&[Action::Resume, Action::RequestExtension, Action::DecideExtension]);
    assert_eq!(play.due(), Some((1_440 + 300 + 120).to_string()));
    play.rules_change(finish(hours(30)));
    assert_eq!(play.due(), Some((1_800 + 300 + 120).to_string()));
    assert_eq!((play.clock().pauses.len(), play.clock().extended), (1, true));

    let mut play = working();
    // Tuesday 10:00, and Monday 10:00 to 11:00 does not count.
    play.at(60).do_all(&[Action::Pause]);
    play.at(120).do_all(&[Action::Resume]);
    assert_eq!(play.ticket.due_at(), Some(local("2026-11-24 11:00")));
    assert_eq!(play.rules_change(closed("2026-11-24")), ["due_changed calendar"]);
    assert_eq!(play.ticket.due_at(), Some(local("2026-11-25 11:00")));
    assert_eq!(play.clock().calendar_version, 1);
}

#[test]
fn a_clock_that_stands_still_follows_new_rules_though_the_end_it_shows_is_past() {
    let mut play = Setting::default().accepted();
    play.at(60).do_all(&[Action::Pause]);
    assert_eq!(play.at(5_000).rules_change(finish(hours(48))), ["due_changed service_levels"]);
    assert_eq!(play.due().as_deref(), Some("2880"));
    play.do_all(&[Action::Resume]);
    assert_eq!(play.due(), Some((2_880 + 5_000 - 60).to_string()));
    // A limit that was over when it was stopped is not taken over.
    let mut play = Setting::default().accepted();
    play.at(180).do_all(&[Action::Pause]);
    assert_eq!(play.at(5_000).rules_change(finish(hours(3))), [""; 0]);
    assert_eq!(play.rules_change(finish(hours(4))), ["due_changed service_levels"]);
    play.do_all(&[Action::Resume]);
    assert_eq!(play.due().as_deref(), Some("5060"), "an hour of four was left");
}

#[test]
fn what_is_overdue_stays_overdue_and_only_the_time_of_the_level_reached_moves() {
    let mut play = Setting::default().accepted();
    play.until(1_441);
    play.rules_change(finish(hours(48)));
    assert_eq!((play.ticket.is_overdue(), play.level(), play.due()), (true, 3, Some((1_440 + 2_880).to_string())));
    assert_eq!(play.until(100_000).iter().filter(|event| event.contains("overdue")).count(), 3);
    // Nothing runs any more at the top.
    let at_the_top = play.clock().clone();
    assert!(at_the_top.ended);
    assert_eq!(play.rules_change(finish(hours(8_760))), [""; 0]);
    assert_eq!(play.clock(), &at_the_top);
}

#[test]
fn levels_reached_later_have_the_limits_that_hold_then() {
    let (mut play, _) = Setting::levels(|levels| levels.warn_percent = 0).send();
    play.at(10).rules_change(|rules| rules.levels.finish = hours(1));
    assert_eq!(play.due().as_deref(), Some("30"), "another step's limit");
    // Known to the rules, not taken over by this level: its end would lie in the past.
    play.at(20).rules_change(|rules| rules.levels.accept = Limit::continuous(5, LimitUnit::Minutes));
    assert_eq!(play.until(36), ["30 overdue 4", "30 4>3 not_accepted", "35 overdue 3", "35 3>2 not_accepted"]);
    play.do_all(&[Action::Accept]);
    assert_eq!(play.due().as_deref(), Some("96"));
}

#[test]
fn a_calendar_moves_working_time_only_and_only_what_lies_ahead() {
    // Accepted Monday 9:00 with 8 working hours: Tuesday 10:00.
    for (minutes, date, due) in [
        (0, "2026-11-23", "2026-11-25 09:30"),
        (0, "2026-11-24", "2026-11-25 10:00"),
        (0, "2026-11-25", "2026-11-24 10:00"),
        (0, "2026-11-22", "2026-11-24 10:00"),
        (24 * 60, "2026-11-24", "2026-11-25 10:00"),
        (25 * 60, "2026-11-24", "2026-11-24 10:00"),
    ] {
        let mut play = working();
        play.at(minutes).rules_change(closed(date));
        assert_eq!(play.ticket.due_at(), Some(local(due)), "{date} at {minutes}");
    }
    let mut play = Setting::default().accepted();
    assert_eq!(play.rules_change(closed("2026-11-22")), [""; 0], "plain time knows no holidays");
    // Office hours around the clock would have ended it at 17:00: too late to hold now.
    let mut play = working();
    assert_eq!(play.at(9 * 60).rules_change(day_and_night), [""; 0]);
    assert_eq!(play.ticket.due_at(), Some(local("2026-11-24 10:00")));
    let mut play = working();
    assert_eq!(play.at(7 * 60).rules_change(day_and_night), ["due_changed calendar"]);
    assert_eq!(play.ticket.due_at(), Some(local("2026-11-23 17:00")));
}

/// The office works day and night.
fn day_and_night(rules: &mut TimeRules) {
    let whole = Period { from: TimeOfDay::new(0, 0).unwrap(), to: TimeOfDay::new(24, 0).unwrap() };
    rules.calendar.week.iter_mut().for_each(|day| *day = vec![whole]);
    rules.calendar.version += 1;
}

#[test]
fn a_calendar_that_was_not_taken_over_does_not_come_in_by_a_pause_or_an_extension() {
    // Due on Tuesday 10:00; the new calendar would have ended it on Monday 17:00.
    let late = || {
        let mut play = working();
        assert_eq!(play.at(9 * 60).rules_change(day_and_night), [""; 0]);
        play.at(24 * 60);
        play
    };
    let mut play = late();
    play.do_all(&[Action::Pause]).at(24 * 60 + 30).do_all(&[Action::Resume]);
    assert_eq!((play.look(), play.ticket.due_at()), (Vec::new(), Some(local("2026-11-24 10:30"))));
    assert_eq!(play.clock().calendar_version, 0, "it follows from the calendar before");
    play.do_all(&[Action::Pause]).at(24 * 60 + 45).do_all(&[Action::Resume]);
    assert_eq!((play.look(), play.ticket.due_at()), (Vec::new(), Some(local("2026-11-24 10:45"))));
    // Two hours more give more time, not less.
    let mut play = late();
    play.do_all(&[Action::RequestExtension, Action::DecideExtension]);
    assert_eq!((play.look(), play.ticket.due_at()), (Vec::new(), Some(local("2026-11-24 12:00"))));
}

#[test]
fn closed_tickets_have_no_time_that_could_change() {
    let mut rules = TimeRules::default();
    finish(hours(1))(&mut rules);
    let (ladder, staff) = (ladder([true; 3]), staff());
    let context = DecisionContext { rules: &rules, ladder: &ladder, staff: &staff };
    for state in [StateName::Completed, StateName::Rated, StateName::Withdrawn] {
        assert_eq!(in_state(state).decide_rules_changed(&context, NOON), None, "{state:?}");
    }
}

#[test]
fn the_usual_working_calendar_counts_no_nights_weekends_or_holidays() {
    let noticed = crate::calendar::known_notices()
        .iter()
        .fold(WorkingCalendar::default(), |calendar, notice| calendar.with_notice(notice));
    // domain.md 12.3: sent on a Friday 17:59, a Saturday, New Year's Eve, a made-up Sunday.
    for (sent, limit, due) in [
        ("2026-11-20 17:59", Limit::working(30, LimitUnit::Minutes), "2026-11-23 08:59"),
        ("2026-11-21 10:00", Limit::working(30, LimitUnit::Minutes), "2026-11-23 09:00"),
        ("2026-11-20 17:59", Limit::working(1, LimitUnit::Workdays), "2026-11-23 18:00"),
        ("2026-11-20 08:00", Limit::working(1, LimitUnit::Workdays), "2026-11-23 18:00"),
        // The holiday of 2026 is 15 to 23 February; the 14th and the 28th are made up for.
        ("2026-02-16 12:00", working_hours(1), "2026-02-24 09:30"),
        ("2026-02-14 17:30", working_hours(1), "2026-02-24 09:00"),
        ("2026-02-13 17:30", working_hours(1), "2026-02-14 09:00"),
        ("2026-02-27 17:00", Limit::working(1, LimitUnit::Workdays), "2026-02-28 18:00"),
        // Ends exactly at the close, not at the next opening.
        ("2026-11-23 11:30", Limit::working(30, LimitUnit::Minutes), "2026-11-23 12:00"),
        ("2026-11-23 11:31", Limit::working(30, LimitUnit::Minutes), "2026-11-23 14:31"),
    ] {
        let mut setting = Setting::levels(|levels| levels.accept = limit).sent_at(local(sent));
        setting.rules.calendar = noticed.clone();
        let (play, _) = setting.send();
        assert_eq!(play.ticket.due_at(), Some(local(due)), "{limit:?} from {sent}");
    }
}
