//! Who is killed, and how it comes back.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::world::World;
use crate::support::{Dice, OwnPostgres, TestServer};

/// Refusals that callers get at most while the database is away.
const REFUSALS: usize = 3;

/// Who is killed.
pub enum Victim {
    /// Our process.
    Node,
    /// All processes of PostgreSQL. Ours goes on and has to come to itself.
    Database(Arc<OwnPostgres>),
    /// One of two nodes that people use alike, or both.
    Twins(RefCell<Option<TestServer>>),
}

impl Victim {
    /// Kills it and starts it again; answers how long the start took. `tell` is told where the server is then.
    pub async fn dies(
        &self,
        server: &mut TestServer,
        world: &World,
        dice: &mut Dice,
        tell: &watch::Sender<String>,
    ) -> Duration {
        match self {
            Self::Node => {
                server.kill();
                // Not always: then the first to open what the crash left is the server itself.
                if dice.below(3) > 0 {
                    world.let_time_pass(server, dice);
                }
                come_back(server, world, tell)
            }
            Self::Database(postgres) => {
                // Only with nobody at work can be seen to it that limits end while the database is away.
                if dice.below(3) > 0 {
                    server.kill();
                    world.let_time_pass(server, dice);
                    come_back(server, world, tell);
                    world.steps(dice.below(60)).await;
                }
                world.pausing.set(false);
                aside(postgres, OwnPostgres::kill).await;
                tokio::join!(world.refusals(1 + dice.below(REFUSALS)), world.readers_are_refused());
                let starting = Instant::now();
                aside(postgres, OwnPostgres::start_again).await;
                starting.elapsed()
            }
            Self::Twins(place) => {
                let mut other = place.take().unwrap();
                let whom = dice.below(4);
                if whom < 3 {
                    let dead: &mut TestServer = if whom == 0 { server } else { &mut other };
                    dead.kill();
                    // The other one goes on alone for a while, or until it sends what is owed.
                    world.pausing.set(false);
                    world.steps(dice.below(30)).await;
                    if whom == 0 && dice.below(2) == 0 {
                        world.messages(&other, dice).await;
                    }
                } else {
                    other.kill();
                    server.kill();
                    world.let_time_pass(server, dice);
                }
                let starting = Instant::now();
                match whom {
                    0 => server.restart(),
                    1 | 2 => other.restart(),
                    _ => {
                        server.restart();
                        other.restart();
                    }
                }
                let took = starting.elapsed();
                tell.send(format!("{} {}", server.base, other.base)).unwrap();
                place.replace(Some(other));
                world.pausing.set(false);
                took
            }
        }
    }

    /// Where people begin to ask.
    pub fn addresses(&self, server: &TestServer) -> String {
        match self {
            Self::Twins(other) => format!("{} {}", server.base, other.borrow().as_ref().unwrap().base),
            Self::Node | Self::Database(_) => server.base.clone(),
        }
    }

    /// Only `server` stays, with all that left the house.
    pub fn leave(&self, server: &TestServer) {
        let Self::Twins(other) = self else { return };
        let mut other = other.take().unwrap();
        other.stop();
        // Each node has a file of its own for what it sent; whoever receives it knows a message by its key.
        let known: BTreeSet<String> = server.outbox("sms").iter().map(|message| message["key"].to_string()).collect();
        let sent = other.outbox("sms");
        let new = sent.iter().filter(|message| !known.contains(&message["key"].to_string()));
        let lines: String = new.clone().map(|message| format!("{message}\n")).collect();
        println!(
            "lx: {} SMS left one node, {} the other, {} of them again",
            known.len(),
            sent.len(),
            sent.len() - new.count()
        );
        let file = server.data_dir().join("outbox/sms.jsonl");
        std::fs::OpenOptions::new().append(true).open(file).unwrap().write_all(lines.as_bytes()).unwrap();
    }
}

/// Does something to the database while people go on asking.
async fn aside(postgres: &Arc<OwnPostgres>, work: fn(&OwnPostgres)) {
    let postgres = Arc::clone(postgres);
    actix_rt::task::spawn_blocking(move || work(&postgres)).await.unwrap();
}

fn come_back(server: &mut TestServer, world: &World, tell: &watch::Sender<String>) -> Duration {
    let starting = Instant::now();
    server.restart();
    let took = starting.elapsed();
    tell.send(server.base.clone()).unwrap();
    world.pausing.set(false);
    took
}
