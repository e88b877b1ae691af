//! Who may do what in which state.

use super::*;

/// What each state answers to each action of somebody with the right to it, in the order of [`Action::ALL`].
const OUTCOMES: [(StateName, [&str; 16]); 5] = [
    (
        StateName::Submitted,
        [
            "ok",
            "ticket.not_accepted",
            "ok",
            "ok",
            "ok",
            "ticket.no_unread_nudge",
            "ok",
            "ticket.not_completed",
            "ticket.not_completed",
            "ok",
            "ticket.not_accepted",
            "ticket.not_accepted",
            "ticket.not_accepted",
            "ticket.not_accepted",
            "ok",
            "ticket.not_known",
        ],
    ),
    (
        StateName::Accepted,
        [
            "ticket.already_accepted",
            "ok",
            "ok",
            "ok",
            "ok",
            "ticket.no_unread_nudge",
            "ok",
            "ticket.not_completed",
            "ticket.not_completed",
            "ok",
            "ok",
            "ticket.not_paused",
            "ok",
            "ticket.no_extension_request",
            "ok",
            "ticket.not_known",
        ],
    ),
    (
        StateName::Completed,
        [
            "ticket.already_completed",
            "ticket.already_completed",
            "ticket.already_completed",
            "ticket.already_completed",
            "ticket.already_completed",
            "ticket.no_unread_nudge",
            "ticket.already_completed",
            "ok",
            "ok",
            "ok",
            "ticket.already_completed",
            "ticket.already_completed",
            "ticket.already_completed",
            "ticket.already_completed",
            "ticket.already_completed",
            "ticket.not_known",
        ],
    ),
    (
        StateName::Rated,
        [
            "ticket.already_completed",
            "ticket.already_completed",
            "ticket.already_completed",
            "ticket.already_completed",
            "ticket.already_completed",
            "ticket.no_unread_nudge",
            "ticket.already_completed",
            "ticket.already_rated",
            "ok",
            "ok",
            "ticket.already_completed",
            "ticket.already_completed",
            "ticket.already_completed",
            "ticket.already_completed",
            "ticket.already_completed",
            "ticket.not_known",
        ],
    ),
    (
        StateName::Withdrawn,
        [
            "ticket.withdrawn",
            "ticket.withdrawn",
            "ticket.withdrawn",
            "ticket.withdrawn",
            "ticket.withdrawn",
            "ticket.no_unread_nudge",
            "ticket.withdrawn",
            "ticket.withdrawn",
            "ticket.not_completed",
            "ok",
            "ticket.withdrawn",
            "ticket.withdrawn",
            "ticket.withdrawn",
            "ticket.withdrawn",
            "ticket.withdrawn",
            "ticket.not_known",
        ],
    ),
];

/// Who has the right to what; the order of the flags is submitter, handler, may handle, supervises.
fn has_right(action: Action, state: StateName, standing: Standing) -> bool {
    let [submitter, handler, may_handle, supervises] = match action {
        Action::Accept => [false, false, true, false],
        Action::Return if state == StateName::Submitted => [false, true, true, false],
        Action::Complete | Action::Return => [false, true, false, false],
        Action::Reassign => [false, true, false, true],
        Action::Nudge => [false, false, false, true],
        Action::ReadNudge => [false, true, true, false],
        Action::Withdraw | Action::Rate | Action::Reopen => [true, false, false, false],
        Action::Comment => return true,
        Action::Pause | Action::RequestExtension => [false, true, false, false],
        Action::Resume => [false, true, false, true],
        Action::DecideExtension => return standing.supervises && !standing.handler,
        Action::MakeKnown => [false, true, true, false],
        Action::Conceal => [false, true, true, true],
        Action::Join | Action::Leave => return true,
    };
    (submitter && standing.submitter)
        || (handler && standing.handler)
        || (may_handle && standing.may_handle)
        || (supervises && standing.supervises)
}

#[test]
fn every_state_answers_every_command_of_every_standing() {
    let mut checked = 0;
    for (state, outcomes) in OUTCOMES {
        let ticket = in_state(state);
        for bits in 0..32_u8 {
            let has = |bit: u8| bits & (1 << bit) != 0;
            let standing = Standing {
                visible: has(0),
                submitter: has(1),
                handler: has(2),
                may_handle: has(3),
                supervises: has(4),
            };
            let mut offered = Vec::new();
            for (action, by_state) in Action::ALL.into_iter().zip(outcomes) {
                let may_race = matches!(action, Action::Accept | Action::Complete | Action::Return);
                let expected = if !standing.visible {
                    "ticket.not_found"
                } else if has_right(action, state, standing) {
                    by_state
                } else if !(may_race && standing.may_handle) {
                    "ticket.not_permitted"
                } else if by_state == "ok" {
                    // Somebody of the same grid was faster.
                    "ticket.already_accepted"
                } else {
                    by_state
                };
                let decided = decide_with(&ticket, &command(action), standing, &ladder([true; 3]), NOON);
                assert_eq!(code(&decided), expected, "{state:?} {action:?} {standing:?}");
                let kind = match expected {
                    "ok" => None,
                    "ticket.not_found" => Some(RefusalKind::NotFound),
                    "ticket.not_permitted" => Some(RefusalKind::Forbidden),
                    _ => Some(RefusalKind::Conflict),
                };
                assert_eq!(decided.as_ref().err().map(|refusal| refusal.kind), kind, "{expected}");
                if expected == "ok" {
                    offered.push(action);
                }
                checked += 1;
            }
            let actions = ticket.actions(&standing, &TimeRules::default(), NOON);
            assert_eq!(actions, offered, "{state:?} {standing:?}");
        }
    }
    assert_eq!(checked, 5 * 32 * 16);
}

#[test]
fn a_nudge_can_be_confirmed_once_and_while_the_ticket_is_open() {
    let confirmed = TicketEvent::NudgeRead {};
    for state in StateName::ALL {
        let nudged = in_state(state).after(&nudged(), NOON);
        let expected = if state.is_open() { "ok" } else { "ticket.no_unread_nudge" };
        assert_eq!(code(&decide(&nudged, &Command::ReadNudge, NOON)), expected, "{state:?}");
        let read = nudged.after(&confirmed, NOON);
        assert_eq!(code(&decide(&read, &Command::ReadNudge, NOON)), "ticket.no_unread_nudge");
    }
}

#[test]
fn who_comes_late_learns_who_was_faster() {
    let ticket = in_state(StateName::Accepted);
    let late = Standing { visible: true, may_handle: true, ..Standing::default() };
    for action in [Action::Accept, Action::Complete, Action::Return] {
        let refused = decide_with(&ticket, &command(action), late, &ladder([true; 3]), NOON).err();
        let refused = refused.unwrap_or_else(|| Refusal::rule("ok", ""));
        assert_eq!(refused.code, "ticket.already_accepted", "{action:?}");
        assert_eq!(refused.detail, "韦师傅已经接单");
        let winner = serde_json::json!({ "id": worker().id, "name": "韦师傅", "accepted_at": NOON });
        assert_eq!(refused.context.get("winner"), Some(&winner));
    }
}

#[test]
fn a_ticket_is_given_only_to_those_of_its_grid() {
    let handler = person(8, "黄师傅");
    let elsewhere = Command::Reassign { handler, may_handle: false };
    assert_eq!(wrong(decide(&submitted(), &elsewhere, NOON)), ["account_id ticket.not_of_this_grid"]);
}
