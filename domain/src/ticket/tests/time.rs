//! Limits, windows and levels.

use super::*;

#[test]
fn time_limits_start_anew_with_every_hand() -> Result<(), Refusal> {
    let later = NOON.plus_millis(5 * MINUTE);
    let accept_until = later.plus_millis(30 * MINUTE);
    let finish_until = later.plus_millis(DAY);
    assert_eq!(submitted().due.map(|due| due.at), Some(NOON.plus_millis(30 * MINUTE)));
    for (state, action, expected) in [
        (StateName::Submitted, Action::Accept, Some(finish_until)),
        (StateName::Submitted, Action::Reassign, Some(finish_until)),
        (StateName::Submitted, Action::Return, Some(accept_until)),
        (StateName::Accepted, Action::Return, Some(accept_until)),
        (StateName::Accepted, Action::Complete, None),
        (StateName::Accepted, Action::Withdraw, None),
        (StateName::Completed, Action::Reopen, Some(accept_until)),
        (StateName::Completed, Action::Rate, None),
        (StateName::Rated, Action::Reopen, Some(accept_until)),
    ] {
        let mut ticket = in_state(state);
        // A limit that passed is forgotten with the next hand.
        if let Some(due) = ticket.due {
            ticket.apply(&TicketEvent::Overdue { due_at: due.at }, NOON);
        }
        for event in decide(&ticket, &command(action), later)? {
            ticket.apply(&event, later);
        }
        let expected = expected.map(|at| Due { at, overdue: false });
        assert_eq!(ticket.due, expected, "{action:?} in {state:?}");
    }
    Ok(())
}

#[test]
fn a_limit_passes_once_at_its_time_and_not_after_a_change_of_hands() -> Result<(), Refusal> {
    let mut ticket = submitted();
    let due = NOON.plus_millis(30 * MINUTE);
    assert_eq!(ticket.decide_overdue(due, due.plus_millis(-1)), None);
    assert_eq!(ticket.decide_overdue(due, due), Some(TicketEvent::Overdue { due_at: due }));
    assert_eq!(ticket.decide_overdue(due.plus_millis(-1), due), None, "an older limit");
    ticket.apply(&TicketEvent::Overdue { due_at: due }, due);
    assert_eq!(ticket.decide_overdue(due, due), None, "twice");
    for event in decide(&ticket, &Command::Accept, due)? {
        ticket.apply(&event, due);
    }
    assert_eq!(ticket.decide_overdue(due, due.plus_millis(DAY)), None);
    assert_eq!(in_state(StateName::Completed).decide_overdue(due, due), None);
    Ok(())
}

#[test]
fn the_second_return_escalates_past_vacant_levels() -> Result<(), Refusal> {
    for (led, expected) in [
        ([true, true, true], [4, 3, 2]),
        ([false, true, true], [4, 2, 1]),
        ([false, false, true], [4, 1, 1]),
        ([false, false, false], [4, 1, 1]),
    ] {
        let mut ticket = submitted();
        for (count, level) in (1..).zip(expected) {
            let events = decide_with(&ticket, &command(Action::Return), ALL_RIGHTS, &ladder(led), NOON)?;
            assert!(matches!(&events[0], TicketEvent::Returned { count: counted, .. } if *counted == count));
            let from = ticket.handling_path.level();
            events.iter().for_each(|event| ticket.apply(event, NOON));
            assert_eq!(ticket.handling_path.level(), level, "return {count} with {led:?}");
            let climbs = (from != level).then_some((from, level));
            let told = events.iter().find_map(|event| match event {
                TicketEvent::Escalated { from_level, to_level, .. } => Some((*from_level, *to_level)),
                _ => None,
            });
            assert_eq!(told, climbs);
            assert_eq!((ticket.state_name(), ticket.return_count), (StateName::Submitted, count));
        }
        // It stays a ticket of its own grid.
        assert_eq!(ticket.grid_path, group());
        assert!(ticket.is_escalated());
    }
    Ok(())
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
        let Some(nudges) = &ticket.nudges else { continue };
        assert_eq!(nudges.count, before.as_ref().map_or(0, |before| before.count) + 1);
        assert_eq!(nudges.last_at, at);
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
fn a_completed_ticket_is_reopened_within_seven_days_to_the_millisecond() {
    for state in [StateName::Completed, StateName::Rated] {
        let ticket = in_state(state);
        let reopen = command(Action::Reopen);
        for (millis, expected) in [(0, "ok"), (7 * DAY, "ok"), (7 * DAY + 1, "ticket.reopen_expired")] {
            let now = NOON.plus_millis(millis);
            assert_eq!(code(&decide(&ticket, &reopen, now)), expected, "{state:?} after {millis} ms");
            let offered = ticket.actions(&ALL_RIGHTS, &TicketRules::default(), now);
            assert_eq!(offered.contains(&Action::Reopen), expected == "ok");
        }
    }
}

#[test]
fn a_reopened_ticket_waits_again_without_nudges_and_rating() -> Result<(), Refusal> {
    let mut ticket = in_state(StateName::Rated).after(&nudged(), NOON);
    for event in decide(&ticket, &command(Action::Reopen), NOON)? {
        ticket.apply(&event, NOON);
    }
    assert_eq!((ticket.state_name(), ticket.reopen_count), (StateName::Submitted, 1));
    assert_eq!((&ticket.nudges, ticket.handler(), ticket.rating()), (&None, None, None));
    Ok(())
}

#[test]
fn a_reassigned_ticket_keeps_the_time_of_its_acceptance() -> Result<(), Refusal> {
    let later = NOON.plus_millis(MINUTE);
    for (state, accepted_at) in [(StateName::Submitted, later), (StateName::Accepted, NOON)] {
        let ticket = in_state(state);
        let events = decide(&ticket, &command(Action::Reassign), later)?;
        let given = ticket.after(&events[0], later);
        assert_eq!(given.handler(), Some(&person(8, "黄师傅")));
        assert_eq!(given.accepted_at(), Some(accepted_at), "{state:?}");
    }
    Ok(())
}
