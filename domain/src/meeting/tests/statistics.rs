use std::collections::BTreeMap;

use proptest::prelude::*;

use super::support::{Play, anything, at, id, invitee, member};
use crate::ids::OrganisationId;
use crate::meeting::*;

/// Ten people of three branches.
fn of_three_branches() -> Vec<Invitee> {
    let one = |number: u128| Invitee { organisation_id: Some(id(number % 3 + 1)), ..invitee(number) };
    (0..10).map(one).collect()
}

fn launched() -> Play {
    let mut play = Play::drafted();
    play.play(&Command::Launch(of_three_branches()), 0, at(-1_000)).unwrap();
    play
}

fn sum(by_organisation: &BTreeMap<OrganisationId, Attendance>) -> Attendance {
    let mut sum = Attendance::default();
    by_organisation.values().for_each(|one| sum += *one);
    sum
}

#[test]
fn what_is_not_over_does_not_count() {
    let mut play = launched();
    assert_eq!(play.hall.attendance(), BTreeMap::new(), "launched");
    let mut cancelled = play.clone();
    cancelled.play(&Command::Cancel { reason: "停电".to_owned() }, 0, at(-10)).unwrap();
    assert_eq!(cancelled.hall.attendance(), BTreeMap::new(), "cancelled");
    play.play(&Command::Start, 0, at(0)).unwrap();
    play.scan(1, 1, at(1)).unwrap();
    assert_eq!(play.hall.attendance(), BTreeMap::new(), "running");
    play.play(&Command::End, 0, at(90)).unwrap();
    let ended = play.hall.attendance();
    assert_eq!(ended.len(), 3);
    play.play(&Command::Archive, 0, at(91)).unwrap();
    assert_eq!(play.hall.attendance(), ended, "archived");
}

#[test]
fn guests_do_not_count_and_a_substitute_counts_for_whom_he_stands() {
    let mut play = launched();
    play.play(&Command::Start, 0, at(0)).unwrap();
    play.play(&Command::AddGuest(invitee(40)), 0, at(1)).unwrap();
    play.play(&Command::Substitute { of: None, by: Invitee { organisation_id: Some(id(9)), ..invitee(20) } }, 1, at(2))
        .unwrap();
    for number in [20, 40] {
        let manual = Command::SignInManually { member_id: member(number), reason: "到场".to_owned() };
        play.play(&manual, 0, at(3)).unwrap();
    }
    play.play(&Command::AskLeave { reason: "住院".to_owned() }, 4, at(4)).unwrap();
    play.play(&Command::End, 0, at(90)).unwrap();
    let found = play.hall.attendance();
    // The second branch: 1, 4 and 7; nobody decided on the leave of 4.
    let second = Attendance { expected: 3, present: 1, substituted: 1, absent: 2, ..Attendance::default() };
    assert_eq!(found.get(&id(2)), Some(&second));
    assert_eq!(found.keys().copied().collect::<Vec<_>>(), [id(1), id(2), id(3)]);
    // The substitute is there, the person with the vote is not.
    assert_eq!(play.hall.voters().get(&id(2)), Some(&Voters { listed: 3, came: 0 }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn attendance_is_the_tally_and_comes_back_from_the_log_and_from_the_rows(
        steps in prop::collection::vec(anything(), 1..120),
    ) {
        let mut play = launched();
        let mut now = at(-60);
        for step in steps {
            play.try_anything(step, &mut now);
        }
        let found = play.hall.attendance();
        let over = play.hall.meeting().state == StateName::Ended;
        prop_assert_eq!(found.is_empty(), !over);
        if over {
            let sum = sum(&found);
            prop_assert_eq!(sum, Attendance::from(play.hall.tally()));
            prop_assert_eq!(sum.present + sum.leave + sum.absent, sum.expected);
            prop_assert_eq!(sum.on_time + sum.late + sum.left_early + sum.substituted + sum.online, sum.present);
        }
        let voters = play.hall.voters();
        prop_assert_eq!(voters.values().map(|of| of.listed).sum::<u64>(), if over { u64::from(play.hall.tally().voters) } else { 0 });
        prop_assert!(voters.iter().all(|(id, of)| of.came <= of.listed && of.listed <= found[id].expected));
        prop_assert_eq!(&play.replayed().attendance(), &found);
        prop_assert_eq!(&play.replayed().voters(), &voters);
        let rows: Vec<_> = play.hall.attendees().map(|attendee| (attendee.clone(), None)).collect();
        prop_assert_eq!(&Hall::new(play.hall.meeting().clone(), rows).attendance(), &found);
    }
}
