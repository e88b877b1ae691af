//! Time limits take effect once, whatever happens around them.

use std::sync::Arc;

use lianxin_actors::clock::EscalationClock;
use lianxin_domain::access::Duty;
use lianxin_domain::clock::Clock;
use lianxin_domain::ticket::Command;
use lianxin_storage::deadlines::Deadlines;

use crate::support::World;

const HALF_AN_HOUR_MS: i64 = 30 * 60_000;

fn escalation_clock(world: &World, node: &lianxin_actors::grid::GridActors) -> EscalationClock {
    let clock = Arc::clone(&world.clock) as Arc<dyn Clock>;
    EscalationClock::new(clock, Deadlines::new(world.database.clone()), node.clone())
}

#[actix_rt::test]
async fn a_request_that_nobody_accepts_is_overdue_exactly_once() {
    let world = World::new().await;
    let node = world.node().await;
    let clock = escalation_clock(&world, &node);
    let id = world.send(&node, &world.person(None)).await;
    world.clock.advance(HALF_AN_HOUR_MS - 1);
    assert_eq!(clock.fire_due().await, 0);
    world.clock.advance(1);
    assert_eq!(clock.fire_due().await, 1);
    assert_eq!(clock.fire_due().await, 0);
    assert_eq!(world.kinds(id).await, ["ticket.submitted", "ticket.overdue"]);
}

#[actix_rt::test]
async fn a_limit_that_ran_out_while_the_node_was_down_takes_effect_at_its_start() {
    let world = World::new().await;
    let id = world.send(&world.node().await, &world.person(None)).await;
    world.clock.advance(7 * 48 * HALF_AN_HOUR_MS);
    let node = world.node().await;
    assert_eq!(escalation_clock(&world, &node).fire_due().await, 1);
    assert_eq!(world.kinds(id).await, ["ticket.submitted", "ticket.overdue"]);
}

#[actix_rt::test]
async fn an_accepted_request_has_a_new_limit() {
    let world = World::new().await;
    let node = world.node().await;
    let id = world.send(&node, &world.person(None)).await;
    let worker = world.person(Some(Duty::Worker));
    node.act(id, Command::Accept, Vec::new(), world.origin(&worker)).await.unwrap();
    world.clock.advance(HALF_AN_HOUR_MS);
    assert_eq!(escalation_clock(&world, &node).fire_due().await, 0);
    world.clock.advance(48 * HALF_AN_HOUR_MS);
    assert_eq!(escalation_clock(&world, &node).fire_due().await, 1);
    assert_eq!(world.kinds(id).await, ["ticket.submitted", "ticket.accepted", "ticket.overdue"]);
}
