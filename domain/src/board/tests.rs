//! A board is the sum of its log: applied event by event, or loaded in the middle, it equals a recount.

use proptest::prelude::*;

use super::*;
use crate::access::Standing;
use crate::event::{Event, Subject};
use crate::grid::{Ladder, LadderStep};
use crate::ids::EntityId;
use crate::person::PersonRef;
use crate::service_level::{Limit, LimitUnit, TimeRules};
use crate::ticket::{
    Command, DecisionContext, NewTicket, Party, PauseReason, SubmitContext, Surroundings, Ticket, TicketEvent,
    TicketFacts,
};

const AROUND: Surroundings<'_> =
    Surroundings { grid_name: "柳河村 三组", kind_title: "意见建议", private: false };

fn id<I: EntityId>(number: u128) -> I {
    I::from_uuid(uuid::Uuid::from_u128(number))
}

/// The rules of the boards here: the rules nudge too, and nudges are to be answered.
fn rules() -> TimeRules {
    let mut rules = TimeRules::default();
    rules.levels.nudge_repeat = Some(Limit::continuous(10, LimitUnit::Minutes));
    rules.levels.nudge_answer = Some(Limit::continuous(15, LimitUnit::Minutes));
    rules
}

fn limits() -> BoardLimits {
    BoardLimits::from(&rules().levels)
}

fn village() -> TreePath {
    TreePath::root(1).child(1).child(1)
}

fn request(number: u128) -> NewTicket {
    NewTicket {
        id: id(number),
        number: number.to_string(),
        kind: "suggestion".to_owned(),
        content: "路灯坏了".to_owned(),
        form: serde_json::json!({}),
        attachments: Vec::new(),
        location: None,
        on_behalf: None,
        also_village: false,
        emergency: false,
        submitter: somebody(),
    }
}

fn somebody() -> PersonRef {
    PersonRef { id: id(7), name: "韦师傅".to_owned() }
}

/// The log of a few tickets and the tickets as they are.
#[derive(Default)]
struct Log {
    updates: Vec<BoardUpdate>,
    tickets: Vec<Ticket>,
}

impl Log {
    fn note(&mut self, before: Option<&Ticket>, after: &Ticket, event: &TicketEvent, now: Timestamp) {
        let facts = TicketFacts::of(before, after, event, Some(&somebody()), now, &AROUND);
        let logged = Event {
            seq: self.updates.len() as u64 + 1,
            kind: event.kind().to_owned(),
            subject: Subject::new("ticket", after.id),
            at: now,
            by: Some(somebody().id),
            grid_path: Some(after.grid_path.clone()),
            audience: Vec::new(),
            data: event.data(&facts),
            request_id: None,
        };
        let fact = BoardFact::of(&logged).unwrap();
        // A row is read as its event is.
        let row = logged.data.to_string();
        let read = BoardFact::read(logged.seq, now, event.kind(), after.grid_path.clone(), &row);
        assert_eq!(format!("{read:?}"), format!("{:?}", Some(&fact)));
        self.updates.push(fact.into());
    }

    fn happened(&mut self, mut ticket: Ticket, events: &[TicketEvent], now: Timestamp) -> Ticket {
        for event in events {
            let after = ticket.after(event, now);
            self.note(Some(&ticket), &after, event, now);
            ticket = after;
        }
        ticket
    }
}

/// Plays commands on a few tickets; answers the log's updates and the tickets as they ended.
fn play(steps: &[(usize, u8)]) -> (Vec<BoardUpdate>, Vec<Ticket>) {
    let rules = rules();
    let path = village();
    let leaders = |number| vec![PersonRef { id: id(number), name: "农支书".to_owned() }];
    let ladder = Ladder(vec![
        LadderStep { grid_id: id(900), path: TreePath::root(1).child(1), leaders: leaders(8) },
        LadderStep { grid_id: id(899), path: TreePath::root(1), leaders: Vec::new() },
    ]);
    let standing = Standing { visible: true, submitter: true, handler: true, may_handle: true, supervises: true };
    let mut log = Log::default();
    let mut now = Timestamp::from_millis(1_795_241_527_000);
    for (which, what) in steps {
        now = now.plus_millis(if *what == 0 { 20 * 60_000 } else { 60_000 });
        let staff = if *what == 7 { Vec::new() } else { vec![somebody()] };
        let decision = DecisionContext { rules: &rules, ladder: &ladder, staff: &staff };
        let Some(before) = log.tickets.get(*which).cloned() else {
            let context = SubmitContext {
                grid_id: id(901),
                grid_path: &path,
                grid_status: crate::grid::GridStatus::Active,
                profile_complete: true,
                decision,
            };
            if let Ok((ticket, events)) = Ticket::submit(request(log.tickets.len() as u128 + 1), &context, now) {
                log.note(None, &ticket, &events[0], now);
                let ticket = log.happened(ticket, &events[1..], now);
                log.tickets.push(ticket);
            }
            continue;
        };
        let command = match what {
            1 | 2 => Command::Accept,
            3 => Command::Complete { note: "好了".to_owned(), attachments: Vec::new() },
            4 => Command::Return { reason: "不属于本网格".to_owned() },
            5 => Command::Withdraw,
            6 => Command::Rate { stars: 4, comment: None },
            7 => Command::Reopen { reason: "又坏了".to_owned() },
            8 => Command::Pause { reason: PauseReason::ForceMajeure, note: None },
            9 => Command::Resume,
            10 => {
                let limit = Limit::continuous(1, LimitUnit::Hours);
                Command::RequestExtension { limit, reason: "等配件".to_owned() }
            }
            11 => Command::DecideExtension { approved: true, note: None },
            _ => Command::Nudge { note: None },
        };
        let handler = !matches!(command, Command::DecideExtension { .. });
        let party = Party { person: somebody(), standing: Standing { handler, ..standing } };
        let events = match what {
            0 => before.decide_time(&decision, now),
            _ => before.decide(&command, &party, &decision, now).unwrap_or_default(),
        };
        log.tickets[*which] = log.happened(before, &events, now);
    }
    (log.updates, log.tickets)
}

fn recount(tickets: &[Ticket]) -> Counters {
    let mut sum = Counters::default();
    for ticket in tickets {
        sum += ticket.counted();
    }
    sum
}

/// Open tickets of each level, those that climbed to it, and those that are late.
fn recount_levels(tickets: &[Ticket]) -> Vec<(i64, i64, i64)> {
    let open = tickets.iter().filter(|ticket| ticket.state_name().is_open());
    let of = |level: u8| {
        let there = open.clone().filter(move |ticket| ticket.handling_path.level() == level);
        let count = |is: fn(&Ticket) -> bool| there.clone().filter(|ticket| is(ticket)).count() as i64;
        (count(|_| true), count(Ticket::is_escalated), count(Ticket::is_overdue))
    };
    (1..=LEVELS).map(of).collect()
}

/// What must not depend on how the board came about.
fn essence(board: &Board) -> (Counters, Vec<OpenPoint>, Vec<(i64, i64, i64)>) {
    let points = board.points().iter().map(|point| (**point).clone()).collect();
    let figures = board.figures();
    let ladder = figures.ladder.iter().map(|step| (step.count, step.escalated, step.overdue)).collect();
    (figures.counters, points, ladder)
}

proptest! {
    #[test]
    fn a_board_equals_a_recount_at_every_number_and_from_every_beginning(
        steps in proptest::collection::vec((0usize..6, 0u8..13), 1..80),
        cut in 0.0f64..1.0,
    ) {
        let (log, tickets) = play(&steps);
        let now = log.first().map_or_else(Timestamp::default, |update| update.fact.at);
        let new = || Board::new(TreePath::root(1), limits(), now);
        let mut whole = new();
        for update in &log {
            whole.apply(update);
            // Told twice, it changes nothing.
            whole.apply(update);
        }
        prop_assert_eq!(whole.counters(), recount(&tickets));
        let open = tickets.iter().filter(|ticket| ticket.state_name().is_open()).count();
        prop_assert_eq!(whole.points().len(), open);
        prop_assert_eq!(essence(&whole).2, recount_levels(&tickets));

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

proptest! {
    #[test]
    fn all_boards_at_once_give_each_board_and_its_feed(
        steps in proptest::collection::vec((0usize..6, 0u8..13), 1..80),
        cut in 0.0f64..1.0,
    ) {
        let (log, _) = play(&steps);
        let now = log.first().map_or_else(Timestamp::default, |update| update.fact.at);
        let middle = (log.len() as f64 * cut) as usize;
        let mut all = AllBoards::default();
        for update in &log[..middle] {
            all.apply(&update.fact);
            // Told twice, it changes nothing.
            all.apply(&update.fact);
        }
        // What is stored and read back is the same.
        let read = AllBoards::from_text(all.as_of(), &all.to_text());
        prop_assert_eq!(read.as_ref(), Some(&all));
        let elsewhere = TreePath::root(1).child(2);
        for path in [TreePath::root(1), village(), elsewhere.clone()] {
            let mut seen = Board::new(path.clone(), limits(), now);
            let mut board = all.board(&path, limits(), now);
            let of_feed = |seq: &u64| &log[*seq as usize - 1];
            all.feed(&path).iter().map(of_feed).for_each(|update| board.remember(update));
            for (number, update) in log.iter().enumerate().filter(|_| path != elsewhere) {
                seen.apply(update);
                if number >= middle {
                    board.apply(update);
                }
            }
            prop_assert_eq!(essence(&board), essence(&seen));
            prop_assert_eq!(board.feed(), seen.feed());
        }
    }
}

#[test]
fn what_is_no_picture_of_boards_is_not_read() {
    let open = r#"["018f0000-0000-7000-8000-000000000000",0,"suggestion","submitted",null,false,5]"#;
    for text in ["", "{}", "[]", r#"{"grids":[]}"#, &format!(r#"{{"grids":[],"open":[{open}]}}"#)] {
        assert_eq!(AllBoards::from_text(1, text), None, "{text}");
    }
    assert_eq!(AllBoards::from_text(0, r#"{"grids":[],"open":[]}"#), Some(AllBoards::default()));
}

#[test]
fn the_days_figures_begin_anew_at_local_midnight() {
    let (log, _) = play(&[(0, 0), (0, 1), (0, 3), (0, 6)]);
    let mut board = Board::new(TreePath::root(1), limits(), log[0].fact.at);
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

#[test]
fn a_board_shows_the_usual_limits_and_others_from_the_moment_they_hold() {
    let mut board = Board::new(TreePath::root(1), limits(), Timestamp::default());
    let shown = |board: &Board| (board.figures().times.accept_limit_s, board.figures().times.finish_limit_s);
    assert_eq!(shown(&board), (30 * 60, 24 * 3_600));
    let mut levels = rules().levels;
    levels.accept = Limit::working(2, LimitUnit::Hours);
    levels.finish = Limit::working(3, LimitUnit::Workdays);
    board.set_limits(BoardLimits::from(&levels));
    assert_eq!(shown(&board), (2 * 3_600, 3 * 24 * 3_600));
}

#[test]
fn a_ticket_that_climbs_moves_from_level_to_level_and_counts_as_late_once() {
    let level = |(log, _): &(Vec<BoardUpdate>, Vec<Ticket>)| {
        let mut board = Board::new(TreePath::root(1), limits(), log[0].fact.at);
        log.iter().for_each(|update| board.apply(update));
        let figures = board.figures();
        (essence(&board).2, figures.counters.overdue, figures.today.escalated, figures.today.nudged)
    };
    let none = (0, 0, 0);
    for (looks, expected) in [
        (0, (vec![none, none, (1, 0, 0), none, none], 0, 0, 0)),
        (1, (vec![none, none, (1, 0, 0), none, none], 0, 0, 0)),
        (2, (vec![none, (1, 1, 1), none, none, none], 1, 1, 0)),
        // The rules nudge, and nobody answers in 15 minutes.
        (3, (vec![none, (1, 1, 1), none, none, none], 1, 1, 1)),
        (4, (vec![(1, 1, 1), none, none, none, none], 1, 2, 1)),
    ] {
        let steps: Vec<(usize, u8)> = std::iter::repeat_n((0, 0), looks + 1).collect();
        let (levels, overdue, escalated, nudged) = level(&play(&steps));
        assert_eq!((levels, overdue, escalated, nudged.min(1)), expected, "after {looks} looks");
    }
}

#[test]
fn completed_within_the_limit_is_counted_by_the_limit() {
    for (looks, accepted_within) in [(1, 100.0), (2, 0.0)] {
        // Sent, looked at every 20 minutes, accepted a minute after that.
        let steps: Vec<(usize, u8)> = std::iter::repeat_n((0, 0), looks + 1).chain([(0, 1), (0, 3)]).collect();
        let (log, _) = play(&steps);
        let mut board = Board::new(TreePath::root(1), limits(), log[0].fact.at);
        log.iter().for_each(|update| board.apply(update));
        let times = board.figures().times;
        assert_eq!((times.accept_within_pct, times.finish_within_pct), (Some(accepted_within), Some(100.0)));
        assert_eq!((times.accept_avg_s, times.finish_avg_s), (Some(looks as i64 * 1_200 + 60), Some(60)));
    }
}
