//! The people, where the server is now, and what was done.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::watch;

use super::left_alone::LeftAlone;
use super::lives::Life;
use crate::support::{Dice, Person, Reply, TestServer, now};

/// A server that needs longer to come back has failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// What is refused for the moment is tried again after this.
const AGAIN: Duration = Duration::from_millis(5);
/// Between two looks into the database.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
const HOUR_MS: i64 = 3_600_000;

pub struct World {
    pub leader: Person,
    pub residents: Vec<Person>,
    pub workers: Vec<Person>,
    pub code: String,
    address: watch::Receiver<String>,
    acknowledged: Cell<usize>,
    turn: Cell<usize>,
    pub repeated: Cell<usize>,
    /// Answers that asked to come back.
    pub refused: Cell<usize>,
    /// Nobody asks for anything.
    pub pausing: Cell<bool>,
    pub stopping: Cell<bool>,
    pub lives: RefCell<Vec<Life>>,
    pub left_alone: RefCell<Vec<LeftAlone>>,
}

impl World {
    pub async fn people(server: &TestServer, address: watch::Receiver<String>) -> Self {
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
            turn: Cell::new(0),
            repeated: Cell::new(0),
            refused: Cell::new(0),
            pausing: Cell::new(false),
            stopping: Cell::new(false),
            lives: RefCell::default(),
            left_alone: RefCell::default(),
        }
    }

    /// Waits for so many more answers.
    pub async fn steps(&self, count: usize) {
        let goal = self.acknowledged.get() + count;
        let reached = async {
            while self.acknowledged.get() < goal && !self.stopping.get() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.expect("nobody gets an answer any more");
    }

    /// Waits until so many more were told to come back.
    pub async fn refusals(&self, count: usize) {
        let goal = self.refused.get() + count;
        let reached = async {
            while self.refused.get() < goal {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.expect("nobody is told that nothing can be written");
    }

    /// Reading is refused in the same way, and whoever watches the server learns why.
    pub async fn readers_are_refused(&self) {
        let mut reader = self.leader.clone();
        reader.base.clone_from(&self.address.borrow());
        let [reply, ready, alive] = ["/tickets?limit=1", "//readyz", "//healthz"].map(|path| reader.get(path));
        let (reply, ready, alive) = tokio::join!(reply, ready, alive);
        assert_eq!((reply.status, reply.code(), reply.header("Retry-After")), (503, "server.busy", Some("1")));
        assert_eq!((ready.status, alive.status), (503, 200));
    }

    /// People look at their telephones, until some of what is owed to them has left the house; they go on with the next
    /// server.
    pub async fn messages(&self, server: &TestServer, dice: &mut Dice) {
        self.pausing.set(true);
        let owed =
            || server.sql("SELECT COUNT(*) FROM deliveries WHERE state = 'owed';")[0][0].parse::<usize>().unwrap();
        let (goal, began) = (dice.below(owed() + 1), Instant::now());
        while owed() > goal {
            assert!(began.elapsed() < PATIENCE, "nothing leaves the house any more: {} of {goal}", owed());
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Asks until there is an answer, always under the same key.
    pub async fn ask(&self, person: &Person, path: &str, body: &Value, key: &str) -> Reply {
        loop {
            while self.pausing.get() {
                tokio::time::sleep(AGAIN).await;
            }
            let mut person = person.clone();
            // Of several nodes now one, now the other.
            let addresses: Vec<String> = self.address.borrow().split(' ').map(str::to_owned).collect();
            self.turn.set(self.turn.get() + 1);
            person.base.clone_from(&addresses[self.turn.get() % addresses.len()]);
            let headers = [("Idempotency-Key", key)];
            let body = Some(body.to_string().into_bytes());
            match person.try_send(awc::http::Method::POST, path, body, &headers).await {
                Ok(reply) if reply.status == 503 => {
                    assert_eq!((reply.code(), reply.header("Retry-After")), ("server.busy", Some("1")));
                    self.refused.set(self.refused.get() + 1);
                    tokio::time::sleep(AGAIN).await;
                }
                Ok(reply) => {
                    self.acknowledged.set(self.acknowledged.get() + 1);
                    let repeated = reply.header("Idempotent-Replayed") == Some("true");
                    self.repeated.set(self.repeated.get() + usize::from(repeated));
                    return reply;
                }
                Err(_) if addresses.len() > 1 => tokio::time::sleep(AGAIN).await,
                Err(_) => {
                    let mut address = self.address.clone();
                    let moved = address.wait_for(|address| *address != person.base);
                    tokio::time::timeout(PATIENCE, moved).await.expect("the server is up and does not answer").unwrap();
                }
            }
        }
    }

    /// The server is off for as long as it takes until the next thing happens to what is left alone: some of it lies
    /// behind when it comes back, the rest comes within its next second.
    pub fn let_time_pass(&self, server: &TestServer, dice: &mut Dice) {
        let alone: Vec<String> = self.left_alone.borrow().iter().map(|alone| alone.ticket.clone()).collect();
        let now = now();
        server.age(|id, timer_at| {
            let until = dice.below(1_500) as i64 - if dice.below(2) == 0 { 13_000 } else { 0 };
            alone.iter().any(|own| own == id).then(|| timer_at.since(now.plus_millis(until)))
        });
    }

    /// Waits until everything that is due has happened and all that is owed is sent; then nothing ends for an hour.
    pub async fn come_to_rest(&self, mut server: TestServer) -> TestServer {
        let due = now().plus_millis(-1_000).millis();
        none_left(&server, &format!("SELECT id, timer_at, clock FROM tickets WHERE timer_at < {due};")).await;
        server.stop();
        let alone: Vec<String> = self.left_alone.borrow().iter().map(|alone| alone.ticket.clone()).collect();
        server.age(|id, _| alone.iter().any(|own| own == id).then_some(-HOUR_MS));
        server.restart();
        none_left(&server, "SELECT id, attempts, next_at, last_error FROM deliveries WHERE state = 'owed';").await;
        server
    }
}

/// Waits until a running server has nothing left of what `sql` selects.
async fn none_left(server: &TestServer, sql: &str) {
    let began = Instant::now();
    loop {
        let left = server.sql(sql);
        if left.is_empty() {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{} left at {}: {:#?}", left.len(), now(), &left[..left.len().min(10)]);
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
