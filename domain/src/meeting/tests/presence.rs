use proptest::prelude::*;

use super::support::{Play, anything, at, scan};
use crate::meeting::*;

/// Begin planned at 0 with five minutes' grace, begun at `started`, ended at 100.
#[test]
fn the_status_follows_from_the_times() {
    use Status::{Absent, Expected, Late, LeftEarly, OnTime};
    // (started, came, left, came back, while it runs, after the end)
    let cases: [(i64, [Option<i64>; 3], Status, Status); 10] = [
        (0, [None, None, None], Expected, Absent),
        (0, [Some(-30), None, None], OnTime, OnTime),
        (0, [Some(5), None, None], OnTime, OnTime),
        (0, [Some(6), None, None], Late, Late),
        // Begun later than planned: nobody is late for what has not begun.
        (20, [Some(25), None, None], OnTime, OnTime),
        (20, [Some(26), None, None], Late, Late),
        // Begun earlier: the planned begin counts.
        (-10, [Some(5), None, None], OnTime, OnTime),
        (0, [Some(0), Some(89), None], OnTime, LeftEarly),
        (0, [Some(0), Some(90), None], OnTime, OnTime),
        (0, [Some(0), Some(40), Some(60)], OnTime, OnTime),
    ];
    for (started, [came, left, back], running, after) in cases {
        let mut play = Play::launched(2);
        let mut steps: Vec<(i64, Command, u128)> = vec![(started, Command::Start, 0)];
        steps.extend(came.map(|minute| (minute, scan(1, at(minute)), 1)));
        steps.extend(left.map(|minute| (minute, Command::SignOut { member_id: None }, 1)));
        steps.extend(back.map(|minute| (minute, scan(1, at(minute)), 1)));
        steps.sort_by_key(|(minute, _, _)| *minute);
        for (minute, command, by) in &steps {
            play.play(command, *by, at(*minute)).unwrap();
        }
        assert_eq!(play.status(1), running, "{started} {came:?} {left:?}");
        play.play(&Command::End, 0, at(100)).unwrap();
        assert_eq!(play.status(1), after, "{started} {came:?} {left:?}");
    }
}

#[test]
fn a_sign_in_says_what_a_recount_says_later() {
    let mut play = Play::launched(3);
    play.scan(1, 1, at(7)).unwrap();
    assert_eq!(play.status(1), Status::OnTime, "nothing has begun yet");
    play.play(&Command::Start, 0, at(10)).unwrap();
    assert_eq!(play.status(1), Status::OnTime);
    play.scan(2, 2, at(16)).unwrap();
    assert_eq!(play.status(2), Status::Late);
}

#[test]
fn probationary_members_are_there_and_do_not_vote() {
    let mut play = Play::running(10);
    play.scan(9, 9, at(1)).unwrap();
    play.scan(1, 1, at(1)).unwrap();
    let tally = play.hall.tally();
    assert_eq!((tally.present, tally.voters_present, tally.voters, tally.expected), (2, 1, 9, 10));
    play.play(&Command::SignOut { member_id: None }, 1, at(2)).unwrap();
    let tally = play.hall.tally();
    assert_eq!((tally.present, tally.voters_present), (2, 0), "was there, and is not in the room");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn counters_equal_a_recount_and_the_log_gives_back_the_hall(steps in prop::collection::vec(anything(), 1..120)) {
        let mut play = Play::launched(10);
        let mut now = at(-60);
        for step in steps {
            play.try_anything(step, &mut now);
            prop_assert_eq!(*play.hall.tally(), play.hall.recounted());
        }
        let replayed = play.replayed();
        prop_assert_eq!(replayed.meeting(), play.hall.meeting());
        prop_assert_eq!(replayed.tally(), play.hall.tally());
        for attendee in play.hall.attendees() {
            prop_assert_eq!(replayed.attendee(attendee.member_id), Some(attendee));
            prop_assert_eq!(replayed.status(attendee), play.hall.status(attendee));
        }
        // Loaded from its rows it is the same hall.
        let rows: Vec<_> = play.hall.attendees().map(|attendee| (attendee.clone(), None)).collect();
        let loaded = Hall::new(play.hall.meeting().clone(), rows);
        prop_assert_eq!(loaded.tally(), play.hall.tally());
        let tally = play.hall.tally();
        prop_assert_eq!(tally.present + tally.leave + tally.missing, tally.expected);
        prop_assert_eq!(tally.on_time + tally.late + tally.left_early + tally.online + tally.substituted, tally.present);
    }
}
