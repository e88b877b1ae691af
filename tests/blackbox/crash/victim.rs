//! Who is killed, and how it comes back.

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
        }
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
