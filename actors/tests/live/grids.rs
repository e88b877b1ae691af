//! Grids at work: tentative decisions, races, nodes.

use lianxin_actors::command::CommandError;
use lianxin_domain::ticket::{Command, StateName};

use crate::support::World;

#[actix_rt::test]
async fn of_many_who_accept_at_once_one_wins_and_the_others_learn_who() {
    let world = World::new().await;
    let node = world.node().await;
    let id = node.send().await;
    let tries = ["w1", "w2", "g", "v", "vd", "t", "c"].into_iter().cycle().take(21);
    let tries = tries.map(|name| node.act(id, name, Command::Accept));
    let outcomes = futures_util::future::join_all(tries).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for refused in outcomes.into_iter().filter_map(Result::err) {
        let CommandError::Refused(refusal) = refused else { panic!("{refused:?}") };
        assert_eq!(refusal.code, "ticket.already_accepted");
        assert!(refusal.context.contains_key("winner"));
    }
    node.check().await;
}

#[actix_rt::test]
async fn two_nodes_that_decide_on_the_same_ticket_agree() {
    let world = World::new().await;
    let first = world.node().await;
    let id = first.send().await;
    // The second node knows the ticket as it was sent and hears nothing of the first one's decision.
    let second = world.node().await;
    first.act(id, "w1", Command::Accept).await.unwrap();
    let refused = second.act(id, "w2", Command::Accept).await.unwrap_err();
    let CommandError::Refused(refusal) = refused else { panic!("{refused:?}") };
    assert_eq!(refusal.code, "ticket.already_accepted");
    // And the winner goes on at the other node.
    let done = Command::Complete { note: "好了".to_owned(), attachments: Vec::new() };
    second.act(id, "w1", done).await.unwrap();
    let stored = second.ticket(id).await;
    assert_eq!((stored.state_name(), stored.version), (StateName::Completed, 3));
    first.check().await;
}

#[actix_rt::test]
async fn a_new_node_begins_with_the_counters_and_open_tickets_of_the_old_one() {
    let world = World::new().await;
    let node = world.node().await;
    for number in 0..5 {
        let id = node.send().await;
        if number < 2 {
            node.act(id, "w1", Command::Accept).await.unwrap();
        }
    }
    let second = world.node().await;
    let board = second.grids.board(world.group(), true).await.unwrap();
    assert_eq!(board.as_of, second.stores.log.head());
    let counters = board.figures.counters;
    assert_eq!((counters.submitted, counters.accepted), (3, 2));
    assert_eq!(board.open.len(), 5);
    assert_eq!(board.figures.today.submitted, 5);
}
