//! Two processes on one database: whatever one of them does, it happens once.

use std::sync::Arc;

use futures_util::future::join_all;
use lianxin_domain::access::AccountKind;
use lianxin_domain::clock::Clock as _;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::TicketId;
use lianxin_domain::service_level::{Limit, LimitUnit};
use lianxin_domain::ticket::Command;
use lianxin_storage::accounts::{Account, Accounts};
use lianxin_storage::change::{Change, IdempotencyKey};
use lianxin_storage::secrets::Secrets;

use crate::support::{HOUR, MINUTE, Node, World};

async fn send(node: &Node<'_>, count: usize) -> Vec<TicketId> {
    join_all((0..count).map(|_| node.send())).await
}

/// What a test must find of a limit that both clocks told: how each event of a ticket came about, once.
async fn assert_once(node: &Node<'_>, ids: &[TicketId], expected: &[&str]) {
    for id in ids {
        assert_eq!(node.kinds(*id).await, expected, "{id}");
    }
}

#[actix_rt::test]
async fn a_limit_that_two_clocks_tell_at_the_same_time_takes_effect_once() {
    let world = World::new().await;
    let (mut first, mut second) = (world.node().await, world.node().await);
    first.change_levels(|levels| levels.warn_percent = 0).await;
    second.fence().await;
    let mut ids = send(&first, 150).await;
    ids.extend(send(&second, 150).await);
    for node in [&first, &second] {
        node.fence().await;
    }
    for turn in 1..=4 {
        world.clock.advance(30 * MINUTE);
        let (one, other) = futures_util::join!(first.escalation.turn(), second.escalation.turn());
        assert!(one + other >= 300, "{one} {other}");
        first.fence().await;
        second.fence().await;
        let levels = if turn < 4 { turn } else { 3 };
        assert_eq!(first.count("ticket.overdue").await, 300 * turn);
        assert_eq!(first.count("ticket.escalated").await, 300 * levels);
    }
    let climb = ["overdue", "escalated"];
    let expected: Vec<&str> =
        ["submitted"].into_iter().chain(climb).chain(climb).chain(climb).chain(["overdue"]).collect();
    assert_once(&first, &ids, &expected).await;
    assert!(first.overdue_rows().await.is_empty());
    first.check().await;
    // Both see the same board.
    let boards = [first.grids.board(world.grids[0].0, false).await, second.grids.board(world.grids[0].0, false).await];
    let [one, other] = boards.map(|board| board.unwrap().figures.counters);
    assert_eq!((one, one.overdue), (other, 300));
}

/// A number says how often a ticket changed, not what became of it: a decision on what was prevented must not find its
/// number by chance.
#[actix_rt::test]
async fn what_one_node_committed_no_other_undoes() {
    let world = World::new().await;
    let (first, second) = (world.node().await, world.node().await);
    let nudge = || Command::Nudge { note: None };
    for _ in 0..60 {
        let id = first.send().await;
        let tries = futures_util::join!(
            first.act(id, "w1", Command::Accept),
            second.act(id, "t", nudge()),
            second.act(id, "w2", Command::Accept),
            second.act(id, "c", nudge()),
            first.act(id, "v", nudge()),
        );
        assert_ne!(tries.0.is_ok(), tries.2.is_ok(), "{tries:?}");
        assert!(tries.1.is_ok() && tries.3.is_ok() && tries.4.is_ok(), "{tries:?}");
        let kinds = first.kinds(id).await;
        assert_eq!(kinds.iter().filter(|kind| *kind == "accepted").count(), 1, "{kinds:?}");
        let winner = if tries.0.is_ok() { "w1" } else { "w2" };
        let ticket = first.ticket(id).await;
        assert_eq!((ticket.handler().unwrap().name.as_str(), ticket.version), (winner, 5));
        assert_eq!(ticket.nudges.unwrap().count, 3);
    }
    first.check().await;
}

#[actix_rt::test]
async fn a_limit_that_ends_while_somebody_acts_on_another_node_ends_for_one_of_them() {
    let world = World::new().await;
    let (mut first, second) = (world.node().await, world.node().await);
    first.change_levels(|levels| levels.warn_percent = 0).await;
    second.fence().await;
    let ids = send(&first, 100).await;
    second.fence().await;
    world.clock.advance(30 * MINUTE);
    let accepted = join_all(ids.iter().map(|id| second.act(*id, "w1", Command::Accept)));
    let (_, accepted) = futures_util::join!(first.escalation.turn(), accepted);
    assert!(accepted.iter().all(Result::is_ok));
    for id in &ids {
        let kinds = first.kinds(*id).await;
        let expected: [&[&str]; 2] = [&["submitted", "accepted"], &["submitted", "overdue", "escalated", "accepted"]];
        assert!(expected.iter().any(|expected| kinds == *expected), "{kinds:?}");
        let clock = first.ticket(*id).await.clock.unwrap();
        assert!(clock.due_at.since(world.clock.now()) == 24 * HOUR && !clock.overdue);
    }
    first.check().await;
}

#[actix_rt::test]
async fn a_rule_change_reaches_each_clock_once_though_two_nodes_look() {
    let world = World::new().await;
    let (first, second) = (world.node().await, world.node().await);
    let mut ids = send(&first, 200).await;
    ids.extend(send(&second, 200).await);
    first.fence().await;
    second.fence().await;
    first.change_levels(|levels| levels.accept = Limit::continuous(2, LimitUnit::Hours)).await;
    second.fence().await;
    while first.count("ticket.due_changed").await < 400 {
        first.fence().await;
    }
    for node in [&first, &second] {
        node.settle().await;
    }
    assert_once(&first, &ids, &["submitted", "due_changed"]).await;
    first.check().await;
}

/// What a node knows of a ticket may be older than the table that its clock reads.
#[actix_rt::test]
async fn a_limit_that_another_node_set_is_told_on_time() {
    let world = World::new().await;
    let (mut first, second) = (world.node().await, world.node().await);
    let id = first.send().await;
    second.act(id, "w1", Command::Accept).await.unwrap();
    world.clock.advance(24 * HOUR);
    assert_eq!(first.escalation.turn().await, 1);
    assert_eq!(second.kinds(id).await, ["submitted", "accepted", "overdue", "escalated"]);
    first.check().await;
}

/// The other node knew those requests best; it is gone.
#[actix_rt::test]
async fn a_node_that_is_left_alone_looks_at_what_the_other_one_knew() {
    let world = World::new().await;
    let (first, second) = (world.node().await, world.node().await);
    let ids = send(&first, 100).await;
    for id in &ids[..50] {
        first.act(*id, "w1", Command::Accept).await.unwrap();
    }
    second.fence().await;
    first.stop().await;
    second
        .change_levels(|levels| {
            levels.accept = Limit::continuous(2, LimitUnit::Hours);
            levels.finish = Limit::continuous(48, LimitUnit::Hours);
        })
        .await;
    while second.count("ticket.due_changed").await < 100 {
        second.fence().await;
    }
    second.settle().await;
    assert_once(&second, &ids[..50], &["submitted", "accepted", "due_changed"]).await;
    assert_once(&second, &ids[50..], &["submitted", "due_changed"]).await;
    second.check().await;
}

/// A command that failed makes its ticket forgotten, but not for the rules.
#[actix_rt::test]
async fn rules_reach_a_ticket_whose_last_command_failed() {
    let world = World::new().await;
    let node = world.node().await;
    let ids = send(&node, 2).await;
    let again = |id| {
        let mut origin = world.origin(world.who("w1"));
        origin.idempotency = Some((IdempotencyKey::new("w1", "once"), "hash".to_owned()));
        node.grids.act(id, Command::Accept, Vec::new(), origin)
    };
    again(ids[0]).await.unwrap();
    again(ids[1]).await.unwrap_err();
    node.change_levels(|levels| levels.accept = Limit::continuous(2, LimitUnit::Hours)).await;
    node.settle().await;
    assert_once(&node, &ids[..1], &["submitted", "accepted"]).await;
    assert_once(&node, &ids[1..], &["submitted", "due_changed"]).await;
    node.check().await;
}

#[actix_rt::test]
async fn what_another_node_changes_while_this_one_starts_is_not_missed() {
    let world = World::new().await;
    let first = world.node().await;
    let ids = send(&first, 2).await;
    let meanwhile = async || {
        first.change_levels(|levels| levels.accept = Limit::continuous(2, LimitUnit::Hours)).await;
        first.staff(&["w1", "w2", "g"], false).await;
        first.settle().await;
    };
    let second = world.node_while(meanwhile).await;
    second.fence().await;
    assert_eq!(second.rulebook.current().levels.accept.value, 2);
    let sent = second.send().await;
    assert_eq!(second.kinds(sent).await, ["submitted", "level_vacant", "escalated"]);
    second.settle().await;
    assert_once(&second, &ids, &["submitted", "due_changed", "level_vacant", "escalated"]).await;
    second.check().await;
}

/// A row that nobody can read must not keep everybody from hearing of everything else.
#[actix_rt::test]
async fn a_picture_that_cannot_be_drawn_stops_nobody() {
    let world = World::new().await;
    let node = world.node().await;
    let keys = Secrets::generate(&*world.entropy).unwrap();
    let cipher = keys.column_cipher(Arc::clone(&world.entropy));
    let foreign = Accounts::new(node.stores.database.clone(), cipher, keys.lookup());
    let mut account = Account::new(world.ids.next(), AccountKind::Staff, world.clock.now());
    account.phone = Some("19900000000".to_owned());
    let mut change = Change::new(world.clock.now(), None, None);
    change.write(foreign.insert(&account));
    change.event("account.staff_created", Subject::new("account", account.id), serde_json::json!({}));
    node.commit(change).await;
    node.fence().await;
    let id = node.send().await;
    assert_eq!(node.kinds(id).await, ["submitted"]);
}

/// A connection that is given back outside the runtime would take the whole process down.
#[actix_rt::test]
async fn a_node_may_stop_while_it_reads_what_another_one_knew() {
    let world = World::new().await;
    let first = world.node().await;
    for hours in 2..6 {
        let second = world.node().await;
        send(&first, 100).await;
        second.fence().await;
        second.change_levels(|levels| levels.accept = Limit::continuous(hours, LimitUnit::Hours)).await;
        second.stop().await;
    }
    first.fence().await;
    first.settle().await;
    assert_eq!(first.ticket(send(&first, 1).await[0]).await.clock.unwrap().limit.value, 5);
    first.check().await;
}
