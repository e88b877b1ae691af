//! Rules, calendars and people change while clocks run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use lianxin_domain::access::{Duty, GridDuty};
use lianxin_domain::calendar::SpecialDay;
use lianxin_domain::calendar_day::local_date;
use lianxin_domain::clock::Clock as _;
use lianxin_domain::event::Event;
use lianxin_domain::ids::{GridId, TicketId};
use lianxin_domain::notification::ChannelSet;
use lianxin_domain::service_level::{Limit, LimitUnit, ServiceLevels};
use lianxin_domain::ticket::{Command, PauseReason};
use lianxin_storage::change::Change;
use lianxin_storage::rules::Rules;

use crate::support::{DAY, HOUR, MINUTE, Node, World};

const fn hours(value: u32) -> Limit {
    Limit::continuous(value, LimitUnit::Hours)
}

/// A world whose village has so many groups, each led by somebody.
async fn groups(count: u32) -> (World, Vec<GridId>) {
    let mut world = World::new().await;
    world.channels = ChannelSet::default();
    let more = world.more_groups(count).await;
    for (number, (grid_id, path)) in (1..).zip(&more) {
        let duty = GridDuty { grid_id: *grid_id, path: path.clone(), duty: Duty::Leader };
        world.settle(&format!("leader{number}"), Some(duty)).await;
    }
    (world, more.into_iter().map(|(id, _)| id).collect())
}

/// Sends `count` requests, spread over `grids`.
async fn send(node: &Node<'_>, grids: &[GridId], count: usize) -> Vec<TicketId> {
    let mut ids = Vec::with_capacity(count);
    for begun in (0..count).step_by(500) {
        let some = begun..count.min(begun + 500);
        let sent = some.map(|number| node.submit_to(grids[number % grids.len()], node.world.request("r")));
        ids.extend(futures_util::future::join_all(sent).await);
    }
    ids
}

/// How often each ticket's due date changed, by the event's own account of it.
fn changes(log: &[Arc<Event>], cause: &str) -> BTreeMap<String, usize> {
    let mut changes = BTreeMap::new();
    for event in log.iter().filter(|event| event.kind == "ticket.due_changed") {
        assert_eq!(event.data["cause"], cause);
        *changes.entry(event.subject.id.clone()).or_default() += 1;
    }
    changes
}

/// Waits until `count` due dates changed, and then until nothing moves any more.
async fn changed(node: &Node<'_>, after: u64, count: usize) {
    let mut head = node.stores.log.watch();
    let (mut seen, mut position) = (0, after);
    while seen < count {
        let events = node.stores.log.after(position, 5_000).await.unwrap();
        position = events.last().map_or(position, |last| last.seq);
        seen += events.iter().filter(|event| event.kind == "ticket.due_changed").count();
        if events.is_empty() {
            let waited = tokio::time::timeout(std::time::Duration::from_secs(20), head.changed()).await;
            assert!(waited.is_ok(), "only {seen} of {count} due dates changed");
        }
    }
}

async fn a_rule_change_while_clocks_run(grids: u32, tickets: usize) {
    let (world, grids) = groups(grids).await;
    let node = world.node().await;
    let begun = Instant::now();
    let ids = send(&node, &grids, tickets).await;
    let sent = begun.elapsed();
    let before = node.stores.log.head();
    let begun = Instant::now();
    node.change_levels(|levels| levels.accept = hours(3)).await;
    let told = begun.elapsed();
    // Somebody goes on working meanwhile.
    let begun_act = Instant::now();
    node.act(*ids.last().unwrap(), "v", Command::Nudge { note: None }).await.unwrap();
    let acted = begun_act.elapsed();
    changed(&node, before, tickets).await;
    println!(
        "{tickets} clocks in {} grids: sent in {sent:?}, rules known after {told:?}, all due dates changed after {:?}; \
         a nudge meanwhile took {acted:?}",
        grids.len(),
        begun.elapsed()
    );
    node.settle().await;
    let changes = changes(&node.log().await, "service_levels");
    assert!(changes.values().all(|times| *times == 1));
    assert_eq!(changes.len(), tickets);
    for id in ids.iter().step_by(97) {
        let ticket = node.ticket(*id).await;
        assert_eq!(ticket.due_at().unwrap().since(ticket.submitted_at), 3 * HOUR);
    }
    node.check().await;
    // Once more the same rules, by another version: nothing moves.
    node.change_levels(|_| ()).await;
    node.settle().await;
    assert_eq!(node.count("ticket.due_changed").await, tickets);
}

#[actix_rt::test]
async fn a_rule_change_while_ten_thousand_clocks_run_in_four_grids() {
    a_rule_change_while_clocks_run(4, 10_000).await;
}

/// More grids at once than the journal has room for if each took a whole page.
#[actix_rt::test]
async fn a_rule_change_while_ten_thousand_clocks_run_in_four_hundred_grids() {
    a_rule_change_while_clocks_run(400, 10_000).await;
}

#[actix_rt::test]
async fn another_calendar_moves_the_due_dates_that_follow_from_it() {
    let mut world = World::new().await;
    world.initial.working_time = true;
    let mut node = world.node().await;
    node.change_levels(|levels| {
        levels.accept = Limit::working(1, LimitUnit::Workdays);
        levels.warn_percent = 0;
    })
    .await;
    // Sent on a Saturday: due at the close of Monday.
    let ids = send(&node, &[world.group()], 200).await;
    let plain = node.send().await;
    node.act(plain, "w1", Command::Accept).await.unwrap();
    let due_at = node.ticket(ids[0]).await.due_at().unwrap();
    let before = node.stores.log.head();
    let monday = local_date(due_at).unwrap();
    node.change_calendar(|calendar| {
        let day = SpecialDay { working: false, name: "停电".to_owned(), hours: None };
        calendar.days.insert(monday, day);
    })
    .await;
    changed(&node, before, 201).await;
    node.settle().await;
    let moved = changes(&node.log().await, "calendar");
    assert_eq!((moved.len(), moved.values().max()), (201, Some(&1)), "the finishing limit counts office hours too");
    assert_eq!(node.ticket(ids[7]).await.due_at().unwrap(), due_at.plus_millis(DAY));
    node.pass(due_at.plus_millis(DAY).since(world.clock.now()) - 1).await;
    assert_eq!(node.count("ticket.overdue").await, 0);
    node.pass(1).await;
    assert_eq!(node.count("ticket.overdue").await, 200);
    node.check().await;
}

#[actix_rt::test]
async fn what_is_over_stays_over_and_nobody_becomes_late_by_a_new_rule() {
    let world = World::new().await;
    let mut node = world.node().await;
    let late = node.send().await;
    node.pass(40 * MINUTE).await;
    let running = node.send().await;
    let paused = node.send().await;
    node.act(paused, "w1", Command::Accept).await.unwrap();
    node.act(paused, "w1", Command::Pause { reason: PauseReason::ForceMajeure, note: None }).await.unwrap();
    node.pass(19 * MINUTE).await;
    let level_three = node.ticket(late).await.clock.unwrap();
    node.change_levels(|levels| levels.accept = Limit::continuous(15, LimitUnit::Minutes)).await;
    node.settle().await;
    // More than fifteen minutes are gone of each: that end would lie in the past.
    assert_eq!(node.ticket(late).await.clock.unwrap(), level_three);
    assert_eq!(node.ticket(running).await.due_at().unwrap().since(world.clock.now()), 11 * MINUTE);
    assert_eq!(node.count("ticket.due_changed").await, 0);
    node.change_levels(|levels| levels.finish = hours(48)).await;
    node.settle().await;
    assert_eq!(node.count("ticket.due_changed").await, 1);
    node.check().await;
}

/// Every ticket that the people of a group would have taken goes on to the village at once.
#[actix_rt::test]
async fn when_people_leave_what_waits_for_them_goes_on_at_once() {
    let (world, grids) = groups(3).await;
    let mut node = world.node().await;
    let ids = send(&node, &grids, 600).await;
    node.act(ids[0], "leader1", Command::Accept).await.unwrap();
    node.pass(10 * MINUTE).await;
    node.staff(&["leader1"], false).await;
    node.settle().await;
    let log = node.log().await;
    let climbed: Vec<_> = log.iter().filter(|event| event.kind == "ticket.escalated").collect();
    assert_eq!(climbed.len(), 199, "an accepted one stays with who works on it");
    assert!(climbed.iter().all(|event| event.data["cause"] == "vacant" && event.data["to_level"] == 3));
    let clock = node.ticket(ids[3]).await.clock.unwrap();
    assert_eq!((clock.level, clock.started_at), (3, world.clock.now()), "the village's own time begins now");
    // The village's people leave too: on they go; nobody comes back down when they return.
    node.staff(&["v", "vd"], false).await;
    node.settle().await;
    assert_eq!(node.ticket(ids[3]).await.handling_path.level(), 2);
    node.staff(&["leader1", "v", "vd"], true).await;
    node.settle().await;
    assert_eq!(node.ticket(ids[3]).await.handling_path.level(), 2);
    assert_eq!(node.count("ticket.escalated").await, 398);
    node.check().await;
}

/// A node that starts looks at all that runs, for rules and people may have changed right before the last one stopped.
#[actix_rt::test]
async fn what_changed_right_before_the_end_is_taken_over_at_the_next_start() {
    let world = World::new().await;
    let node = world.node().await;
    let ids = send(&node, &[world.group()], 150).await;
    // Another process changes them while this one hears nothing any more.
    let mut levels = ServiceLevels::from(&world.initial);
    (levels.accept, levels.version) = (hours(3), 1);
    let mut change = Change::new(world.clock.now(), None, None);
    change.write(Rules::put_service_levels(&levels, change.at, None));
    world.stores().await.journal.commit(change).await.unwrap();
    let node = world.node().await;
    node.settle().await;
    assert_eq!(node.count("ticket.due_changed").await, 150);
    assert_eq!(node.ticket(ids[9]).await.due_at().unwrap().since(world.clock.now()), 3 * HOUR);
    node.check().await;
}
