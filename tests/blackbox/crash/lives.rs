//! Requests that people see through, step by step, faster than any limit.

use std::rc::Rc;

use serde_json::{Value, json};

use super::world::World;
use crate::support::{Dice, Seen};

/// A ticket with every step that was acknowledged.
pub struct Life {
    pub ticket: String,
    /// The number of each change and the kind of each event in it.
    pub steps: Vec<Seen>,
    returns: usize,
    pub version: u64,
}

impl Life {
    /// A life that begins with this answer.
    pub fn begin(ticket: &Value, seq: u64) -> Self {
        let id = ticket["id"].as_str().unwrap().to_owned();
        let version = ticket["version"].as_u64().unwrap();
        Self { ticket: id, steps: vec![(seq, "ticket.submitted".to_owned())], returns: 0, version }
    }

    /// A step that was answered like this; the second return takes the ticket up as well.
    fn step(&mut self, action: &str, ticket: &Value, seq: u64) {
        self.returns += usize::from(action == "return");
        let climbs = action == "return" && self.returns == 2;
        self.steps.push((seq, kind_of(action)));
        if climbs {
            self.steps.push((seq, "ticket.escalated".to_owned()));
        }
        let version = ticket["version"].as_u64().unwrap();
        assert_eq!(version, self.version + 1 + u64::from(climbs), "{action} of {}", self.ticket);
        self.version = version;
    }
}

/// The kind of an action's event.
pub fn kind_of(action: &str) -> String {
    let kind = match action {
        "accept" => "accepted",
        "comment" => "commented",
        "complete" => "completed",
        "rate" => "rated",
        "return" => "returned",
        "reopen" => "reopened",
        "withdraw" => "withdrawn",
        "nudge" => "nudged",
        "nudge-receipt" => "nudge_read",
        other => panic!("{other}"),
    };
    format!("ticket.{kind}")
}

/// Each acknowledged step is in the timeline, in its order, within the change that was answered; events between them are
/// let through by `between`.
pub fn assert_told(timeline: &[Seen], steps: &[Seen], between: impl Fn(&str) -> bool) {
    let mut steps = steps.iter().peekable();
    let mut last = 0;
    for (seq, kind) in timeline {
        match steps.peek() {
            Some((change, expected)) if kind == expected && seq <= change => {
                assert!(*seq > last, "event {seq} is not of the change that ended with {change}: {timeline:?}");
                let (change, _) = steps.next().unwrap();
                // Another event of the same change may follow.
                last = if steps.peek().is_some_and(|next| next.0 == *change) { last } else { *change };
            }
            _ => assert!(between(kind), "{kind} was never asked for: {timeline:?}"),
        }
    }
    assert_eq!(steps.next(), None, "lost: {timeline:?}");
}

/// Lives one life after the other, the last one to its end.
pub async fn run(world: Rc<World>, number: usize, seed: u64) {
    let mut dice = Dice::new(seed ^ (number as u64 + 1) << 32);
    let mut lived = 0;
    while !world.stopping.get() {
        lived += 1;
        let life = live(&world, &mut dice, &format!("{number}-{lived}")).await;
        world.lives.borrow_mut().push(life);
    }
}

const SHAPES: [&[&str]; 5] = [
    &["accept", "comment", "complete", "rate"],
    &["return", "accept", "complete", "reopen", "accept", "complete", "rate"],
    &["return", "return", "accept", "nudge", "nudge-receipt", "complete"],
    &["comment", "withdraw"],
    &["accept", "return", "accept", "complete", "rate"],
];

async fn live(world: &World, dice: &mut Dice, name: &str) -> Life {
    let resident = &world.residents[dice.below(world.residents.len())];
    let request = json!({ "grid_code": world.code, "kind": "suggestion", "content": format!("第 {name} 件") });
    let reply = world.ask(resident, "/tickets", &request, &format!("{name}-submit")).await;
    let mut life = Life::begin(reply.expect(201), reply.seq());
    let mut handler = 0;
    for (index, action) in SHAPES[dice.below(SHAPES.len())].iter().enumerate() {
        let key = format!("{name}-{index}-{action}");
        let path = format!("/tickets/{}/{action}", life.ticket);
        let (person, body) = match *action {
            "accept" => {
                handler = race(world, &path, &key, &mut life).await;
                continue;
            }
            "rate" => (resident, json!({ "stars": 5 })),
            "comment" => (resident, json!({ "text": "补充" })),
            "reopen" => (resident, json!({ "reason": "没修好" })),
            "withdraw" => (resident, json!({})),
            "nudge" => (&world.leader, json!({ "note": "请尽快" })),
            "return" => (&world.workers[handler], json!({ "reason": "核实" })),
            "complete" => (&world.workers[handler], json!({ "note": "好了" })),
            _ => (&world.workers[handler], json!({})),
        };
        let reply = world.ask(person, &path, &body, &key).await;
        life.step(action, reply.expect(200), reply.seq());
    }
    life
}

/// All workers accept at once; answers who won.
async fn race(world: &World, path: &str, key: &str, life: &mut Life) -> usize {
    let nothing = json!({});
    let asked = world.workers.iter().map(|worker| world.ask(worker, path, &nothing, key));
    let replies = futures_util::future::join_all(asked).await;
    let winners: Vec<usize> = (0..replies.len()).filter(|index| replies[*index].status == 200).collect();
    let [winner] = winners[..] else { panic!("{} winners of {path}", winners.len()) };
    life.step("accept", &replies[winner].body, replies[winner].seq());
    for loser in replies.iter().filter(|reply| reply.status != 200) {
        assert_eq!((loser.status, loser.code()), (409, "ticket.already_accepted"));
    }
    winner
}
