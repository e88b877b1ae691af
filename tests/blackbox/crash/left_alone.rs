//! Requests that nobody sees through: their limits end, they climb, the rules nudge, until the resident takes them back.

use std::rc::Rc;

use serde_json::json;

use super::lives::kind_of;
use super::world::World;
use crate::support::{Dice, Seen};

/// At a time.
const OPEN: usize = 24;
/// Answers that others get between two steps here.
const PAUSE: usize = 16;

/// A ticket with the steps that were acknowledged.
pub struct LeftAlone {
    pub ticket: String,
    /// The number of each change and the kind of its event.
    pub steps: Vec<Seen>,
    resident: usize,
}

impl LeftAlone {
    /// One that was just sent, by the only resident there is.
    pub fn new(ticket: String, seq: u64) -> Self {
        Self { ticket, steps: vec![(seq, "ticket.submitted".to_owned())], resident: 0 }
    }
}

/// Sends requests, does the least with them, and takes the oldest back when there are many.
pub async fn run(world: Rc<World>, seed: u64) {
    let mut dice = Dice::new(seed ^ 0xA10E);
    let (mut sent, mut taken_back) = (0, 0);
    while !world.stopping.get() {
        if sent - taken_back >= OPEN {
            let (ticket, resident) = {
                let alone = world.left_alone.borrow();
                (alone[taken_back].ticket.clone(), alone[taken_back].resident)
            };
            let path = format!("/tickets/{ticket}/withdraw");
            let reply = world.ask(&world.residents[resident], &path, &json!({}), &format!("back-{taken_back}")).await;
            reply.expect(200);
            world.left_alone.borrow_mut()[taken_back].steps.push((reply.seq(), kind_of("withdraw")));
            taken_back += 1;
        }
        let resident = dice.below(world.residents.len());
        let body = json!({ "grid_code": world.code, "kind": "dispute", "content": format!("没人管的第 {sent} 件") });
        let reply = world.ask(&world.residents[resident], "/tickets", &body, &format!("alone-{sent}")).await;
        let ticket = reply.expect(201)["id"].as_str().unwrap().to_owned();
        let steps = vec![(reply.seq(), "ticket.submitted".to_owned())];
        world.left_alone.borrow_mut().push(LeftAlone { ticket: ticket.clone(), steps, resident });
        let (person, action) = match dice.below(4) {
            0 => (&world.workers[0], "accept"),
            1 => (&world.leader, "nudge"),
            _ => (&world.leader, ""),
        };
        if !action.is_empty() {
            let path = format!("/tickets/{ticket}/{action}");
            let reply = world.ask(person, &path, &json!({}), &format!("alone-{sent}-{action}")).await;
            // By now it may have climbed out of the worker's reach.
            match reply.status {
                200 => world.left_alone.borrow_mut()[sent].steps.push((reply.seq(), kind_of(action))),
                _ => assert_eq!((reply.status, reply.code()), (403, "ticket.not_permitted")),
            }
        }
        sent += 1;
        world.steps(PAUSE).await;
    }
}
