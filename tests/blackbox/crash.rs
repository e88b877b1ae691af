//! A server that is killed (SIGKILL) again and again while people work, and people who repeat under the same keys what
//! was not answered: nothing that was acknowledged is lost, nothing happens twice.
//!
//! A killed process loses no written page, so this cannot tell whether commits reach the disk; `durability.rs` looks at that.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::watch;

use crate::crash_check::{Life, check};
use crate::support::{Dice, Person, Reply, TestServer, throw_away_database};

/// More cycles than the short form has, for both databases.
const CYCLES: &str = "LIANXIN_CRASH_CYCLES";
const SEED: &str = "LIANXIN_CRASH_SEED";
/// Lives at a time.
const RUNNERS: usize = 6;
/// A server that needs longer to come back has failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// What is refused for the moment is tried again after this.
const AGAIN: Duration = Duration::from_millis(5);

#[actix_rt::test]
async fn nothing_acknowledged_is_lost_and_nothing_happens_twice_when_sqlite_is_killed() {
    crash_again_and_again(TestServer::start(), cycles(5)).await;
}

#[actix_rt::test]
async fn nothing_acknowledged_is_lost_and_nothing_happens_twice_when_a_node_on_postgres_is_killed() {
    crash_again_and_again(TestServer::start_on_postgres(&throw_away_database("crash")), cycles(3)).await;
}

fn cycles(short: usize) -> usize {
    std::env::var(CYCLES).ok().and_then(|cycles| cycles.parse().ok()).unwrap_or(short)
}

/// The people, where the server is now, and what was done.
pub struct World {
    pub leader: Person,
    residents: Vec<Person>,
    workers: Vec<Person>,
    code: String,
    address: watch::Receiver<String>,
    acknowledged: Cell<usize>,
    repeated: Cell<usize>,
    stopping: Cell<bool>,
    lives: RefCell<Vec<Life>>,
}

async fn crash_again_and_again(mut server: TestServer, cycles: usize) {
    let seed = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_121);
    let mut dice = Dice::new(seed);
    let (tell, address) = watch::channel(server.base.clone());
    let world = Rc::new(World::people(&server, address).await);
    let before = world.head().await;
    let runners: Vec<_> = (0..RUNNERS).map(|number| actix_rt::spawn(run(Rc::clone(&world), number, seed))).collect();
    let mut restarts = Vec::new();
    for _ in 0..cycles {
        world.steps(20 + dice.below(100)).await;
        // Anywhere within a step, not right behind an answer.
        tokio::time::sleep(Duration::from_micros(dice.below(20_000) as u64)).await;
        server.kill();
        let began = Instant::now();
        server.restart();
        restarts.push(began.elapsed());
        tell.send(server.base.clone()).unwrap();
    }
    world.steps(20).await;
    world.stopping.set(true);
    for runner in runners {
        runner.await.unwrap();
    }
    let lives = world.lives.take();
    let steps: usize = lives.iter().map(|life| life.steps.len()).sum();
    println!(
        "lx: seed {seed}, {cycles} kills, {} lives, {steps} steps, {} answered from memory after a crash; restarts {:?} to {:?}",
        lives.len(),
        world.repeated.get(),
        restarts.iter().min().unwrap(),
        restarts.iter().max().unwrap()
    );
    check(&server, &world.now(&world.leader), &lives, before).await;
}

impl World {
    async fn people(server: &TestServer, address: watch::Receiver<String>) -> Self {
        let mut residents = Vec::new();
        for number in 1..=3 {
            residents.push(server.resident(&format!("1990000100{number}")).await);
        }
        Self {
            leader: server.staff("leader_l1", 0).await,
            residents,
            workers: vec![server.staff("worker", 0).await, server.staff("worker", 1).await],
            code: server.code_of("worker", 0),
            address,
            acknowledged: Cell::new(0),
            repeated: Cell::new(0),
            stopping: Cell::new(false),
            lives: RefCell::default(),
        }
    }

    /// Somebody, at the server's present address.
    fn now(&self, person: &Person) -> Person {
        let mut person = person.clone();
        person.base.clone_from(&self.address.borrow());
        person
    }

    async fn head(&self) -> u64 {
        let (_, welcome) = crate::support::Live::open_with_welcome(&self.leader).await;
        welcome["head"].as_u64().unwrap()
    }

    /// Waits for so many more answers.
    async fn steps(&self, count: usize) {
        let goal = self.acknowledged.get() + count;
        let reached = async {
            while self.acknowledged.get() < goal {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.expect("nobody gets an answer any more");
    }

    /// Asks until there is an answer, always under the same key.
    async fn ask(&self, person: &Person, path: &str, body: &Value, key: &str) -> Reply {
        loop {
            let person = self.now(person);
            let headers = [("Idempotency-Key", key)];
            let body = Some(body.to_string().into_bytes());
            match person.try_send(awc::http::Method::POST, path, body, &headers).await {
                Ok(reply) if reply.status == 503 => tokio::time::sleep(AGAIN).await,
                Ok(reply) => {
                    self.acknowledged.set(self.acknowledged.get() + 1);
                    let repeated = reply.header("Idempotent-Replayed") == Some("true");
                    self.repeated.set(self.repeated.get() + usize::from(repeated));
                    return reply;
                }
                Err(_) => {
                    let mut address = self.address.clone();
                    let moved = address.wait_for(|address| *address != person.base);
                    tokio::time::timeout(PATIENCE, moved).await.expect("the server is up and does not answer").unwrap();
                }
            }
        }
    }
}

/// Lives one life after the other, the last one to its end.
async fn run(world: Rc<World>, number: usize, seed: u64) {
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
