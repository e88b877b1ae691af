//! A server, or the database under it, that is killed (SIGKILL) again and again while people work, and people who repeat under the same keys what
//! was not answered; while limits end, requests climb, the rules nudge, people are told and messages leave the house.
//! Nothing that was acknowledged is lost, nothing happens twice, and nothing that is owed is forgotten.
//!
//! A killed process loses no written page, so this cannot tell whether commits reach the disk; `durability.rs` looks at that.

mod check;
pub mod left_alone;
pub mod limits;
mod lives;
mod victim;
mod world;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::watch;

use crate::support::{Dice, OwnPostgres, Person, TestServer, redis_url, throw_away_database};
use victim::Victim;
use world::World;

/// More cycles than the short form has, for both databases.
const CYCLES: &str = "LIANXIN_CRASH_CYCLES";
const SEED: &str = "LIANXIN_CRASH_SEED";
/// Lives at a time.
const RUNNERS: usize = 6;
/// Every important message goes out by SMS at once, and each by itself as far as it can.
pub const SETTINGS: [(&str, &str); 4] = [
    ("LIANXIN__NOTIFY__PUSH__ENABLED", "false"),
    ("LIANXIN__NOTIFY__SMS__ENABLED", "true"),
    ("LIANXIN__NOTIFY__VOICE__ENABLED", "false"),
    ("LIANXIN__NOTIFY__COOLDOWN_MINUTES", "0"),
];

#[actix_rt::test]
async fn nothing_acknowledged_is_lost_and_nothing_happens_twice_when_sqlite_is_killed() {
    crash_again_and_again(TestServer::start_with(&SETTINGS), &Victim::Node, cycles(12)).await;
}

#[actix_rt::test]
async fn nothing_acknowledged_is_lost_and_nothing_happens_twice_when_a_node_on_postgres_is_killed() {
    let database = throw_away_database("crash");
    crash_again_and_again(TestServer::start_on_postgres(&database, &SETTINGS), &Victim::Node, cycles(6)).await;
}

#[actix_rt::test]
async fn nothing_acknowledged_is_lost_and_nothing_happens_twice_when_postgres_itself_is_killed() {
    let postgres = Arc::new(OwnPostgres::start(&[]));
    let server = TestServer::start_on_postgres(&postgres.url(), &SETTINGS);
    crash_again_and_again(server, &Victim::Database(postgres), cycles(3)).await;
}

#[actix_rt::test]
async fn nothing_acknowledged_is_lost_and_nothing_happens_twice_when_nodes_are_killed_in_turn() {
    let redis = redis_url();
    let settings: Vec<(&str, &str)> =
        SETTINGS.into_iter().chain([("LIANXIN__CLUSTER__REDIS", redis.as_str())]).collect();
    let server = TestServer::start_on_postgres(&throw_away_database("twins"), &settings);
    let other = TestServer::join(&server, &[]);
    crash_again_and_again(server, &Victim::Twins(RefCell::new(Some(other))), cycles(5)).await;
}

fn cycles(short: usize) -> usize {
    std::env::var(CYCLES).ok().and_then(|cycles| cycles.parse().ok()).unwrap_or(short)
}

async fn crash_again_and_again(mut server: TestServer, victim: &Victim, cycles: usize) {
    let seed = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_121);
    let mut dice = Dice::new(seed);
    make_restless(&server).await;
    let (tell, address) = watch::channel(victim.addresses(&server));
    let world = Rc::new(World::people(&server, address).await);
    let before = world.leader.head().await;
    let mut runners: Vec<_> =
        (0..RUNNERS).map(|number| actix_rt::spawn(lives::run(Rc::clone(&world), number, seed))).collect();
    runners.push(actix_rt::spawn(left_alone::run(Rc::clone(&world), seed)));
    let (began, mut restarts) = (Instant::now(), Vec::new());
    // On a slow machine it takes longer until everything that a limit can do was done.
    while restarts.len() < cycles || !limits::everything_happened(&server, before) {
        assert!(restarts.len() < 10 * cycles, "limits do nothing");
        match dice.below(3) {
            0 => world.messages(&server, &mut dice).await,
            _ => world.steps(20 + dice.below(100)).await,
        }
        // Anywhere within a step, not right behind an answer.
        tokio::time::sleep(Duration::from_micros(dice.below(20_000) as u64)).await;
        restarts.push(victim.dies(&mut server, &world, &mut dice, &tell).await);
    }
    let killing = began.elapsed();
    world.steps(20).await;
    world.stopping.set(true);
    for runner in runners {
        runner.await.unwrap();
    }
    victim.leave(&server);
    let began = Instant::now();
    server = world.come_to_rest(server).await;
    let lives = world.lives.take();
    let alone = world.left_alone.take();
    check::check(&server, &world.leader.at(&server), &lives, before).await;
    limits::check(&server, &alone, before);
    println!(
        "lx: seed {seed}, {} kills in {killing:?} ({:?} each), {} lives, {} steps, {} answered from memory after a \
         crash, {} told to come back; restarts {:?} to {:?}; checked in {:?}",
        restarts.len(),
        killing / u32::try_from(restarts.len()).unwrap(),
        lives.len(),
        lives.iter().map(|life| life.steps.len()).sum::<usize>(),
        world.repeated.get(),
        world.refused.get(),
        restarts.iter().min().unwrap(),
        restarts.iter().max().unwrap(),
        began.elapsed()
    );
}

/// Disputes are given a minute for everything, the rules nudge every minute and want an answer within one.
async fn make_restless(server: &TestServer) {
    let minute = json!({ "value": 1, "unit": "minutes", "clock": "continuous" });
    let admin: Person = server.staff("admin", 0).await;
    let mut levels = admin.get("/service-levels").await.expect(200).clone();
    let body = levels.as_object_mut().unwrap();
    body.retain(|member, _| !matches!(member.as_str(), "history" | "may_change"));
    body.insert("nudge_answer".to_owned(), minute.clone());
    body.insert("nudge_repeat".to_owned(), minute.clone());
    body.insert("nudge_cooldown_minutes".to_owned(), json!(0));
    let exception = json!({ "kind": "dispute", "level": null, "accept": minute, "finish": minute });
    body.insert("exceptions".to_owned(), json!([exception]));
    admin.put("/service-levels", &levels).await.expect(200);
    nobody_sleeps(server);
}

/// No staff wishes to be left in peace at night.
pub fn nobody_sleeps(server: &TestServer) {
    let wishes = json!({ "quiet": null, "muted": [], "digest": null,
        "channels": { "push": true, "wechat": true, "sms": true, "voice": true } });
    server.sql(&format!(
        "INSERT INTO notification_settings (id, body, updated_at) SELECT id, '{wishes}', 0 FROM accounts WHERE kind = 'staff';"
    ));
}
