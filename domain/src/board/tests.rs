//! A board is the sum of its log: applied event by event, or loaded in the middle, it equals a recount.

use proptest::prelude::*;

use super::*;
use crate::access::Standing;
use crate::grid::{Ladder, LadderStep};
use crate::ids::EntityId;
use crate::ticket::{
    Command, DecisionContext, NewTicket, Party, PersonRef, SubmitContext, Surroundings, Ticket, TicketEvent,
    TicketFacts,
};

const AROUND: Surroundings<'_> =
    Surroundings { grid_name: "柳河村 三组", kind_title: "意见建议", private: false };

fn id<I: EntityId>(number: u128) -> I {
    I::from_uuid(uuid::Uuid::from_u128(number))
}

/// Plays commands on a few tickets; answers the log's updates and the tickets as they ended.
fn play(steps: &[(usize, u8)]) -> (Vec<BoardUpdate>, Vec<Ticket>) {
    let rules = TicketRules::default();
    let path = TreePath::root(1).child(1).child(1);
    let ladder = Ladder(vec![LadderStep { grid_id: id(900), path: TreePath::root(1).child(1), has_leader: true }]);
    let person = PersonRef { id: id(7), name: "韦师傅".to_owned() };
    let standing = Standing { visible: true, submitter: true, handler: true, may_handle: true, supervises: true };
    let party = Party { person: person.clone(), standing };
    let mut tickets: Vec<Ticket> = Vec::new();
    let mut log = Vec::new();
    let mut now = Timestamp::from_millis(1_795_241_527_000);
    let note = |before: Option<&Ticket>, after: &Ticket, event: &TicketEvent, now, log: &mut Vec<BoardUpdate>| {
        let facts = TicketFacts::of(before, after, event, Some(&person), now, &AROUND);
        let stars = if let TicketEvent::Rated { stars, .. } = event { Some(*stars) } else { None };
        let seq = log.len() as u64 + 1;
        let grid_path = after.grid_path.clone();
        log.push(BoardFact { seq, at: now, event: event.kind().to_owned(), grid_path, stars, facts }.into());
    };
    for (which, what) in steps {
        now = now.plus_millis(60_000);
        let Some(before) = tickets.get(*which).cloned() else {
            let new = NewTicket {
                id: id(tickets.len() as u128 + 1),
                number: tickets.len().to_string(),
                kind: "suggestion".to_owned(),
                content: "路灯坏了".to_owned(),
                form: serde_json::json!({}),
                attachments: Vec::new(),
                location: None,
                on_behalf: None,
                also_village: false,
                emergency: false,
                submitter: person.clone(),
            };
            let context = SubmitContext {
                grid_id: id(901),
                grid_path: &path,
                grid_status: crate::grid::GridStatus::Active,
                profile_complete: true,
                rules: &rules,
            };
            if let Ok((ticket, event)) = Ticket::submit(new, &context, now) {
                note(None, &ticket, &event, now, &mut log);
                tickets.push(ticket);
            }
            continue;
        };
        let events = match what {
            0 => before.due.and_then(|due| before.decide_overdue(due.at, due.at)).into_iter().collect(),
            what => {
                let command = match what {
                    1 | 2 => Command::Accept,
                    3 => Command::Complete { note: "好了".to_owned(), attachments: Vec::new() },
                    4 => Command::Return { reason: "不属于本网格".to_owned() },
                    5 => Command::Withdraw,
                    6 => Command::Rate { stars: 4, comment: None },
                    7 => Command::Reopen { reason: "又坏了".to_owned() },
                    _ => Command::Nudge { note: None },
                };
                let context = DecisionContext { rules: &rules, ladder: &ladder };
                before.decide(&command, &party, &context, now).unwrap_or_default()
            }
        };
        let mut ticket = before;
        for event in &events {
            let after = ticket.after(event, now);
            note(Some(&ticket), &after, event, now, &mut log);
            ticket = after;
        }
        tickets[*which] = ticket;
    }
    (log, tickets)
}

fn recount(tickets: &[Ticket]) -> Counters {
    let mut sum = Counters::default();
    for ticket in tickets {
        sum += ticket.counted();
    }
    sum
}

/// What must not depend on how the board came about.
fn essence(board: &Board) -> (Counters, Vec<OpenPoint>, Vec<i64>) {
    let points = board.points().iter().map(|point| (**point).clone()).collect();
    let figures = board.figures();
    (figures.counters, points, figures.ladder.iter().map(|step| step.count).collect())
}

proptest! {
    #[test]
    fn a_board_equals_a_recount_at_every_number_and_from_every_beginning(
        steps in proptest::collection::vec((0usize..6, 0u8..9), 1..60),
        cut in 0.0f64..1.0,
    ) {
        let (log, tickets) = play(&steps);
        let now = log.first().map_or_else(Timestamp::default, |update| update.fact.at);
        let new = || Board::new(TreePath::root(1), TicketRules::default(), now);
        let mut whole = new();
        for update in &log {
            whole.apply(update);
            // Told twice, it changes nothing.
            whole.apply(update);
        }
        prop_assert_eq!(whole.counters(), recount(&tickets));
        let open = tickets.iter().filter(|ticket| ticket.state_name().is_open()).count();
        prop_assert_eq!(whole.points().len(), open);
        prop_assert_eq!(essence(&whole).2.iter().sum::<i64>(), open as i64);

        // A node that starts in the middle: what was stored then, and the rest of the log.
        let middle = (log.len() as f64 * cut) as usize;
        let mut before = new();
        for update in &log[..middle] {
            before.apply(update);
        }
        let mut late = new();
        late.load(middle as u64, before.counters(), before.points());
        for update in &log {
            late.apply(update);
        }
        prop_assert_eq!(essence(&late), essence(&whole));
    }
}

#[test]
fn the_days_figures_begin_anew_at_local_midnight() {
    let (log, _) = play(&[(0, 0), (0, 1), (0, 3), (0, 6)]);
    let mut board = Board::new(TreePath::root(1), TicketRules::default(), log[0].fact.at);
    for update in &log {
        board.apply(update);
    }
    let today = board.figures().today;
    assert_eq!((today.submitted, today.accepted, today.completed, today.rated), (1, 1, 1, 1));
    assert_eq!(today.satisfied_pct, Some(100.0));
    board.turn_day(log[0].fact.at.plus_millis(24 * 3_600_000));
    let tomorrow = board.figures();
    assert_eq!((tomorrow.today.submitted, tomorrow.counters.rated), (0, 1));
}
