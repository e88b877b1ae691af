//! Ten thousand open channels: what they cost while nothing happens, and how soon all are back when the server was
//! killed and things went on before they came.

use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use memchr::memmem::Finder;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;

use crate::BenchError;
use crate::http::Connection;
use crate::people::People;
use crate::report::percentiles;
use crate::server::Server;
use crate::socket::Listener;
use crate::tally::MARK;

/// Connections opened at a time, as the kernel's queue of new ones is not endless.
const AT_ONCE: usize = 256;
/// How long they do nothing; a channel that says nothing for 62.5 s is ended.
const IDLE: Duration = Duration::from_secs(20);
/// Requests sent before the crowd is back.
const MEANWHILE: usize = 200;
const RESIDENTS: usize = 20;

/// Runs the scenario.
pub async fn run(binary: &Path, clients: usize) -> Result<Value, BenchError> {
    LocalSet::new().run_until(both(binary, clients)).await
}

async fn both(binary: &Path, clients: usize) -> Result<Value, BenchError> {
    let server = Server::start(binary, Server::prepare(binary).await?).await?;
    let people = Rc::new(People::sign_in(&server, RESIDENTS).await?);
    let before = server.usage()?;
    let begun = Instant::now();
    let crowd = come(&server.host, &people, (0..clients).map(|_| None).collect()).await?;
    let opened_in = begun.elapsed();
    let open = server.usage()?;
    tokio::time::sleep(IDLE).await;
    let idle = server.usage()?;
    let positions: Vec<Option<u64>> = crowd.iter().map(|one| Some(one.position)).collect();
    drop(crowd);
    let server = Server::start(binary, server.kill().await?).await?;
    let sent = go_on(&server, &people).await?;
    let restarted = server.usage()?;
    let begun = Instant::now();
    let mut back = come(&server.host, &people, positions).await?;
    let connected_in = begun.elapsed();
    let mut catching_up = JoinSet::new();
    for (number, one) in back.drain(..).enumerate() {
        let worker = &people.workers[number % people.workers.len()];
        catching_up.spawn_local(catch_up(one, sent.get(&worker.grid_id).copied().unwrap_or_default(), begun));
    }
    let mut times = Vec::new();
    let mut kept = Vec::new();
    while let Some(one) = catching_up.join_next().await {
        let (listener, after) = one??;
        times.push(after.as_micros() as u64);
        kept.push(listener);
    }
    let after = server.usage()?;
    let all_back = times.iter().max().copied().unwrap_or_default();
    Ok(json!({
        "scenario": "open channels of people who follow their own grid: idle, then back after a kill with requests in between",
        "clients": clients,
        "opened_in_s": opened_in.as_secs_f64(),
        "rss_kb_per_connection": (open.rss_mb - before.rss_mb) * 1024.0 / clients as f64,
        "idle_cpu_us_per_connection_and_s": (idle.cpu_s - open.cpu_s) * 1e6 / clients as f64 / IDLE.as_secs_f64(),
        "server_started_in_s": server.started_in_s,
        "requests_meanwhile": MEANWHILE,
        "connected_in_s": connected_in.as_secs_f64(),
        "all_back_and_caught_up_in_s": all_back as f64 / 1e6,
        "caught_up": percentiles(times),
        "server_cpu_s": after.cpu_s - restarted.cpu_s,
        "server_rss_mb": after.rss_mb,
    }))
}

/// Opens a channel for each, at most some at a time; a position says behind what it comes back.
async fn come(host: &str, people: &Rc<People>, positions: Vec<Option<u64>>) -> Result<Vec<Listener>, BenchError> {
    let turns = Rc::new(Semaphore::new(AT_ONCE));
    let mut coming = JoinSet::new();
    for (number, since) in positions.into_iter().enumerate() {
        let (host, people, turns) = (host.to_owned(), Rc::clone(people), Rc::clone(&turns));
        coming.spawn_local(async move {
            let _turn = turns.acquire().await?;
            let worker = &people.workers[number % people.workers.len()];
            let topic = [format!("grid:{}", worker.grid_id)];
            Ok::<_, BenchError>((number, Listener::open_since(&host, &worker.token, &topic, since).await?))
        });
    }
    let mut all = Vec::new();
    while let Some(one) = coming.join_next().await {
        all.push(one??);
    }
    all.sort_unstable_by_key(|(number, _)| *number);
    Ok(all.into_iter().map(|(_, listener)| listener).collect())
}

/// Requests in all grids; answers how many in each.
async fn go_on(server: &Server, people: &People) -> Result<HashMap<String, usize>, BenchError> {
    let mut connection = Connection::open(&server.host).await?;
    let mut sent = HashMap::<String, usize>::new();
    for number in 0..MEANWHILE {
        let grid_id = &people.workers[number % people.workers.len()].grid_id;
        let resident = &people.residents[number % people.residents.len()];
        let body = json!({ "grid_id": grid_id, "kind": "suggestion", "content": "三组路口的路灯坏了" }).to_string();
        let answer = connection.send("POST", "/api/v1/tickets", Some(resident), Some(&body)).await?;
        if answer.status != 201 {
            return Err(format!("a request: {}", answer.status).into());
        }
        *sent.entry(grid_id.clone()).or_default() += 1;
    }
    Ok(sent)
}

/// Reads until so many requests came.
async fn catch_up(mut listener: Listener, wanted: usize, begun: Instant) -> Result<(Listener, Duration), BenchError> {
    let (finder, mut seen) = (Finder::new(MARK), 0);
    while seen < wanted {
        seen += finder.find_iter(&listener.next().await?).count();
    }
    Ok((listener, begun.elapsed()))
}
