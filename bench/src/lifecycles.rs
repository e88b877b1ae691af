//! Whole lives of requests, open loop: each begins at its time whether or not the ones before are done.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::LocalSet;
use tokio::time::Instant;

use crate::BenchError;
use crate::http::Connection;
use crate::limits::{bare_answers_per_second, flushes_per_second};
use crate::people::{People, text};
use crate::processes::cpu_s_of;
use crate::report::percentiles;
use crate::server::{Server, used};

/// A life that could not begin within this time counts as never begun.
const LATEST_START: Duration = Duration::from_secs(1);
const RESIDENTS: usize = 40;

/// What the lives so far came to.
#[derive(Default)]
pub struct Tally {
    pub acks_us: Vec<u64>,
    pub lives_us: Vec<u64>,
    pub failed: u64,
    pub never_begun: u64,
    pub first_failure: Option<String>,
}

type Shared<T> = Rc<RefCell<T>>;

/// Runs the scenario.
pub async fn run(
    binary: &Path,
    rate: u32,
    seconds: u32,
    stored: u64,
    postgres: Option<&str>,
) -> Result<Value, BenchError> {
    let data = TempDir::new()?;
    let flushes = flushes_per_second(data.path())?;
    let server = match postgres {
        Some(url) => Server::start_with(binary, data, &[("LIANXIN__STORAGE__URL", url)]).await?,
        None => {
            let data = Server::start(binary, data).await?.stop().await?;
            if stored > 0 {
                crate::seed::tickets(data.path(), stored).await?;
            }
            Server::start(binary, data).await?
        }
    };
    let database_before = cpu_s_of("postgres")?;
    let idle = server.usage()?;
    let people = Rc::new(People::sign_in(&server, RESIDENTS).await?);
    let bare = bare_answers_per_second(&server.host, 16).await?;
    // A second of warming up fills caches and connection pools on both sides.
    let tasks = LocalSet::new();
    let host = server.host.clone();
    tasks.run_until(drive(&host, &people, rate, 2)).await?;
    let (before, threads) = (server.usage()?, server.threads()?);
    let begun = Instant::now();
    let tally = tasks.run_until(drive(&host, &people, rate, seconds)).await?;
    let took = begun.elapsed().as_secs_f64();
    let (after, threads) = (server.usage()?, used(&threads, &server.threads()?));
    let database = cpu_s_of("postgres")? - database_before;
    let lives = tally.lives_us.len();
    let acks_per_s = tally.acks_us.len() as f64 / took;
    Ok(json!({
        "scenario": "lifecycles: submit, accept, complete, rate; open loop",
        "database": if postgres.is_some() { "PostgreSQL, fsync=on" } else { "SQLite, synchronous=FULL" },
        "database_cpu_s": postgres.map(|_| database),
        "stored_tickets": stored,
        "asked_per_s": rate,
        "lives_per_s": lives as f64 / took,
        "changes_per_s": acks_per_s,
        "failed": tally.failed,
        "never_begun": tally.never_begun,
        "first_failure": tally.first_failure,
        "ack": percentiles(tally.acks_us),
        "life": percentiles(tally.lives_us),
        "server_cpu_s": after.cpu_s - before.cpu_s,
        "server_cpu_us_per_change": (after.cpu_s - before.cpu_s) * 1e6 / (acks_per_s * took),
        "server_cpu_s_by_thread": threads,
        "server_rss_mb": after.rss_mb,
        "server_idle_rss_mb": idle.rss_mb,
        "started_in_s": server.started_in_s,
        "limits": {
            "flushes_per_s": flushes,
            "bare_answers_per_s": bare,
            "changes_to_flushes": acks_per_s / flushes,
            "changes_to_bare_answers": acks_per_s / bare,
        },
    }))
}

/// Begins `rate` lives a second for `seconds` seconds and waits for all of them.
pub async fn drive(host: &str, people: &Rc<People>, rate: u32, seconds: u32) -> Result<Tally, BenchError> {
    let tally: Shared<Tally> = Rc::default();
    let idle: Shared<Vec<Connection>> = Rc::default();
    let begun = Instant::now();
    let mut tasks = Vec::new();
    for number in 0..u64::from(rate * seconds) {
        let at = begun + Duration::from_micros(number * 1_000_000 / u64::from(rate));
        tokio::time::sleep_until(at).await;
        let (tally, idle, people, host) = (Rc::clone(&tally), Rc::clone(&idle), Rc::clone(people), host.to_owned());
        tasks.push(tokio::task::spawn_local(async move {
            if at.elapsed() > LATEST_START {
                tally.borrow_mut().never_begun += 1;
                return;
            }
            if let Err(error) = live(&host, &people, number, at, &tally, &idle).await {
                let mut tally = tally.borrow_mut();
                tally.failed += 1;
                tally.first_failure.get_or_insert_with(|| error.to_string());
            }
        }));
    }
    for task in tasks {
        task.await?;
    }
    Ok(tally.take())
}

async fn live(
    host: &str,
    people: &People,
    number: u64,
    at: Instant,
    tally: &Shared<Tally>,
    idle: &Shared<Vec<Connection>>,
) -> Result<(), BenchError> {
    let free = idle.borrow_mut().pop();
    let mut connection = match free {
        Some(connection) => connection,
        None => Connection::open(host).await?,
    };
    let worker = &people.workers[number as usize % people.workers.len()];
    let resident = &people.residents[number as usize % people.residents.len()];
    let body = json!({
        "grid_id": worker.grid_id, "kind": "suggestion", "content": "三组路口的路灯坏了，晚上看不见路",
        "location": { "lng": 105.2, "lat": 24.6 },
    });
    let ticket = step(&mut connection, "/api/v1/tickets", resident, &body, 201, at, tally).await?;
    let id = text(&ticket["id"]);
    let steps = [
        ("accept", &worker.token, json!({})),
        ("complete", &worker.token, json!({ "note": "已更换灯泡，恢复照明" })),
        ("rate", resident, json!({ "stars": 5, "comment": "来得快" })),
    ];
    for (action, token, body) in steps {
        let path = format!("/api/v1/tickets/{id}/{action}");
        step(&mut connection, &path, token, &body, 200, Instant::now(), tally).await?;
    }
    tally.borrow_mut().lives_us.push(at.elapsed().as_micros() as u64);
    idle.borrow_mut().push(connection);
    Ok(())
}

async fn step(
    connection: &mut Connection,
    path: &str,
    token: &str,
    body: &Value,
    expected: u16,
    since: Instant,
    tally: &Shared<Tally>,
) -> Result<Value, BenchError> {
    let answer = connection.send("POST", path, Some(token), Some(&body.to_string())).await?;
    if answer.status != expected {
        return Err(format!("{path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body)).into());
    }
    tally.borrow_mut().acks_us.push(since.elapsed().as_micros() as u64);
    answer.json()
}

/// The board's query while requests run; at the end it must equal a recount.
pub async fn boards(binary: &Path, rate: u32, seconds: u32) -> Result<Value, BenchError> {
    let data = Server::prepare(binary).await?;
    let server = Server::start(binary, data).await?;
    let people = Rc::new(People::sign_in(&server, RESIDENTS).await?);
    let leader = people.leaders.iter().min_by_key(|leader| leader.level).cloned().ok_or("no leader")?;
    let tasks = LocalSet::new();
    let host = server.host.clone();
    let path = format!("/api/v1/grids/{}/board", leader.grid_id);
    let asking = {
        let (host, path, token) = (host.clone(), path.clone(), leader.token.clone());
        async move {
            let mut connection = Connection::open(&host).await?;
            let mut micros = Vec::new();
            let end = Instant::now() + Duration::from_secs(u64::from(seconds));
            while Instant::now() < end {
                let begun = Instant::now();
                connection.send("GET", &path, Some(&token), None).await?;
                micros.push(begun.elapsed().as_micros() as u64);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Ok::<_, BenchError>(micros)
        }
    };
    let (driven, asked) = tasks.run_until(async { tokio::join!(drive(&host, &people, rate, seconds), asking) }).await;
    let tally = driven?;
    let mut connection = Connection::open(&host).await?;
    let board = connection.send("GET", &path, Some(&leader.token), None).await?.json()?;
    let data = server.stop().await?;
    let check = std::process::Command::new(binary).arg("check").env("LIANXIN__DATA_DIR", data.path()).output()?;
    Ok(json!({
        "scenario": "the county's board asked every 5 ms while requests run",
        "lives_per_s_asked": rate,
        "lives": tally.lives_us.len(),
        "failed": tally.failed,
        "board": percentiles(asked?),
        "counters_at_the_end": { "rated": board["rated"], "submitted": board["submitted"] },
        "equal_to_recount": check.status.success(),
        "check": String::from_utf8_lossy(&check.stdout).trim(),
    }))
}
