//! Requests climb when nobody acts, over the real table of deadlines, real actors and a real clock over made-up time.

use lianxin_domain::access::Scope;
use lianxin_domain::clock::Clock as _;
use lianxin_domain::event::Event;
use lianxin_domain::service_level::{LevelException, Limit, LimitUnit};
use lianxin_domain::ticket::{Command, PauseReason};

use crate::support::{DAY, HOUR, MINUTE, Node, World};

const fn minutes(value: u32) -> Limit {
    Limit::continuous(value, LimitUnit::Minutes)
}

/// `(kind without "ticket.", minutes since the first event, level that answers for it after it)`.
fn course(history: &[Event]) -> Vec<(&str, i64, i64)> {
    let begin = history[0].at;
    let of = |event: &'_ Event| {
        let late = event.at.since(begin);
        assert_eq!(late % MINUTE, 0, "{event:?}");
        (late / MINUTE, event.data["handling_level"].as_i64().unwrap())
    };
    history.iter().map(|event| (event.kind.trim_start_matches("ticket."), of(event).0, of(event).1)).collect()
}

#[actix_rt::test]
async fn a_request_that_nobody_accepts_climbs_one_level_at_a_time_to_the_top_and_stays_there() {
    let world = World::new().await;
    let mut node = world.node().await;
    let id = node.send().await;
    node.pass(30 * MINUTE - 1).await;
    assert_eq!(node.kinds(id).await, ["submitted", "due_soon"]);
    node.pass(1).await;
    assert_eq!(node.kinds(id).await, ["submitted", "due_soon", "overdue", "escalated"]);
    node.pass(30 * DAY).await;
    let expected = [
        ("submitted", 0, 4),
        ("due_soon", 24, 4),
        ("overdue", 30, 4),
        ("escalated", 30, 3),
        ("due_soon", 54, 3),
        ("overdue", 60, 3),
        ("escalated", 60, 2),
        ("due_soon", 84, 2),
        ("overdue", 90, 2),
        ("escalated", 90, 1),
        ("due_soon", 114, 1),
        ("overdue", 120, 1),
    ];
    assert_eq!(course(&node.history(id).await), expected);
    assert_eq!(node.stores.deadlines.next(world.clock.now()).await.unwrap(), None, "nothing is left to wait for");
    node.check().await;
}

#[actix_rt::test]
async fn levels_without_anybody_are_passed_at_once() {
    let world = World::new().await;
    let mut node = world.node().await;
    node.staff(&["v", "vd", "t"], false).await;
    let id = node.send().await;
    node.pass(DAY).await;
    let expected = [
        ("submitted", 0, 4),
        ("due_soon", 24, 4),
        ("overdue", 30, 4),
        ("level_vacant", 30, 4),
        ("level_vacant", 30, 4),
        ("escalated", 30, 1),
        ("due_soon", 54, 1),
        ("overdue", 60, 1),
    ];
    assert_eq!(course(&node.history(id).await), expected);
    node.check().await;
}

#[actix_rt::test]
async fn a_request_to_a_group_without_anybody_is_its_villages_at_once() {
    let world = World::new().await;
    let mut node = world.node().await;
    node.staff(&["w1", "w2", "g", "v", "vd"], false).await;
    let id = node.send().await;
    assert_eq!(node.kinds(id).await, ["submitted", "level_vacant", "level_vacant", "escalated"]);
    let ticket = node.ticket(id).await;
    assert_eq!(ticket.handling_path.level(), 2);
    node.pass(30 * MINUTE).await;
    assert_eq!(node.ticket(id).await.handling_path.level(), 1, "the town's own half hour began at once");
    node.check().await;
}

#[actix_rt::test]
async fn nobody_anywhere_is_no_reason_to_run_in_circles() {
    let mut world = World::empty().await;
    world.settle("r", None).await;
    let mut node = world.node().await;
    let id = node.send().await;
    node.pass(30 * DAY).await;
    assert!(node.history(id).await.len() < 12, "{:?}", node.kinds(id).await);
    assert!(node.overdue_rows().await.is_empty());
    node.check().await;
}

#[actix_rt::test]
async fn an_accepted_request_climbs_when_it_is_not_completed_in_time_and_stays_its_handlers() {
    let world = World::new().await;
    let mut node = world.node().await;
    let id = node.send().await;
    node.pass(10 * MINUTE).await;
    node.act(id, "w1", Command::Accept).await.unwrap();
    node.pass(24 * HOUR).await;
    let day = 24 * 60;
    let expected = [
        ("submitted", 0, 4),
        ("accepted", 10, 4),
        ("due_soon", 10 + day * 8 / 10, 4),
        ("overdue", 10 + day, 4),
        ("escalated", 10 + day, 3),
    ];
    assert_eq!(course(&node.history(id).await), expected);
    let ticket = node.ticket(id).await;
    assert_eq!(ticket.handler(), Some(&world.person("w1")));
    assert_eq!(node.history(id).await[4].data["cause"], "not_completed");
    // Completed, the clock is gone.
    node.act(id, "w1", Command::Complete { note: "好了".to_owned(), attachments: Vec::new() }).await.unwrap();
    node.pass(30 * DAY).await;
    assert_eq!(node.kinds(id).await.last().unwrap(), "completed");
    node.check().await;
}

#[actix_rt::test]
async fn each_level_has_the_time_that_the_rules_give_it() {
    let world = World::new().await;
    let mut node = world.node().await;
    node.change_levels(|levels| {
        levels.warn_percent = 0;
        let exception = |kind: Option<&str>, level, value| LevelException {
            kind: kind.map(str::to_owned),
            level,
            accept: Some(minutes(value)),
            finish: None,
        };
        levels.exceptions = vec![
            exception(None, Some(3), 7),
            exception(Some("dispute"), None, 50),
            exception(Some("dispute"), Some(2), 9),
        ];
    })
    .await;
    let dispute = node.send().await;
    let other = lianxin_domain::ticket::NewTicket { kind: "suggestion".to_owned(), ..world.request("r") };
    let other = node.submit_to(world.group(), other).await;
    node.pass(DAY).await;
    let times = |history: Vec<Event>| -> Vec<i64> {
        let late = course(&history).into_iter().filter(|(kind, ..)| *kind == "overdue");
        late.map(|(_, minute, _)| minute).collect()
    };
    assert_eq!(times(node.history(dispute).await), [50, 100, 109, 159]);
    assert_eq!(times(node.history(other).await), [30, 37, 67, 97]);
    node.check().await;
}

#[actix_rt::test]
async fn a_nudge_that_nobody_answers_takes_the_request_up_without_giving_it_time() {
    let world = World::new().await;
    let mut node = world.node().await;
    node.change_levels(|levels| {
        levels.warn_percent = 0;
        levels.accept = minutes(600);
        levels.nudge_answer = Some(minutes(15));
    })
    .await;
    let nudge = || Command::Nudge { note: Some("请尽快".to_owned()) };
    let (ignored, answered) = (node.send().await, node.send().await);
    node.act(ignored, "v", nudge()).await.unwrap();
    node.act(answered, "v", nudge()).await.unwrap();
    node.pass(5 * MINUTE).await;
    // Folded, so nobody gets more time to answer.
    node.act(ignored, "t", nudge()).await.unwrap();
    node.act(answered, "w1", Command::ReadNudge).await.unwrap();
    node.pass(HOUR).await;
    let history = node.history(ignored).await;
    let expected = [("submitted", 0, 4), ("nudged", 0, 4), ("nudged", 5, 4), ("escalated", 15, 3)];
    assert_eq!(course(&history), expected);
    assert_eq!(history[3].data["cause"], "nudge_ignored");
    assert_eq!(node.kinds(answered).await, ["submitted", "nudged", "nudge_read"]);
    // The limit that ran goes on.
    node.pass(9 * HOUR - 5 * MINUTE).await;
    for id in [ignored, answered] {
        let history = node.history(id).await;
        assert!(
            course(&history).contains(&("overdue", 600, if id == ignored { 3 } else { 4 })),
            "{:?}",
            course(&history)
        );
    }
    node.check().await;
}

#[actix_rt::test]
async fn an_overdue_request_is_nudged_by_the_rules_again_and_again_until_somebody_acts() {
    let world = World::new().await;
    let mut node = world.node().await;
    node.change_levels(|levels| {
        levels.warn_percent = 0;
        levels.accept = minutes(60);
        levels.finish = minutes(6_000);
        levels.nudge_repeat = Some(minutes(45));
    })
    .await;
    let id = node.send().await;
    node.pass(4 * HOUR).await;
    let expected = [
        ("submitted", 0, 4),
        ("overdue", 60, 4),
        ("escalated", 60, 3),
        ("nudged", 105, 3),
        ("overdue", 120, 3),
        ("escalated", 120, 2),
        ("nudged", 150, 2),
        ("overdue", 180, 2),
        ("escalated", 180, 1),
        ("nudged", 195, 1),
        ("overdue", 240, 1),
        ("nudged", 240, 1),
    ];
    assert_eq!(course(&node.history(id).await), expected);
    node.act(id, "c", Command::Accept).await.unwrap();
    node.pass(DAY).await;
    assert_eq!(node.kinds(id).await.last().unwrap(), "accepted");
    node.check().await;
}

#[actix_rt::test]
async fn a_pause_stops_the_clock_until_it_goes_on_by_itself() {
    let world = World::new().await;
    let mut node = world.node().await;
    let id = node.send().await;
    node.act(id, "w1", Command::Accept).await.unwrap();
    let due_at = node.ticket(id).await.due_at().unwrap();
    node.pass(HOUR).await;
    let pause = |reason| Command::Pause { reason, note: None };
    node.act(id, "w1", pause(PauseReason::WaitingForDepartment)).await.unwrap();
    let paused_at = world.clock.now();
    let until = node.ticket(id).await.clock.unwrap().open_pause().unwrap().until;
    assert!(until.since(paused_at) > 13 * DAY, "ten workdays: {until}");
    node.pass(until.since(paused_at) - 1).await;
    assert_eq!(node.kinds(id).await, ["submitted", "accepted", "paused"]);
    node.pass(1).await;
    assert_eq!(node.kinds(id).await, ["submitted", "accepted", "paused", "resumed"]);
    let clock = node.ticket(id).await.clock.unwrap();
    assert_eq!(clock.due_at.since(due_at), until.since(paused_at));
    node.pass(clock.due_at.since(until) - 1).await;
    assert!(!node.ticket(id).await.is_overdue());
    node.pass(1).await;
    assert!(node.ticket(id).await.is_overdue());
    node.check().await;
}

#[actix_rt::test]
async fn the_answer_that_a_clock_waited_for_lets_it_go_on() {
    let world = World::new().await;
    let mut node = world.node().await;
    let id = node.send().await;
    node.act(id, "w1", Command::Accept).await.unwrap();
    let due_at = node.ticket(id).await.due_at().unwrap();
    node.act(id, "w1", Command::Pause { reason: PauseReason::WaitingForSubmitter, note: None }).await.unwrap();
    node.pass(2 * DAY).await;
    node.act(id, "r", Command::Comment { text: "在三组".to_owned(), attachments: Vec::new() }).await.unwrap();
    assert_eq!(node.kinds(id).await, ["submitted", "accepted", "paused", "commented", "resumed"]);
    assert_eq!(node.ticket(id).await.due_at().unwrap().since(due_at), 2 * DAY);
    node.pass(DAY).await;
    assert_eq!(node.kinds(id).await.last().unwrap(), "escalated");
    node.check().await;
}

/// Each step that is over happens once; the level that comes next has its own time from the start on.
#[actix_rt::test]
async fn a_weeks_stop_takes_nothing_further_than_one_step() {
    let world = World::new().await;
    let node = world.node().await;
    node.change_levels(|levels| {
        levels.nudge_repeat = Some(minutes(60));
        levels.nudge_answer = Some(minutes(60));
    })
    .await;
    let (waits, nudged, accepted, paused) =
        (node.send().await, node.send().await, node.send().await, node.send().await);
    node.act(nudged, "v", Command::Nudge { note: None }).await.unwrap();
    for id in [accepted, paused] {
        node.act(id, "w1", Command::Accept).await.unwrap();
    }
    node.change_levels(|levels| levels.pause_workdays = 1).await;
    node.act(paused, "w1", Command::Pause { reason: PauseReason::ForceMajeure, note: None }).await.unwrap();
    node.stop().await;

    world.clock.advance(7 * DAY);
    let mut node = world.node().await;
    node.settle().await;
    let started_at = world.clock.now();
    // Whoever turns the clock twice, or two clocks, get nothing more out of it.
    let mut second = world.node().await;
    for _ in 0..2 {
        node.turn().await;
        second.turn().await;
    }
    let steps = |kinds: Vec<String>, known: &[&str]| -> Vec<String> {
        assert_eq!(kinds[..known.len()], *known);
        kinds[known.len()..].to_vec()
    };
    assert_eq!(steps(node.kinds(waits).await, &["submitted"]), ["overdue", "escalated"]);
    assert_eq!(steps(node.kinds(nudged).await, &["submitted", "nudged"]), ["overdue", "escalated"]);
    assert_eq!(steps(node.kinds(accepted).await, &["submitted", "accepted"]), ["overdue", "escalated"]);
    let known = ["submitted", "accepted", "paused"];
    assert_eq!(steps(node.kinds(paused).await, &known), ["resumed", "overdue", "escalated"]);
    for id in [waits, nudged, accepted, paused] {
        let clock = node.ticket(id).await.clock.unwrap();
        assert_eq!((clock.level, clock.started_at), (3, started_at));
        assert_eq!(clock.repeat_at, Some(started_at.plus_millis(HOUR)));
    }
    assert!(node.overdue_rows().await.is_empty());
    node.check().await;
    second.stop().await;
}

#[actix_rt::test]
async fn limits_of_unknown_kinds_and_of_nothing_do_no_harm() {
    let world = World::new().await;
    let mut node = world.node().await;
    let mut change = lianxin_storage::change::Change::new(world.clock.now(), None, None);
    let rows = [("meeting.begin", "x"), ("ticket.due", "not-an-id"), ("digest", "not-an-id")];
    for (number, (kind, subject_id)) in (0..3_000).zip(rows.into_iter().cycle()) {
        change.write(lianxin_storage::deadlines::Deadlines::put(&lianxin_storage::deadlines::Deadline {
            id: format!("{kind}:{number}"),
            kind: kind.to_owned(),
            subject_id: subject_id.to_owned(),
            due_at: world.clock.now().plus_millis(-DAY),
        }));
    }
    // One of a ticket that does not exist.
    let nothing = lianxin_storage::tickets::deadline_of(world.ids.next(), world.clock.now());
    change.write(lianxin_storage::deadlines::Deadlines::put(&nothing));
    node.commit(change).await;
    let id = node.send().await;
    world.clock.advance(30 * MINUTE);
    node.turn().await;
    assert!(node.ticket(id).await.is_overdue(), "what ends after them is told in the same turn");
    let before = node.stores.log.head();
    for _ in 0..60 {
        world.clock.advance(1_000);
        node.escalation.turn().await;
    }
    assert_eq!(node.stores.log.head(), before);
    assert_eq!(node.stores.tickets.get(&Scope::system(), id).await.unwrap().unwrap().handling_path.level(), 3);
}

async fn many(
    node: &Node<'_>,
    grids: &[lianxin_domain::ids::GridId],
    count: usize,
) -> Vec<lianxin_domain::ids::TicketId> {
    let mut ids = Vec::with_capacity(count);
    for begun in (0..count).step_by(500) {
        let sent = (begun..count.min(begun + 500))
            .map(|number| node.submit_to(grids[number % grids.len()], node.world.request("r")));
        ids.extend(futures_util::future::join_all(sent).await);
    }
    ids
}

#[actix_rt::test]
async fn five_thousand_limits_that_end_within_one_minute_all_take_effect_once() {
    let mut world = World::new().await;
    world.channels = lianxin_domain::notification::ChannelSet::default();
    let mut node = world.node().await;
    node.change_levels(|levels| levels.warn_percent = 0).await;
    let begun = std::time::Instant::now();
    for _ in 0..60 {
        many(&node, &[world.group()], 84).await;
        world.clock.advance(1_000);
    }
    let sent = begun.elapsed();
    world.clock.advance(29 * MINUTE - 1_000);
    assert_eq!(node.turn().await, 0);
    let begun = std::time::Instant::now();
    let mut turns = 0;
    for _ in 0..60 {
        world.clock.advance(1_000);
        turns += node.turn().await;
    }
    println!("5,040 limits sent in {sent:?}, took effect in {:?}", begun.elapsed());
    assert_eq!(turns, 5_040);
    assert_eq!((node.count("ticket.overdue").await, node.count("ticket.escalated").await), (5_040, 5_040));
    assert!(node.overdue_rows().await.is_empty());
    node.check().await;
}

#[actix_rt::test]
async fn five_thousand_limits_that_ended_at_once_take_effect_once() {
    let mut world = World::new().await;
    world.channels = lianxin_domain::notification::ChannelSet::default();
    let mut node = world.node().await;
    node.change_levels(|levels| levels.warn_percent = 0).await;
    many(&node, &[world.group()], 5_000).await;
    world.clock.advance(HOUR);
    let begun = std::time::Instant::now();
    let mut turns = 0;
    // A mailbox or the journal may be full for a moment: what is told without effect is told again a second later.
    while turns < 5_000 {
        let done = node.turn().await;
        turns += done;
        world.clock.advance(1_000);
        assert!(done > 0);
    }
    println!("5,000 limits that ended at once took effect in {:?}", begun.elapsed());
    assert_eq!((node.count("ticket.overdue").await, node.count("ticket.escalated").await), (5_000, 5_000));
    node.check().await;
}
