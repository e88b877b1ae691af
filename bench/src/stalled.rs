//! Clients that stop reading, among many that do not: what each costs, how soon it is gone, and what the others notice
//! beside as many clients that read.

use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;

use crate::BenchError;
use crate::people::People;
use crate::poster::{Poster, Request};
use crate::report::percentiles;
use crate::server::Server;
use crate::socket::Listener;
use crate::tally::{Tally, count};

/// Messages a second, one at a time.
const PACE: u32 = 50;
const SECONDS: u32 = 20;
/// What waits for a client is full after some hundred of these.
const WORDS: usize = 2_000;
const RESIDENTS: usize = 40;
/// Whoever is not cut off by then never is.
const LONGEST: Duration = Duration::from_secs(60);

/// Runs the scenario.
pub async fn run(binary: &Path, listeners: usize, stalled: usize) -> Result<Value, BenchError> {
    LocalSet::new().run_until(both(binary, listeners, stalled)).await
}

async fn both(binary: &Path, listeners: usize, stalled: usize) -> Result<Value, BenchError> {
    let server = Server::start(binary, Server::prepare(binary).await?).await?;
    let people = People::sign_in(&server, RESIDENTS).await?;
    let worker = people.workers.first().ok_or("no worker")?;
    let topic = [format!("grid:{}", worker.grid_id)];
    let tally = Rc::new(Tally::default());
    for _ in 0..listeners {
        let listener = Listener::open(&server.host, &worker.token, &topic).await?;
        tokio::task::spawn_local(count(listener.into_frames(), Rc::clone(&tally)));
    }
    let body = json!({ "grid_id": worker.grid_id, "kind": "suggestion", "content": "长".repeat(WORDS) }).to_string();
    let request =
        |token: &String| Request { path: "/api/v1/tickets".into(), token: Some(token.clone()), body: body.clone() };
    let mut poster = Poster::open(&server.host, 1, people.residents.iter().map(request).collect()).await?;
    let everybody = listeners as u64;
    told(&mut poster, &tally, everybody).await?;
    let company = reading(&server, &worker.token, &topic, stalled).await?;
    let before = told(&mut poster, &tally, everybody).await?;
    drop(company);

    let without = server.usage()?;
    let mut frozen = Vec::new();
    for _ in 0..stalled {
        frozen.push(Listener::open_narrow(&server.host, &worker.token, &topic).await?);
    }
    let ports = frozen.iter().map(Listener::port).collect::<Result<BTreeSet<u16>, _>>()?;
    let watch = tokio::task::spawn_local(cut_off(server.host.clone(), ports));
    let peak = Rc::new(std::cell::Cell::new(0.0_f64));
    let meanwhile = async {
        loop {
            peak.set(peak.get().max(server.usage()?.rss_mb));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let during = tokio::select! {
        times = told(&mut poster, &tally, everybody) => times?,
        failed = meanwhile => return failed,
    };
    let gone_in = watch.await??;
    drop(frozen);
    let company = reading(&server, &worker.token, &topic, stalled).await?;
    let after = told(&mut poster, &tally, everybody).await?;
    drop(company);
    let p99 = |times: &Value| times["p99_ms"].as_f64().unwrap_or(f64::NAN);
    let [before, during, after] = [before, during, after].map(percentiles);
    let usual = p99(&before).max(p99(&after));
    Ok(json!({
        "scenario": "one message of 6 KB at a time, fifty a second, before everybody; some clients read, then as many others never do, \
                     then they read again",
        "listeners": listeners,
        "stalled": stalled,
        "mib_per_stalled_client": (peak.get() - without.rss_mb) / stalled as f64,
        "all_cut_off_in_s": gone_in.as_secs_f64(),
        "to_the_last_reader_before": before,
        "to_the_last_reader_with_stalled": during,
        "to_the_last_reader_after": after,
        "p99_to_usual": p99(&during) / usual,
    }))
}

/// Clients as narrow as those that stall, which read as long as they are held.
async fn reading(server: &Server, token: &str, topic: &[String], clients: usize) -> Result<JoinSet<()>, BenchError> {
    let mut reading = JoinSet::new();
    for _ in 0..clients {
        let listener = Listener::open_narrow(&server.host, token, topic).await?;
        reading.spawn_local(count(listener.into_frames(), Rc::default()));
    }
    Ok(reading)
}

/// Microseconds from each of the messages of a run to the last who reads it.
async fn told(poster: &mut Poster, tally: &Tally, everybody: u64) -> Result<Vec<u64>, BenchError> {
    let (begun, mut times) = (Instant::now(), Vec::new());
    for number in 0..PACE * SECONDS {
        tokio::time::sleep_until(begun + Duration::from_secs(1) * number / PACE).await;
        let (asked, from) = (Instant::now(), tally.seen());
        poster.post(1).await?;
        if !tally.until(from, everybody).await {
            return Err("somebody who reads was not told".into());
        }
        times.push(asked.elapsed().as_micros() as u64);
    }
    Ok(times)
}

/// How long the server's kernel holds connections to these ports; the peer of one that was given up is not told.
async fn cut_off(server: String, ports: BTreeSet<u16>) -> Result<Duration, BenchError> {
    let server = server.rsplit(':').next().unwrap_or_default().parse()?;
    let begun = Instant::now();
    while established(server, &ports)? > 0 {
        if begun.elapsed() > LONGEST {
            return Err("who does not read is not cut off".into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(begun.elapsed())
}

fn established(server: u16, ports: &BTreeSet<u16>) -> Result<usize, BenchError> {
    const ESTABLISHED: &str = "01";
    let table = std::fs::read_to_string("/proc/net/tcp")?;
    let port = |address: &str| {
        let port = address.split_once(':').map_or("", |(_, port)| port);
        u16::from_str_radix(port, 16).unwrap_or_default()
    };
    let rows = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    let ours = |row: &Vec<&str>| {
        row.len() > 3 && row[3] == ESTABLISHED && port(row[1]) == server && ports.contains(&port(row[2]))
    };
    Ok(rows.filter(ours).count())
}
