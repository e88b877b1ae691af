//! Nudges (催促): folded, heard, answered or not, and repeated by the rules.

use super::*;

fn minutes(value: u32) -> Option<Limit> {
    Some(Limit::continuous(value, LimitUnit::Minutes))
}

/// No warnings; a nudge is to be answered within so many minutes.
fn answer_within(value: u32) -> Setting {
    Setting::levels(|levels| {
        levels.warn_percent = 0;
        levels.nudge_answer = minutes(value);
    })
}

/// No warnings; the rules ask again at this distance once a limit passed.
fn repeat_every(value: u32) -> Setting {
    Setting::levels(|levels| {
        levels.warn_percent = 0;
        levels.nudge_repeat = minutes(value);
    })
}

fn answer_by(play: &Play) -> Option<String> {
    play.ticket.nudges.as_ref().and_then(|nudges| nudges.answer_by).map(|at| play.minute(at))
}

#[test]
fn nudges_within_the_cool_down_are_folded_into_the_one_that_was_heard() -> Result<(), Refusal> {
    let mut ticket = in_state(StateName::Accepted);
    // Minutes and milliseconds after noon, and whether the nudge is folded; the heard one counts, not the last one.
    for (at, folded) in [
        (NOON, false),
        (NOON.plus_millis(1), true),
        (NOON.plus_millis(9 * MINUTE), true),
        (NOON.plus_millis(10 * MINUTE - 1), true),
        (NOON.plus_millis(10 * MINUTE), false),
        (NOON.plus_millis(20 * MINUTE - 1), true),
        (NOON.plus_millis(20 * MINUTE), false),
    ] {
        let note = (!folded).then(|| at.to_string());
        let events = decide(&ticket, &Command::Nudge { note: note.clone() }, at)?;
        assert!(matches!(&events[..], [TicketEvent::Nudged { folded: is, .. }] if *is == folded), "{at}");
        let before = ticket.nudges.clone();
        ticket.apply(&events[0], at);
        let nudges = ticket.nudges.clone().unwrap();
        assert_eq!(nudges.count, before.as_ref().map_or(0, |before| before.count) + 1);
        assert_eq!((nudges.last_at, nudges.last_by), (at, Some(worker())));
        assert_eq!(nudges.heard_at == at, !folded);
        assert_eq!(nudges.last_note, note.or_else(|| before.and_then(|before| before.last_note)));
        // Only a nudge that is passed on asks for another 收到.
        assert_eq!(nudges.read_at.is_some(), folded, "{at}");
        if !folded {
            ticket.apply(&TicketEvent::NudgeRead {}, at);
        }
    }
    Ok(())
}

#[test]
fn a_nudge_asks_those_who_have_to_act() {
    let to = |play: &Play| play.ticket.nudges.as_ref().map(|nudges| nudges.last_to.clone());
    let (mut play, _) = Setting::default().send();
    play.do_all(&[Action::Nudge]);
    assert_eq!(to(&play), Some(staff()));
    play.until(31);
    play.do_all(&[Action::Nudge]);
    assert_eq!(to(&play), Some(vec![leader(3)]));
    play.do_all(&[Action::Accept, Action::Nudge]);
    assert_eq!(to(&play), Some(vec![worker()]));
}

#[test]
fn a_nudge_that_nobody_answers_takes_the_ticket_up_once_and_its_due_date_stays() {
    for (actions, cause, due) in [(&[][..], "not_accepted", 30), (&[Action::Accept][..], "not_completed", 1_440)] {
        let (mut play, _) = answer_within(7).send();
        play.do_all(actions).at(3).do_all(&[Action::Nudge]);
        assert_eq!(answer_by(&play).as_deref(), Some("10"));
        let before = play.clock().clone();
        assert_eq!(play.until(due - 1), ["10 4>3 nudge_ignored"]);
        assert_eq!(play.clock(), &before, "whoever ignores a nudge wins no time by it");
        assert_eq!((answer_by(&play), play.ticket.is_overdue()), (None, false));
        // The limit passes when it would have, at the level reached, which is not reached again.
        assert_eq!(play.until(due), [format!("{due} overdue 3"), format!("{due} 3>2 {cause}")]);
        assert_eq!(play.clock().level, 2);
    }
}

#[test]
fn asking_again_gives_no_more_time_to_answer() {
    let (mut play, _) = answer_within(25).send();
    play.do_all(&[Action::Accept, Action::Nudge]);
    for (at, expected) in [(5, "nudge 2 folded"), (10, "nudge 3"), (20, "nudge 4"), (24, "nudge 5 folded")] {
        assert_eq!(play.at(at).does(&Command::Nudge { note: None }), Ok(vec![expected.to_owned()]));
        assert_eq!(answer_by(&play).as_deref(), Some("25"), "after {expected}");
    }
    assert_eq!(play.until(1_000), ["25 4>3 nudge_ignored"]);
    // What was answered is answered: the next one has its own time.
    let (mut play, _) = answer_within(25).send();
    play.do_all(&[Action::Accept, Action::Nudge, Action::ReadNudge]);
    play.at(20).do_all(&[Action::Nudge]);
    assert_eq!(answer_by(&play).as_deref(), Some("45"));
}

#[test]
fn an_answer_or_another_hand_ends_the_wait_for_an_answer() {
    for (state, actions) in [
        (&[][..], &[Action::ReadNudge, Action::Accept, Action::Reassign, Action::Return, Action::Withdraw][..]),
        (&[Action::Accept], &[Action::ReadNudge, Action::Complete, Action::Reassign, Action::Return, Action::Withdraw]),
    ] {
        for action in actions {
            let (mut play, _) = answer_within(7).send();
            play.do_all(state).do_all(&[Action::Nudge]).at(6).do_all(&[*action]);
            assert_eq!(play.until(29), [""; 0], "{action:?} after {state:?}");
            assert_eq!(play.level(), 4);
        }
    }
    // Words are no answer.
    let (mut play, _) = answer_within(7).send();
    play.do_all(&[Action::Nudge, Action::Comment]);
    assert_eq!(play.until(29), ["7 4>3 nudge_ignored"]);
}

#[test]
fn a_read_receipt_is_wanted_again_only_by_a_nudge_that_is_passed_on() {
    let (mut play, _) = answer_within(5).send();
    play.do_all(&[Action::Accept, Action::Nudge, Action::ReadNudge]);
    assert_eq!(play.at(1).does(&Command::Nudge { note: None }), Ok(vec!["nudge 2 folded".to_owned()]));
    assert_eq!(answer_by(&play), None, "it was heard already");
    assert_eq!(play.does(&Command::ReadNudge), Err("ticket.no_unread_nudge"));
    assert_eq!(play.until(100), [""; 0]);
}

#[test]
fn nudges_need_no_answer_where_the_rules_ask_for_none_or_nobody_is_above() {
    let (mut play, _) = Setting::default().send();
    play.do_all(&[Action::Accept, Action::Nudge]);
    assert_eq!(answer_by(&play), None);
    let (mut play, _) = answer_within(7).led([false, false, true]).send();
    play.do_all(&[Action::Accept, Action::Nudge]);
    assert_eq!(play.until(20), ["7 vacant 3", "7 vacant 2", "7 4>1 nudge_ignored"]);
    play.do_all(&[Action::Nudge]);
    assert_eq!((answer_by(&play), play.until(1_000)), (None, Vec::new()));
}

#[test]
fn a_clock_that_stands_still_waits_for_no_answer() {
    let (mut play, _) = answer_within(7).send();
    play.do_all(&[Action::Accept, Action::Nudge, Action::Pause]);
    assert_eq!(play.until(1_000), [""; 0]);
    play.do_all(&[Action::Resume]);
    assert_eq!(play.look(), ["4>3 nudge_ignored"], "it was due in the pause");
}

#[test]
fn an_overdue_ticket_is_nudged_again_and_again_until_somebody_acts() {
    let (mut play, _) = repeat_every(20).led([true, false, false]).send();
    assert_eq!(
        play.until(101),
        [
            "30 overdue 4",
            "30 4>3 not_accepted",
            "50 auto nudge 1",
            "60 overdue 3",
            "60 vacant 2",
            "60 3>1 not_accepted",
            "70 auto nudge 2",
            "90 overdue 1",
            "90 auto nudge 3",
        ]
    );
}

#[test]
fn the_rules_nudge_those_of_the_level_reached() {
    let (mut play, _) = repeat_every(20).send();
    play.until(50);
    let nudges = play.ticket.nudges.clone().unwrap();
    assert_eq!((nudges.last_by, nudges.last_to), (None, vec![leader(3)]));
    play.until(70);
    assert_eq!(play.ticket.nudges.clone().unwrap().last_to, [leader(2)]);
}

#[test]
fn nudges_by_rule_stop_when_somebody_acts_or_the_rule_goes() {
    for action in [Action::Accept, Action::Reassign, Action::Return, Action::Withdraw] {
        let (mut play, _) = repeat_every(4).led([false; 3]).send();
        play.until(65);
        assert!(play.ticket.nudges.as_ref().is_some_and(|nudges| nudges.count > 5));
        play.do_all(&[action]);
        assert_eq!(play.until(90), [""; 0], "{action:?}");
    }
    let mut play = repeat_every(60).accepted();
    play.until(1_600);
    play.do_all(&[Action::Complete]);
    assert_eq!(play.until(100_000), [""; 0]);
    // Read, but not done: it goes on.
    let mut play = repeat_every(60).led([false; 3]).accepted();
    play.until(1_501);
    play.do_all(&[Action::ReadNudge]);
    assert_eq!(play.until(1_621), ["1560 auto nudge 2", "1620 auto nudge 3"]);
    // Without the rule the one that was due is the last one.
    play.rules.levels.nudge_repeat = None;
    assert_eq!(play.until(2_000), ["1680 auto nudge 4"]);
}

#[test]
fn nudges_by_rule_within_the_cool_down_are_folded_and_go_on() {
    let mut play = repeat_every(4).led([false; 3]).accepted();
    play.until(2_879);
    let (mut heard, mut folded) = (0, 0);
    for event in play.until(2_879 + 60) {
        if event.ends_with("folded") {
            folded += 1;
        } else if event.contains("auto nudge") {
            heard += 1;
        }
    }
    // Every 4 minutes, heard every 12: the first that is 10 or more after the last heard one.
    assert_eq!((heard, folded), (5, 10));
}

#[test]
fn a_nudge_by_rule_that_nobody_answers_climbs_once_a_level() {
    let setting = Setting::levels(|levels| {
        levels.warn_percent = 0;
        levels.accept = Limit::continuous(1_000, LimitUnit::Minutes);
        levels.nudge_repeat = minutes(60);
        levels.nudge_answer = minutes(30);
    });
    let (mut play, _) = setting.send();
    assert_eq!(
        play.until(1_300),
        [
            "1000 overdue 4",
            "1000 4>3 not_accepted",
            "1060 auto nudge 1",
            "1090 3>2 nudge_ignored",
            "1120 auto nudge 2",
            "1150 2>1 nudge_ignored",
            "1180 auto nudge 3",
            "1240 auto nudge 4",
            "1300 auto nudge 5",
        ]
    );
    // The level that the limit was set for is still the one whose time runs.
    assert_eq!((play.clock().level, play.due().as_deref()), (3, Some("2000")));
}

#[test]
fn more_time_granted_ends_the_nudges_by_rule() {
    let mut play = repeat_every(60).accepted();
    play.at(1_000).do_all(&[Action::RequestExtension]);
    assert_eq!(play.until(1_501), ["1440 overdue 4", "1440 4>3 not_completed", "1500 auto nudge 1"]);
    play.do_all(&[Action::DecideExtension]);
    // The village's day from 1440 on and two hours.
    assert_eq!((play.due().as_deref(), play.ticket.is_overdue()), (Some("3000"), false));
    assert_eq!(play.until(3_060), ["3000 overdue 3", "3000 3>2 not_completed", "3060 auto nudge 2"]);
}
