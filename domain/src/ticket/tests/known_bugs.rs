//! Faults of other systems' service clocks (tickets.md §2), each as a test of our rules.
//!
//! What belongs to storing and sending is told elsewhere: that a timer is deleted in the transaction of its effect, that of
//! two nodes one is refused, that messages wait for the morning.

use super::*;
use crate::calendar::{Period, known_notices};
use crate::service_level::LevelException;

const FOR_EVER: i64 = 10 * 365 * 1_440;

fn minutes(value: u32) -> Limit {
    Limit::continuous(value, LimitUnit::Minutes)
}

/// The office hours of the default calendar, with so many hours to complete and no warnings.
fn office(hours: u32) -> Setting {
    Setting::levels(|levels| {
        levels.warn_percent = 0;
        levels.finish = Limit::working(hours, LimitUnit::Hours);
    })
}

/// Hours of one day, `"08:00-17:00"`.
fn period(text: &str) -> Period {
    let (from, to) = text.split_once('-').unwrap();
    Period { from: from.parse().unwrap(), to: to.parse().unwrap() }
}

/// The calendar with all notices known.
fn noticed() -> WorkingCalendar {
    known_notices().iter().fold(WorkingCalendar::default(), |calendar, notice| calendar.with_notice(notice))
}

/// What the event of the last action says of times.
fn facts_of(play: &mut Play, action: Action) -> TicketFacts {
    let before = play.ticket.clone();
    let party = Party { person: worker(), standing: ALL_RIGHTS };
    let events = before.decide(&command(action), &party, &play.context(), play.now).unwrap();
    play.take(&events);
    let around = Surroundings { grid_name: "三组", kind_title: "意见建议", private: false };
    TicketFacts::of(Some(&before), &before.after(&events[0], play.now), &events[0], None, play.now, &around)
}

// The update time, where it was shorter, replaced the first response time before anybody had responded.
#[test]
fn zammad_5177_nothing_overrules_the_time_to_accept_before_acceptance() {
    let (mut play, _) = Setting::levels(|levels| levels.finish = minutes(5)).send();
    play.at(1).do_all(&[Action::Comment, Action::Nudge, Action::ReadNudge]);
    play.at(2).do_all(&[Action::Comment]);
    assert_eq!((play.clock().purpose, play.due().as_deref()), (Purpose::Accept, Some("30")));
    assert_eq!(play.until(30), ["24 due_soon", "30 overdue 4", "30 4>3 not_accepted"]);
}

// Tickets escalated for the time until an answer although the agent had answered.
#[test]
fn zammad_3140_what_was_answered_in_time_does_not_climb() {
    let (mut play, _) = Setting::levels(|levels| levels.nudge_answer = Some(minutes(5))).send();
    play.at(10).do_all(&[Action::Nudge]).at(14).do_all(&[Action::ReadNudge]);
    play.until(29);
    play.do_all(&[Action::Accept]);
    assert_eq!(play.until(29 + 1_151), [""; 0], "accepted at 29, warned at 80 % of a day");
    play.do_all(&[Action::Complete]);
    assert_eq!(play.until(FOR_EVER), [""; 0]);
    assert_eq!(play.level(), 4);
}

// The time that closing had taken, and how it compared with the limit, was never stored.
#[test]
fn zammad_2579_every_acceptance_and_completion_says_how_long_it_took_and_whether_in_time() {
    use Action::{Accept, Complete, Pause, Reassign, Reopen, Resume, Return};
    // What was done before, when, the action that is measured, what it took in minutes, and in time or not.
    let cases: [(&[Action], i64, Action, i64, bool); 9] = [
        (&[], 29, Accept, 29, true),
        (&[], 30, Accept, 30, false),
        (&[Return], 31, Accept, 31, false),
        (&[Accept], 1_439, Complete, 1_439, true),
        (&[Accept], 1_440, Complete, 1_440, false),
        (&[Accept, Reassign], 5, Complete, 5, true),
        (&[Reassign], 5, Complete, 5, true),
        (&[Accept, Complete, Reopen, Accept], 7, Complete, 7, true),
        (&[Accept, Pause, Resume, Pause], 2_000, Complete, 2_000, true),
    ];
    for (before, minutes, action, took, within) in cases {
        for looked in [false, true] {
            let (mut play, _) = Setting::default().send();
            play.do_all(before);
            if looked {
                play.until(minutes);
            }
            play.at(minutes);
            let facts = facts_of(&mut play, action);
            assert_eq!(facts.elapsed_ms, Some(took * MINUTE), "{action:?} after {before:?}");
            assert_eq!(facts.within, Some(within), "{action:?} after {before:?}, clock looked at: {looked}");
        }
    }
}

// The end that was shown followed only the second answer, not the first.
#[test]
fn zammad_2082_the_event_that_changes_the_end_says_the_new_one() {
    for (action, due) in [
        (Action::Accept, Some(1_450)),
        (Action::Reassign, Some(1_450)),
        (Action::Return, Some(40)),
        (Action::Withdraw, None),
        (Action::Comment, Some(30)),
        (Action::Nudge, Some(30)),
    ] {
        let (mut play, _) = Setting::levels(|levels| levels.warn_percent = 0).send();
        play.at(10);
        let facts = facts_of(&mut play, action);
        let due = due.map(|minutes| NOON.plus_millis(minutes * MINUTE));
        assert_eq!((facts.due_at, facts.timer_at, play.ticket.due_at()), (due, due, due), "{action:?}");
    }
}

// A merged ticket, which no limit fitted any more, was shown as escalated and notified about.
#[test]
fn zammad_904_a_closed_ticket_is_neither_late_nor_climbs() {
    for last in [Action::Complete, Action::Withdraw] {
        let mut setting = Setting::levels(|levels| {
            levels.nudge_repeat = Some(minutes(30));
            levels.nudge_answer = Some(minutes(30));
        });
        setting.staff = vec![worker()];
        let mut play = setting.accepted();
        play.until(1_500);
        play.do_all(&[Action::Nudge]);
        assert_eq!(play.ticket.counted().overdue, 1);
        play.do_all(&[last]);
        assert_eq!(
            (play.ticket.counted().overdue, play.ticket.is_overdue(), play.ticket.next_timer()),
            (0, false, None)
        );
        play.staff.clear();
        play.at(FOR_EVER);
        assert_eq!((play.look(), play.look_for_people()), (Vec::new(), Vec::new()), "{last:?}");
        assert_eq!(play.rules_change(|rules| rules.levels.finish = minutes(1)), [""; 0]);
    }
}

// Escalation mails went out at midnight and on weekends.
#[test]
fn zammad_4432_clocks_of_office_hours_ring_in_office_hours() {
    let setting = Setting::levels(|levels| {
        levels.accept = Limit::working(45, LimitUnit::Minutes);
        levels.finish = Limit::working(11, LimitUnit::Hours);
        levels.nudge_repeat = Some(Limit::working(95, LimitUnit::Minutes));
        levels.nudge_answer = Some(Limit::working(50, LimitUnit::Minutes));
        levels.warn_percent = 70;
    });
    let (mut play, _) = setting.sent_at(local("2026-11-20 17:50")).send();
    play.do_all(&[Action::Nudge]);
    let mut rung = 0;
    for round in 0..60 {
        if round == 5 {
            play.do_all(&[Action::Accept, Action::Nudge]);
        }
        let at = play.ticket.next_timer().unwrap();
        let minute = at.since(crate::calendar_day::day_start(at)) / MINUTE;
        let weekday = (at.since(local("2026-11-16 00:00")) / DAY) % 7;
        let open = (510..=720).contains(&minute) || (870..=1_080).contains(&minute);
        assert!(open && weekday < 5, "{at} is outside of office hours");
        play.now = at;
        rung += play.look().len();
    }
    assert!(rung > 60 && play.now > local("2026-12-01 00:00"));
}

// Imported holidays were silently counted as working time, or working days taken for holidays.
#[test]
fn zammad_390_holidays_do_not_count_and_days_made_up_for_them_do() {
    for (sent, notices, due) in [
        ("2026-09-30 17:30", true, "2026-10-08 09:00"),
        ("2026-09-30 17:30", false, "2026-10-01 09:00"),
        ("2026-10-09 17:30", true, "2026-10-10 09:00"),
        ("2026-10-09 17:30", false, "2026-10-12 09:00"),
    ] {
        let mut setting = Setting::levels(|levels| levels.accept = Limit::working(1, LimitUnit::Hours));
        if notices {
            setting.rules.calendar = WorkingCalendar { version: 7, ..noticed() };
        }
        let (play, _) = setting.sent_at(local(sent)).send();
        assert_eq!(play.ticket.due_at(), Some(local(due)), "from {sent}, notices known: {notices}");
        assert_eq!(play.clock().calendar_version, if notices { 7 } else { 0 }, "each end says its calendar");
    }
}

// A second escalation of the same kind on the same day was suppressed, and with it reminders after a change.
#[test]
fn zammad_4348_what_happens_twice_on_a_day_is_told_twice() {
    let (mut play, _) = Setting::levels(|levels| levels.warn_percent = 0).send();
    assert_eq!(play.until(35), ["30 overdue 4", "30 4>3 not_accepted"]);
    play.do_all(&[Action::Accept, Action::Complete, Action::Reopen]);
    assert_eq!(play.until(70), ["65 overdue 3", "65 3>2 not_accepted"]);
    play.do_all(&[Action::Accept, Action::Complete, Action::Reopen]);
    assert_eq!(play.until(100), ["100 overdue 2", "100 2>1 not_accepted"]);
    let mut play = Setting::levels(|levels| {
        levels.warn_percent = 0;
        levels.nudge_repeat = Some(minutes(60));
    })
    .led([false; 3])
    .accepted();
    play.until(2_880);
    assert_eq!(play.until(2_880 + 1_440).len(), 24, "every hour of the day");
}

// Time spent waiting was lost when another service level began to hold.
#[test]
fn glpi_6902_a_pause_survives_new_limits() {
    let mut play = Setting::levels(|levels| levels.warn_percent = 0).accepted();
    play.at(60).do_all(&[Action::Pause]);
    // Changed while it waits, and once more after that.
    play.at(600).rules_change(|rules| rules.levels.finish = minutes(120));
    play.at(3_000).do_all(&[Action::Resume]);
    assert_eq!(play.due(), Some((120 + 2_940).to_string()));
    play.rules_change(|rules| rules.levels.finish = minutes(600));
    assert_eq!(play.due(), Some((600 + 2_940).to_string()));
    assert_eq!(play.until(4_000), ["3540 overdue 4", "3540 4>3 not_completed"]);
}

// The same when the priority changed and chose another service level: on hold for days, late at once.
#[test]
fn glpi_15605_a_pause_survives_another_limit_for_the_kind() {
    let mut play = office(16).sent_at(local("2026-11-23 09:00")).accepted();
    play.at(60).do_all(&[Action::Pause]);
    play.now = local("2026-11-27 10:00");
    play.do_all(&[Action::Resume]);
    let urgent = LevelException {
        kind: Some("suggestion".to_owned()),
        level: None,
        accept: None,
        finish: Some(Limit::working(2, LimitUnit::Hours)),
    };
    play.rules_change(|rules| rules.levels.exceptions.push(urgent));
    // An hour was used up on Monday.
    assert_eq!((play.ticket.due_at(), play.ticket.is_late(play.now)), (Some(local("2026-11-27 11:00")), false));
}

// A limit was violated while the ticket was pending.
#[test]
fn glpi_24481_a_limit_does_not_pass_while_the_clock_stands_still() {
    let mut play = Setting::levels(|levels| levels.pause_workdays = 250).accepted();
    play.at(1_439).do_all(&[Action::Pause]);
    assert_eq!(play.until(300 * 1_440), [""; 0]);
    assert_eq!((play.ticket.is_late(play.now), play.ticket.counted().overdue, play.level()), (false, 0, 4));
    assert_eq!(facts_of(&mut play, Action::Complete).within, Some(true));
}

// With a calendar of one's own, tickets escalated while they were being created.
#[test]
fn glpi_15429_no_calendar_makes_a_ticket_late_when_it_is_sent() {
    let calendars: [(&[usize], &str); 6] = [
        (&[0, 1, 2, 3, 4], "08:00-18:00"),
        (&[6], "23:59-24:00"),
        (&[3], "00:00-00:01"),
        (&[0, 1, 2, 3, 4, 5, 6], "00:00-24:00"),
        (&[0, 6], "00:00-06:00"),
        (&[5], "12:00-12:30"),
    ];
    let limits = [
        Limit::working(1, LimitUnit::Minutes),
        Limit::working(30, LimitUnit::Minutes),
        Limit::working(4, LimitUnit::Hours),
        Limit::working(1, LimitUnit::Workdays),
    ];
    for (weekdays, hours) in calendars {
        let week = std::array::from_fn(|day| if weekdays.contains(&day) { vec![period(hours)] } else { Vec::new() });
        for limit in limits {
            let mut rules = TimeRules::default();
            rules.calendar.week = week.clone();
            rules.levels.accept = limit;
            for half_hour in 0..7 * 48 {
                let now = local("2026-11-16 00:00").plus_millis(half_hour * 30 * MINUTE);
                let clock = TicketClock::start(Purpose::Accept, 1, "suggestion", 4, now, &rules);
                assert!(clock.due_at > now && clock.next() > Some(now), "{limit:?} of {weekdays:?} {hours} at {now}");
                // Nor is the warning at another time than within office hours (the same field, GLPI pull request 22678).
                let worked = rules.calendar.between(now, clock.due_at, &[]);
                let warned = clock.warn_at.map(|at| rules.calendar.between(now, at, &[]));
                assert!(warned.is_none_or(|warned| warned == worked * 80 / 100));
            }
        }
    }
}

// No escalation ran for the time to own: it was stored as one for the time to resolve.
#[test]
fn glpi_4170_and_2765_the_time_to_accept_has_escalations_of_its_own() {
    let (mut play, _) = Setting::levels(|levels| {
        levels.warn_percent = 0;
        levels.accept = minutes(10);
        levels.finish = minutes(3);
    })
    .send();
    assert_eq!(play.until(11), ["10 overdue 4", "10 4>3 not_accepted"]);
    play.do_all(&[Action::Accept]);
    assert_eq!(play.until(15), ["14 overdue 3", "14 3>2 not_completed"]);
}

// A reminder every two days came after seven, and then never again.
#[test]
fn glpi_24194_reminders_come_at_their_distance_and_do_not_stall() {
    let mut setting = office(1).led([false; 3]).sent_at(local("2026-04-28 09:00"));
    setting.rules.calendar = noticed();
    setting.rules.levels.nudge_repeat = Some(Limit::working(2, LimitUnit::Workdays));
    setting.ladder = Ladder::default();
    let mut play = setting.accepted();
    let mut reminded = Vec::new();
    for _ in 0..60 {
        play.now = play.ticket.next_timer().unwrap();
        if play.look() != ["overdue 4"] {
            reminded.push(play.now);
        }
    }
    // 1 to 5 May are holidays, Saturday the 9th is made up for them.
    let expected = ["2026-04-30 18:00", "2026-05-07 18:00", "2026-05-09 18:00", "2026-05-12 18:00", "2026-05-14 18:00"];
    assert_eq!(reminded[..5], expected.map(local));
    assert_eq!(reminded.len(), 59);
    assert!(reminded.windows(2).all(|pair| rules_workdays(&play.rules, pair[0], pair[1]) == 2));
}

/// Working days after `from` up to `to`, which is the close of one.
fn rules_workdays(rules: &TimeRules, from: Timestamp, to: Timestamp) -> usize {
    let days = (1..60).take_while(|day| from.plus_millis(day * DAY) <= to);
    days.filter(|day| rules.calendar.between(from.plus_millis((day - 1) * DAY), from.plus_millis(day * DAY), &[]) > 0)
        .count()
}

// Only the first level ran; levels that were missed were not worked out anew.
#[test]
fn glpi_5319_every_level_runs_also_after_one_was_missed() {
    let (mut play, _) = Setting::levels(|levels| levels.warn_percent = 0).send();
    // Nobody looked for ten days.
    play.at(14_400);
    assert_eq!(play.look(), ["overdue 4", "4>3 not_accepted"]);
    assert_eq!(
        play.until(FOR_EVER),
        ["14430 overdue 3", "14430 3>2 not_accepted", "14460 overdue 2", "14460 2>1 not_accepted", "14490 overdue 1",]
    );
}

// The to-do row was deleted before the ticket was changed: a crash between lost the level.
#[test]
fn glpi_delete_then_update_a_crash_before_the_commit_leaves_the_same_to_do() {
    let (mut play, _) = Setting::levels(|levels| levels.warn_percent = 0).send();
    play.at(30);
    // Decided and lost, twice: nothing but the ticket knows what is to be done, and it was not changed.
    let lost = play.ticket.decide_time(&play.context(), play.now);
    assert_eq!(play.ticket.decide_time(&play.context(), play.now), lost);
    assert_eq!(play.ticket.next_timer(), Some(play.now));
    play.at(33);
    assert_eq!(play.look(), ["overdue 4", "4>3 not_accepted"]);
    // What was committed is not done again by whoever did not hear of it.
    let stale = play.ticket.clone();
    assert_eq!(stale.decide_time(&play.context(), play.now), []);
    let passed = lost.iter().find_map(|event| match event {
        TicketEvent::Overdue { passed_at, .. } => Some(*passed_at),
        _ => None,
    });
    assert_eq!(passed, Some(NOON.plus_millis(30 * MINUTE)), "the limit passed when it passed");
}

// A weekly schedule counted wrongly unless it had both a Monday and a Thursday.
#[test]
fn osticket_6739_any_set_of_weekdays_counts_right() {
    for set in 1..128_u32 {
        let mut rules = TimeRules::default();
        let open = |day: i64| set & (1 << day) != 0;
        rules.calendar.week =
            std::array::from_fn(|day| if open(day as i64) { vec![period("08:00-17:00")] } else { Vec::new() });
        // From each midnight of a week, an hour is over at nine of the first open day, ten hours on the second one.
        for today in 0..7 {
            let midnight = local("2026-11-16 00:00").plus_millis(today * DAY);
            let mut days = (0..14).filter(|day| open((today + day) % 7));
            let (first, second) = (days.next().unwrap(), days.next().unwrap());
            for (hours, days) in [(1, first), (10, second)] {
                let end = rules.end(midnight, Limit::working(hours, LimitUnit::Hours), None, &[]);
                assert_eq!(end, midnight.plus_millis(days * DAY + 9 * HOUR), "{set:07b} from {midnight}");
            }
        }
    }
}

// Time on hold was added to the time of creation: wrong whenever that was not a working day.
#[test]
fn frappe_2449_a_pause_counts_where_it_lay() {
    // Accepted on a Saturday: eight working hours end on Tuesday 9:30.
    for (from, to, due) in [
        ("2026-11-21 12:00", "2026-11-23 08:30", "2026-11-24 09:30"),
        ("2026-11-22 12:00", "2026-11-23 09:30", "2026-11-24 10:30"),
        ("2026-11-23 09:00", "2026-11-23 10:00", "2026-11-24 10:30"),
        ("2026-11-23 11:00", "2026-11-23 15:30", "2026-11-24 11:30"),
        ("2026-11-23 18:00", "2026-11-24 08:30", "2026-11-24 09:30"),
    ] {
        let mut play = office(8).sent_at(local("2026-11-21 12:00")).accepted();
        assert_eq!(play.ticket.due_at(), Some(local("2026-11-24 09:30")));
        play.now = local(from);
        play.do_all(&[Action::Pause]);
        play.now = local(to);
        play.do_all(&[Action::Resume]);
        assert_eq!(play.ticket.due_at(), Some(local(due)), "{from} to {to}");
        assert_eq!(play.clock().started_at, local("2026-11-21 12:00"));
    }
}

// The time to the next response ran on after the conversation was resolved, when the customer wrote last.
#[test]
fn chatwoot_10178_words_after_completion_start_no_clock() {
    let mut play = Setting::default().accepted();
    play.do_all(&[Action::Complete, Action::Comment]);
    let submitter = Standing { visible: true, submitter: true, ..Standing::default() };
    assert_eq!(play.tries(&command(Action::Comment), submitter, person(1, "覃大姐")), Ok(vec!["commented".to_owned()]));
    assert_eq!(play.until(FOR_EVER), [""; 0]);
    assert_eq!(play.ticket.clock, None);
}

// Two workers saw that there was no event yet, and both wrote one.
#[test]
fn chatwoot_check_then_insert_two_who_look_at_once_decide_one_thing() {
    let (mut play, _) = Setting::default().led([false, true, true]).send();
    play.at(30);
    let (one, other) = (play.ticket.clone(), play.ticket.clone());
    let first = one.decide_time(&play.context(), play.now);
    // The same events on the same version, which only one of them can write.
    assert_eq!((other.decide_time(&play.context(), play.now), other.version), (first.clone(), one.version));
    play.take(&first);
    assert_eq!(play.look(), [""; 0]);
    assert_eq!(play.ticket.version, one.version + 3);
}

// Tickets in a role's inbox, assigned to nobody in person, were left out of escalation.
#[test]
fn digit_773_a_ticket_that_nobody_owns_climbs() {
    let (mut play, told) = Setting::default().send();
    assert_eq!((told, play.ticket.handler()), (vec!["submitted".to_owned()], None));
    assert_eq!(play.until(30)[1..], ["30 overdue 4", "30 4>3 not_accepted"]);
    // Nobody at all below: it goes where somebody is, at once, and says so.
    let (play, told) = Setting::default().led([false, true, true]).deserted().send();
    assert_eq!(told, ["submitted", "vacant 4", "vacant 3", "4>2 vacant"]);
    assert_eq!(play.ticket.responsible(&play.context()), [leader(2)]);
}

// Thresholds were cumulative from creation and in plain milliseconds: a ticket could be over several levels at once, and
// nights counted.
#[test]
fn digit_cumulative_thresholds_each_level_has_time_of_its_own() {
    let setting = Setting::levels(|levels| {
        levels.warn_percent = 0;
        levels.accept = Limit::working(4, LimitUnit::Hours);
    });
    let (mut play, _) = setting.sent_at(local("2026-11-20 16:00")).send();
    let mut climbed = Vec::new();
    while let Some(at) = play.ticket.next_timer() {
        play.now = at;
        play.look();
        climbed.push(at);
    }
    let expected = ["2026-11-23 10:30", "2026-11-23 17:00", "2026-11-24 11:30", "2026-11-24 18:00"];
    assert_eq!(climbed, expected.map(local));
}

// The monitor ran once a day: breaches were seen up to 24 hours late.
#[test]
fn egrm_daily_monitor_a_limit_rings_to_the_millisecond() {
    for offset in [0, 1, 999, 59_999] {
        let (mut play, _) = Setting::default().sent_at(NOON.plus_millis(offset)).send();
        let due = NOON.plus_millis(offset + 30 * MINUTE);
        play.now = due.plus_millis(-1);
        play.look();
        assert_eq!(play.ticket.next_timer(), Some(due));
        assert_eq!(play.look(), [""; 0]);
        play.now = due;
        let events = play.ticket.decide_time(&play.context(), play.now);
        let passed_at =
            |event: &TicketEvent| matches!(event, TicketEvent::Overdue { passed_at, .. } if *passed_at == due);
        assert!(passed_at(&events[0]));
        // Seen late, it says when it passed all the same.
        assert!(passed_at(&play.ticket.decide_time(&play.context(), due.plus_millis(DAY))[0]));
    }
}

// Every run looked at all that was overdue, and only a mark of the day kept it from telling it again.
#[test]
fn zammad_scan_of_all_overdue_looking_again_does_nothing_again() {
    let (mut play, _) = Setting::default().send();
    play.at(30);
    assert_eq!(play.look(), ["overdue 4", "4>3 not_accepted"]);
    for minute in 30..54 {
        play.at(minute);
        assert_eq!(play.look(), [""; 0], "at {minute}");
    }
}

// Which of two service levels holds that both fit was left open.
#[test]
fn zammad_overlapping_service_levels_the_most_exact_one_holds_in_whatever_order() {
    let exception = |kind: Option<&str>, level, accept| LevelException {
        kind: kind.map(str::to_owned),
        level,
        accept: Some(minutes(accept)),
        finish: None,
    };
    let mut all = [
        exception(Some("suggestion"), None, 11),
        exception(None, Some(4), 12),
        exception(Some("suggestion"), Some(4), 13),
    ];
    for _ in 0..all.len() {
        all.rotate_left(1);
        let (play, _) = Setting::levels(|levels| levels.exceptions = all.to_vec()).send();
        assert_eq!(play.due().as_deref(), Some("13"));
    }
}

// A changed service level made statistics of what had happened before it wrong.
#[test]
fn zammad_statistics_after_a_change_what_was_in_time_stays_in_time() {
    let mut play = Setting::default().accepted();
    play.at(600).rules_change(|rules| rules.levels.finish = minutes(60));
    assert_eq!(facts_of(&mut play, Action::Complete).within, Some(true), "in time by the limit that held");
    let mut play = Setting::default().accepted();
    play.until(1_500);
    play.rules_change(|rules| rules.levels.finish = minutes(6_000));
    assert_eq!(facts_of(&mut play, Action::Complete).within, Some(false), "late by the limit that held");
}
