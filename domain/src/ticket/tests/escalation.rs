//! How tickets climb: by limits, through vacancies, each level once, to the top.

use super::*;
use crate::service_level::LevelException;

#[test]
fn an_unaccepted_ticket_climbs_each_level_once_in_that_levels_own_time() {
    let cases: [([bool; 3], &[&str]); 5] = [
        (
            [true, true, true],
            &[
                "24 due_soon",
                "30 overdue 4",
                "30 4>3 not_accepted",
                "54 due_soon",
                "60 overdue 3",
                "60 3>2 not_accepted",
                "84 due_soon",
                "90 overdue 2",
                "90 2>1 not_accepted",
                "114 due_soon",
                "120 overdue 1",
            ],
        ),
        (
            [false, true, true],
            &[
                "24 due_soon",
                "30 overdue 4",
                "30 vacant 3",
                "30 4>2 not_accepted",
                "54 due_soon",
                "60 overdue 2",
                "60 2>1 not_accepted",
                "84 due_soon",
                "90 overdue 1",
            ],
        ),
        (
            [true, false, false],
            &[
                "24 due_soon",
                "30 overdue 4",
                "30 4>3 not_accepted",
                "54 due_soon",
                "60 overdue 3",
                "60 vacant 2",
                "60 3>1 not_accepted",
                "84 due_soon",
                "90 overdue 1",
            ],
        ),
        (
            [false, false, true],
            &[
                "24 due_soon",
                "30 overdue 4",
                "30 vacant 3",
                "30 vacant 2",
                "30 4>1 not_accepted",
                "54 due_soon",
                "60 overdue 1",
            ],
        ),
        (
            // Nobody anywhere: the county answers for it all the same.
            [false, false, false],
            &[
                "24 due_soon",
                "30 overdue 4",
                "30 vacant 3",
                "30 vacant 2",
                "30 4>1 not_accepted",
                "54 due_soon",
                "60 overdue 1",
            ],
        ),
    ];
    for (led, story) in cases {
        let (mut play, _) = Setting::default().led(led).send();
        assert_eq!(play.until(100_000), story, "{led:?}");
        // The top level ends it: the clock asks for nothing any more, and the ticket stays overdue.
        assert_eq!((play.level(), play.ticket.next_timer(), play.ticket.is_overdue()), (1, None, true));
        assert!(play.clock().ended);
    }
}

#[test]
fn a_grid_that_nobody_serves_passes_its_requests_on_when_they_are_sent() {
    let cases: [([bool; 3], &[&str], u8); 4] = [
        ([true, true, true], &["submitted", "vacant 4", "4>3 vacant"], 3),
        ([false, true, true], &["submitted", "vacant 4", "vacant 3", "4>2 vacant"], 2),
        ([false, false, true], &["submitted", "vacant 4", "vacant 3", "vacant 2", "4>1 vacant"], 1),
        ([false, false, false], &["submitted", "vacant 4", "vacant 3", "vacant 2", "4>1 vacant"], 1),
    ];
    for (led, story, level) in cases {
        let (mut play, told) = Setting::default().led(led).deserted().send();
        assert_eq!(told, story, "{led:?}");
        assert_eq!((play.level(), play.ticket.state_name()), (level, StateName::Submitted));
        // That level's time begins now, and nothing is late yet.
        assert_eq!((play.due().as_deref(), play.ticket.is_overdue(), play.clock().level), (Some("30"), false, level));
        // From there on it climbs as any other.
        let story = play.until(45);
        assert_eq!(story[..2], ["24 due_soon".to_owned(), format!("30 overdue {level}")]);
    }
    let (_, told) = Setting::default().led([false; 3]).send();
    assert_eq!(told, ["submitted"], "vacancies above are none of its business while somebody serves the grid");
}

#[test]
fn a_ticket_of_the_county_itself_has_nowhere_to_climb() {
    let setting = || Setting { ladder: Ladder::default(), ..Setting::default() };
    let (mut play, told) = setting().send();
    assert_eq!(told, ["submitted"]);
    assert_eq!(play.until(10_000), ["24 due_soon", "30 overdue 4"]);
    let (mut play, told) = setting().deserted().send();
    assert_eq!(told, ["submitted"], "nobody there and nobody above: it waits for its limit");
    assert_eq!(play.until(10_000), ["24 due_soon", "30 overdue 4"]);
}

#[test]
fn an_accepted_ticket_climbs_by_the_limit_to_complete_and_keeps_its_handler() {
    let mut play = Setting::default().accepted();
    assert_eq!(
        play.until(100_000),
        [
            "1152 due_soon",
            "1440 overdue 4",
            "1440 4>3 not_completed",
            "2592 due_soon",
            "2880 overdue 3",
            "2880 3>2 not_completed",
            "4032 due_soon",
            "4320 overdue 2",
            "4320 2>1 not_completed",
            "5472 due_soon",
            "5760 overdue 1",
        ]
    );
    assert_eq!((play.ticket.state_name(), play.ticket.handler()), (StateName::Accepted, Some(&worker())));
    assert_eq!(play.ticket.responsible(&play.context()), [worker()]);
    play.do_all(&[Action::Complete]);
    assert_eq!(play.ticket.next_timer(), None);
}

#[test]
fn a_ticket_accepted_late_is_measured_by_the_level_it_climbed_to() {
    let (mut play, _) = Setting::default().send();
    play.until(45);
    play.do_all(&[Action::Accept]);
    assert_eq!((play.level(), play.due()), (3, Some((45 + 1_440).to_string())));
    assert!(!play.ticket.is_overdue(), "the limit to complete is another one");
    assert_eq!(play.until(45 + 1_440), ["1197 due_soon", "1485 overdue 3", "1485 3>2 not_completed"]);
}

#[test]
fn limits_follow_the_kind_and_the_level_that_answers() {
    let minutes = |minutes| Some(Limit::continuous(minutes, LimitUnit::Minutes));
    let exception = |kind: Option<&str>, level, accept, finish| LevelException {
        kind: kind.map(str::to_owned),
        level,
        accept: minutes(accept),
        finish: minutes(finish),
    };
    let setting = Setting::levels(|levels| {
        levels.warn_percent = 0;
        levels.exceptions = vec![
            exception(None, Some(3), 10, 100),
            exception(Some("suggestion"), Some(2), 5, 50),
            exception(Some("dispute"), None, 1, 1),
            exception(None, Some(1), 60, 600),
        ];
    });
    let (mut play, _) = setting.send();
    assert_eq!(play.until(44), ["30 overdue 4", "30 4>3 not_accepted", "40 overdue 3", "40 3>2 not_accepted"]);
    play.do_all(&[Action::Accept]);
    // Accepted at 44 on level 2: 50 minutes; then level 1: 600.
    assert_eq!(play.until(1_000), ["94 overdue 2", "94 2>1 not_completed", "694 overdue 1"]);
}

#[test]
fn a_level_once_reached_answers_for_the_ticket_to_its_end() {
    let (mut play, _) = Setting::default().send();
    play.until(45);
    for action in [Action::Accept, Action::Return, Action::Accept, Action::Complete, Action::Reopen, Action::Reassign] {
        play.do_all(&[action]);
        assert_eq!(play.level(), 3, "after {action:?}");
        let measured = play.ticket.clock.as_ref().map(|clock| clock.level);
        assert_eq!(measured, (action != Action::Complete).then_some(3), "after {action:?}");
    }
    // The next run climbs on from there.
    assert_eq!(play.until(45 + 1_440)[1..], ["1485 overdue 3", "1485 3>2 not_completed"]);
}

#[test]
fn whoever_leaves_last_sends_what_waits_up_at_once() {
    let (mut play, _) = Setting::default().send();
    play.at(10);
    assert_eq!(play.look_for_people(), [""; 0], "somebody is there");
    play.staff.clear();
    assert_eq!(play.look_for_people(), ["vacant 4", "4>3 vacant"]);
    assert_eq!((play.due().as_deref(), play.ticket.is_overdue()), (Some("40"), false), "the village has its own time");
    // The village's leader goes, then all others; then there is nowhere to go.
    play.at(20).ladder = ladder([false, true, true]);
    assert_eq!(play.look_for_people(), ["vacant 3", "3>2 vacant"]);
    play.at(21).ladder = ladder([false, false, false]);
    assert_eq!(play.look_for_people(), ["vacant 2", "2>1 vacant"]);
    assert_eq!(play.look_for_people(), [""; 0]);
    assert_eq!(play.until(1_000), ["45 due_soon", "51 overdue 1"]);
    // An overdue ticket that climbs through a vacancy is overdue still.
    let (mut play, _) = Setting::default().send();
    play.until(31);
    play.ladder = ladder([false, true, true]);
    assert_eq!(play.look_for_people(), ["vacant 3", "3>2 vacant"]);
    assert!(play.ticket.is_overdue());
    // What somebody works on, and what is closed, stays.
    for state in [StateName::Accepted, StateName::Completed, StateName::Rated, StateName::Withdrawn] {
        let (rules, ladder) = (TimeRules::default(), ladder([true; 3]));
        let deserted = DecisionContext { rules: &rules, ladder: &ladder, staff: &[] };
        assert_eq!(in_state(state).decide_vacancy(&deserted, NOON), [], "{state:?}");
    }
}

#[test]
fn what_comes_back_to_a_level_without_people_goes_on_at_once() {
    let desert = |mut play: Play| {
        play.staff.clear();
        play
    };
    let mut play = desert(Setting::default().accepted());
    assert_eq!(
        play.does(&command(Action::Return)),
        Ok(["returned 1", "vacant 4", "4>3 vacant"].map(Into::into).into())
    );
    // The second return climbs anyway, and once.
    let mut play = Setting::default().accepted();
    play.do_all(&[Action::Return, Action::Accept]);
    let mut play = desert(play);
    assert_eq!(play.does(&command(Action::Return)), Ok(["returned 2", "4>3 returned"].map(Into::into).into()));
    let mut play = Setting::default().led([false, true, true]).accepted();
    play.do_all(&[Action::Complete]);
    let mut play = desert(play);
    let told = play.does(&command(Action::Reopen));
    assert_eq!(told, Ok(["reopened", "vacant 4", "vacant 3", "4>2 vacant"].map(Into::into).into()));
    assert_eq!((play.clock().level, play.ticket.is_overdue()), (2, false));
    // A level reached before is asked, not the grid below.
    let (mut play, _) = Setting::default().send();
    play.until(45);
    play.do_all(&[Action::Accept]);
    let mut play = desert(play);
    assert_eq!(play.does(&command(Action::Return)), Ok(vec!["returned 1".to_owned()]));
}

#[test]
fn who_has_to_act_is_the_handler_or_the_people_of_the_level_reached() {
    let (mut play, _) = Setting::default().send();
    assert_eq!(play.ticket.responsible(&play.context()), staff());
    play.until(30);
    assert_eq!(play.ticket.responsible(&play.context()), [leader(3)]);
    play.ladder = ladder([false, true, true]);
    assert_eq!(play.ticket.responsible(&play.context()), staff(), "those nearest to it are better than nobody");
    play.do_all(&[Action::Accept]);
    assert_eq!(play.ticket.responsible(&play.context()), [worker()]);
}

#[test]
fn a_person_who_was_faster_leaves_nothing_for_the_clock_to_do() {
    for action in [Action::Accept, Action::Return, Action::Reassign, Action::Withdraw] {
        let (mut play, _) = Setting::default().send();
        play.at(29).look();
        play.do_all(&[action]);
        play.at(30);
        assert_eq!(play.look(), [""; 0], "{action:?}");
        assert_eq!(play.level(), 4);
    }
}

#[test]
fn a_weeks_stop_of_the_server_takes_a_ticket_up_one_level_and_not_all() {
    const WEEK: i64 = 7 * 1_440;
    let cases: [(Setting, &[Action], &[&str]); 4] = [
        (Setting::default(), &[], &["overdue 4", "4>3 not_accepted"]),
        (Setting::default(), &[Action::Accept], &["overdue 4", "4>3 not_completed"]),
        (Setting::default().led([false, false, true]), &[], &["overdue 4", "vacant 3", "vacant 2", "4>1 not_accepted"]),
        // Nudged before, the rules ask again once, not once for each time that they would have.
        (
            Setting::levels(|levels| {
                levels.nudge_repeat = Some(Limit::continuous(1, LimitUnit::Hours));
                levels.nudge_answer = Some(Limit::continuous(2, LimitUnit::Hours));
            }),
            &[Action::Nudge],
            &["overdue 4", "4>3 not_accepted"],
        ),
    ];
    for (setting, actions, story) in cases {
        let (mut play, _) = setting.send();
        play.do_all(actions);
        play.at(WEEK);
        let limit = play.clock().due_at.since(NOON);
        assert_eq!(play.look(), story);
        // The next level's own time begins now.
        let clock = play.clock();
        assert_eq!((clock.started_at, clock.due_at), (play.now, play.now.plus_millis(limit)));
        assert!(clock.overdue && !clock.ended);
    }
    // Stopped in a pause: it ends when it would have ended, the limit passes, one level is climbed.
    let mut play = Setting::default().accepted();
    play.do_all(&[Action::Pause]);
    play.at(5 * WEEK);
    assert_eq!(play.look(), ["resumed", "overdue 4", "4>3 not_completed"]);
    // A clock that asks for a nudge again after the stop asks once.
    let mut play = Setting::levels(|levels| levels.nudge_repeat = Some(Limit::continuous(1, LimitUnit::Hours)))
        .led([false, false, true])
        .accepted();
    play.until(2 * 1_440 + 1);
    assert_eq!((play.level(), play.clock().ended), (1, true));
    play.at(WEEK);
    assert_eq!(play.look().len(), 1);
    assert_eq!(play.clock().repeat_at, Some(play.now.plus_millis(HOUR)));
}

#[test]
fn a_clock_that_jumps_back_does_nothing_twice() {
    let (mut play, _) = Setting::default().send();
    play.at(31).look();
    for minutes in [-10_000, 0, 29, 30, 54] {
        play.at(minutes);
        assert_eq!(play.look(), [""; 0], "back at {minutes}");
    }
    play.at(61);
    assert_eq!(play.look(), ["overdue 3", "3>2 not_accepted"]);
    // Accepted while the clock is an hour behind: the limit counts from then.
    play.at(-60).do_all(&[Action::Accept]);
    assert_eq!(play.due(), Some((1_440 - 60).to_string()));
}
