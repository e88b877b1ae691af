//! What a meeting does by itself, and what catches the eye of whoever looks over it.

use super::support::*;
use crate::clock::Timestamp;
use crate::meeting::*;

fn overseer() -> Party {
    Party { manages: false, oversees: true, ..person(77) }
}

#[test]
fn reminders_come_in_their_order_and_each_once() {
    let mut play = Play::launched(3);
    // The support's launch is long before; go through all the moments in between, minute by minute.
    let launched = play.hall.meeting().launched_at.unwrap();
    let mut told = Vec::new();
    let mut now = launched;
    while now < at(60) {
        for event in play.hall.decide(&Command::Tick, &person(0), now).unwrap() {
            let MeetingEvent::Reminded { reminder } = event else { panic!("{event:?}") };
            told.push((reminder, now.since(at(0)) / MINUTE));
            play.hall.apply(&event, now);
        }
        now = now.plus_millis(MINUTE);
    }
    let expected: Vec<(Reminder, i64)> = Reminder::ALL
        .into_iter()
        .map(|reminder| (reminder, reminder.offset_ms() / MINUTE))
        .filter(|(_, minutes)| at(*minutes) > launched)
        .collect();
    assert_eq!(told, expected);
    assert_eq!(play.hall.meeting().next_due(), None);
}

#[test]
fn of_what_a_standing_server_missed_the_last_reminder_alone_is_told() {
    let play = Play::launched(3);
    let told = play.hall.decide(&Command::Tick, &person(0), at(-5)).unwrap();
    assert_eq!(told, [MeetingEvent::Reminded { reminder: Reminder::Soon }]);
    let early = play.hall.meeting().next_due().unwrap().plus_millis(-1);
    assert_eq!(play.hall.decide(&Command::Tick, &person(0), early).unwrap(), []);
}

#[test]
fn whatever_a_tick_leads_to_the_next_one_is_later_or_never() {
    for minutes in (-3_000..400).step_by(7) {
        let mut play = Play::launched(3);
        let now = at(minutes);
        for event in play.hall.decide(&Command::Tick, &person(0), now).unwrap() {
            play.hall.apply(&event, now);
        }
        let due = play.hall.meeting().next_due();
        assert!(due.is_none_or(|due| due > now), "{minutes}: {due:?}");
    }
}

#[test]
fn a_meeting_that_nobody_ended_ends_by_itself_two_hours_after_its_plan() {
    let mut play = Play::launched(3);
    play.hall.apply(&MeetingEvent::Started, at(1));
    let due = play.hall.meeting().next_due().unwrap();
    assert_eq!(due, at(120 + 120));
    assert_eq!(play.hall.decide(&Command::Tick, &person(0), due.plus_millis(-1)).unwrap(), []);
    let ended = play.hall.decide(&Command::Tick, &person(0), due).unwrap();
    assert!(matches!(ended.as_slice(), [MeetingEvent::Ended { .. }]));
    play.hall.apply(&ended[0], due);
    assert_eq!((play.hall.meeting().state, play.hall.meeting().next_due()), (StateName::Ended, None));
}

fn manually(number: u128) -> Command {
    Command::SignInManually { member_id: member(number), reason: "现场核实".to_owned() }
}

fn alerts_at(hall: &Hall, now: Timestamp) -> Vec<Alert> {
    hall.alerts(now)
}

#[test]
fn alerts_hold_from_their_minute_on() {
    let mut play = Play::launched(10);
    assert_eq!(alerts_at(&play.hall, at(9)), []);
    assert_eq!(alerts_at(&play.hall, at(10)), [Alert::NotStarted]);
    play.hall.apply(&MeetingEvent::Started, at(0));
    assert_eq!(alerts_at(&play.hall, at(9)), []);
    assert_eq!(alerts_at(&play.hall, at(10)), [Alert::FewPresent, Alert::NoQuorum]);
    // Nine of ten may vote: five of them are more than half.
    for number in 0..4 {
        play.play(&manually(number), 0, at(1)).unwrap();
    }
    assert_eq!(alerts_at(&play.hall, at(10)), [Alert::FewPresent, Alert::NoQuorum]);
    play.play(&manually(4), 0, at(1)).unwrap();
    assert_eq!(alerts_at(&play.hall, at(10)), []);
    play.hall.apply(&MeetingEvent::AgendaMoved { index: Some(0), title: None }, at(11));
    assert_eq!(alerts_at(&play.hall, at(41)), []);
    assert_eq!(alerts_at(&play.hall, at(41).plus_millis(1)), [Alert::ItemOverrun]);
    assert_eq!(alerts_at(&play.hall, at(135)), [Alert::Overrun, Alert::ItemOverrun]);
}

#[test]
fn only_whoever_looks_over_it_leaves_marks_and_one_nudge_is_enough_for_ten_minutes() {
    let mut play = Play::launched(3);
    let nudge = |note: &str| Command::Nudge { note: Some(note.to_owned()) };
    assert_eq!(play.hall.decide(&Command::Visit, &person(0), at(0)).unwrap_err().code, "meeting.not_supervisor");
    assert_eq!(play.hall.decide(&nudge(""), &person(1), at(0)).unwrap_err().code, "meeting.not_supervisor");
    let events = play.hall.decide(&nudge(" 抓紧 "), &overseer(), at(0)).unwrap();
    let by = overseer().person;
    assert_eq!(events, [MeetingEvent::Nudged { by: by.clone(), note: Some("抓紧".to_owned()) }]);
    play.hall.apply(&events[0], at(0));
    assert_eq!(play.hall.decide(&nudge(""), &overseer(), at(10).plus_millis(-1)).unwrap(), []);
    assert_eq!(
        play.hall.decide(&nudge(""), &overseer(), at(10)).unwrap(),
        [MeetingEvent::Nudged { by: by.clone(), note: None }]
    );
    let visit = play.hall.decide(&Command::Visit, &overseer(), at(1)).unwrap();
    play.hall.apply(&visit[0], at(1));
    play.hall.apply(&visit[0], at(2));
    let marks = &play.hall.meeting().oversight;
    assert_eq!((marks.visits, marks.visited.as_ref().unwrap().at, marks.nudges), (2, at(2), 1));
    assert_eq!(marks.visited.as_ref().unwrap().by, by);
}
