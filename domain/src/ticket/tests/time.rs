//! Limits, windows and levels.

use super::*;

/// The ticket with its limit passed, as if nobody were left above to climb to.
fn overdue(mut ticket: Ticket) -> Ticket {
    if let Some(clock) = ticket.clock.clone() {
        let passed_at = clock.due_at;
        let clock = TicketClock { overdue: true, ended: true, ..clock };
        ticket.apply(&TicketEvent::Overdue { level: 4, passed_at, clock }, NOON);
    }
    ticket
}

#[test]
fn time_limits_start_anew_with_every_hand() -> Result<(), Refusal> {
    let later = NOON.plus_millis(5 * MINUTE);
    let accept_until = Some((Purpose::Accept, later.plus_millis(30 * MINUTE)));
    let finish_until = Some((Purpose::Finish, later.plus_millis(DAY)));
    assert_eq!(submitted().due_at(), Some(NOON.plus_millis(30 * MINUTE)));
    for (state, action, expected) in [
        (StateName::Submitted, Action::Accept, finish_until),
        (StateName::Submitted, Action::Reassign, finish_until),
        (StateName::Submitted, Action::Return, accept_until),
        (StateName::Accepted, Action::Reassign, finish_until),
        (StateName::Accepted, Action::Return, accept_until),
        (StateName::Accepted, Action::Complete, None),
        (StateName::Accepted, Action::Withdraw, None),
        (StateName::Completed, Action::Reopen, accept_until),
        (StateName::Completed, Action::Rate, None),
        (StateName::Rated, Action::Reopen, accept_until),
    ] {
        // A limit that passed is forgotten with the next hand.
        let mut ticket = overdue(in_state(state));
        let run = ticket.version + 1;
        for event in decide(&ticket, &command(action), later)? {
            ticket.apply(&event, later);
        }
        let clock = ticket.clock.as_ref();
        assert_eq!(clock.map(|clock| (clock.purpose, clock.due_at)), expected, "{action:?} in {state:?}");
        assert!(
            clock.is_none_or(|clock| clock.run == run && !clock.overdue && !clock.ended),
            "{action:?} in {state:?}"
        );
    }
    Ok(())
}

#[test]
fn a_limit_passes_once_at_its_time_and_not_after_a_change_of_hands() {
    let (mut play, _) = Setting::default().send();
    let due = play.ticket.due_at().unwrap();
    assert_eq!(due, NOON.plus_millis(30 * MINUTE));
    for (millis, expected) in [(-1, &["due_soon"][..]), (0, &["overdue 4", "4>3 not_accepted"]), (0, &[])] {
        play.now = due.plus_millis(millis);
        assert_eq!(play.look(), expected);
    }
    play.do_all(&[Action::Accept]);
    play.now = due.plus_millis(DAY - 1);
    assert_eq!(play.look(), ["due_soon"], "the older limit is forgotten");
    for state in [StateName::Completed, StateName::Rated, StateName::Withdrawn] {
        let closed = in_state(state);
        assert_eq!(closed.next_timer(), None);
        assert_eq!(closed.decide_time(&play.context(), NOON.plus_millis(1_000 * DAY)), []);
    }
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
            let climbs = (from != level).then_some((from, level, EscalationCause::Returned));
            let told = events.iter().find_map(|event| match event {
                TicketEvent::Escalated { from_level, to_level, cause, .. } => Some((*from_level, *to_level, *cause)),
                _ => None,
            });
            assert_eq!(told, climbs);
            let vacant: Vec<u8> = events.iter().filter_map(vacant_level).collect();
            let passed: Vec<u8> = (level + 1..from).rev().collect();
            assert_eq!(vacant, passed, "vacancies are events");
            assert_eq!((ticket.state_name(), ticket.return_count), (StateName::Submitted, count));
        }
        // It stays a ticket of its own grid.
        assert_eq!(ticket.grid_path, group());
        assert!(ticket.is_escalated());
    }
    Ok(())
}

fn vacant_level(event: &TicketEvent) -> Option<u8> {
    if let TicketEvent::LevelVacant { level, .. } = event { Some(*level) } else { None }
}

#[test]
fn a_completed_ticket_is_reopened_within_seven_days_to_the_millisecond() {
    for state in [StateName::Completed, StateName::Rated] {
        let ticket = in_state(state);
        let reopen = command(Action::Reopen);
        for (millis, expected) in [(0, "ok"), (7 * DAY, "ok"), (7 * DAY + 1, "ticket.reopen_expired")] {
            let now = NOON.plus_millis(millis);
            assert_eq!(code(&decide(&ticket, &reopen, now)), expected, "{state:?} after {millis} ms");
            let offered = ticket.actions(&ALL_RIGHTS, &TimeRules::default(), now);
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

#[test]
fn within_the_limit_is_told_by_the_limit_and_not_by_whether_somebody_noted_it() -> Result<(), Refusal> {
    let around = Surroundings { grid_name: "三组", kind_title: "意见建议", private: false };
    let limit = |state| if state == StateName::Submitted { 30 * MINUTE } else { DAY };
    for (state, action) in [(StateName::Submitted, Action::Accept), (StateName::Accepted, Action::Complete)] {
        for (noted, after, expected) in
            [(false, -1, true), (false, 0, false), (false, 30 * DAY, false), (true, -1, false), (true, DAY, false)]
        {
            let ticket = if noted { overdue(in_state(state)) } else { in_state(state) };
            let now = NOON.plus_millis(limit(state) + after);
            for event in decide(&ticket, &command(action), now)? {
                let facts = TicketFacts::of(Some(&ticket), &ticket.after(&event, now), &event, None, now, &around);
                assert_eq!(facts.within, Some(expected), "{action:?} {after} ms after the limit, noted: {noted}");
                assert_eq!(facts.elapsed_ms, Some(limit(state) + after));
            }
        }
    }
    // A clock that stands still is never late.
    let paused = decide(&in_state(StateName::Accepted), &command(Action::Pause), NOON)?;
    let ticket = in_state(StateName::Accepted).after(&paused[0], NOON);
    let now = NOON.plus_millis(3 * DAY);
    let completed = decide(&ticket, &command(Action::Complete), now)?;
    let facts = TicketFacts::of(Some(&ticket), &ticket.after(&completed[0], now), &completed[0], None, now, &around);
    assert_eq!(facts.within, Some(true));
    Ok(())
}
