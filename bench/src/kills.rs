//! A server that is killed again and again while limits end, tickets climb, nudges repeat and messages leave: in the end
//! nothing is missing and nothing is doubled.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

use lianxin_domain::clock::Timestamp;
use lianxin_storage::database::Database;
use lianxin_storage::deadlines::Deadlines;
use lianxin_storage::dialect::Dialect;
use lianxin_storage::log::EventLog;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::BenchError;
use crate::deadlines::now;
use crate::http::Connection;
use crate::people::{People, text};
use crate::server::Server;

/// A life between two kills, milliseconds after the server listens: from before its first tick to several commits later.
const LIFE_MS: std::ops::Range<u64> = 5..700;
/// Limits that end per second of the whole run.
const LIMITS_A_SECOND: u64 = 4;
/// Requests of one life at most: what is stored grows with the kills, and so does the time of a start.
const COMMANDS: usize = 6;
/// A start and a life take so long on average; the limits are spread over the whole run.
const CYCLE_MS: u64 = 800;
/// The seed of the lives' lengths.
const SEED: u64 = 20_261_121;
const PAGE: usize = 10_000;

/// Limits of a minute, nudges every minute, answers within one, and every important message by SMS.
const SETTINGS: [(&str, &str); 5] = [
    ("LIANXIN__TICKETS__ACCEPT_LIMIT_MINUTES", "1"),
    ("LIANXIN__TICKETS__NUDGE_ANSWER_MINUTES", "1"),
    ("LIANXIN__TICKETS__NUDGE_REPEAT_MINUTES", "1"),
    ("LIANXIN__NOTIFY__SMS__ENABLED", "true"),
    ("LIANXIN__NOTIFY__COOLDOWN_MINUTES", "0"),
];

/// What was acknowledged: the ticket and the kind of event that must be there.
type Acknowledged = Vec<(String, &'static str)>;

/// Runs the scenario.
pub async fn run(binary: &Path, cycles: u32) -> Result<Value, BenchError> {
    let mut data = Server::prepare(binary).await?;
    let span_ms = u64::from(cycles) * CYCLE_MS;
    let begin = now()?.plus_millis(20_000);
    crate::seed::waiting(data.path(), span_ms / 1000 * LIMITS_A_SECOND, begin, i64::try_from(span_ms)?).await?;
    let mut chance = ChaCha8Rng::seed_from_u64(SEED);
    let mut acknowledged = Acknowledged::new();
    // Sessions outlive the process, so people sign in once.
    let server = Server::start_with(binary, data, &SETTINGS).await?;
    let people = People::sign_in(&server, 4).await?;
    data = server.kill().await?;
    let mut starts_ms = Vec::new();
    for cycle in 0..cycles {
        let server = Server::start_with(binary, data, &SETTINGS).await?;
        starts_ms.push(server.started_in_s * 1000.0);
        let life = LIFE_MS.start + chance.next_u64() % (LIFE_MS.end - LIFE_MS.start);
        let busy = commands(&server.host, &people, cycle, &mut acknowledged);
        let _ = tokio::time::timeout(Duration::from_millis(life), busy).await;
        data = server.kill().await?;
    }
    let server = Server::start_with(binary, data, &SETTINGS).await?;
    let data_dir = server.data_dir();
    settle(&data_dir).await?;
    let data = server.stop().await?;
    let checked = std::process::Command::new(binary)
        .args(["check"])
        .env("LIANXIN__DATA_DIR", data.path())
        .env("LIANXIN__LOG__LEVEL", "warn")
        .output()?;
    let found = compare(data.path(), &acknowledged).await?;
    starts_ms.sort_by(f64::total_cmp);
    Ok(json!({
        "scenario": "kill -9 at random points while limits end, tickets climb, nudges repeat and SMS leave; SQLite",
        "kills": cycles + 1,
        "life_ms": [LIFE_MS.start, LIFE_MS.end],
        "start_p50_ms": starts_ms.get(starts_ms.len() / 2),
        "check_clean": checked.status.success(),
        "check_says": String::from_utf8_lossy(&checked.stdout).lines().take(20).collect::<Vec<_>>(),
        "acknowledged": acknowledged.len(),
        "found": found,
    }))
}

/// Requests, acceptances and nudges until the server dies.
async fn commands(host: &str, people: &People, cycle: u32, acknowledged: &mut Acknowledged) {
    let Ok(mut connection) = Connection::open(host).await else { return };
    for number in 0..COMMANDS {
        let worker = &people.workers[cycle as usize % people.workers.len()];
        let resident = &people.residents[number % people.residents.len()];
        let body = json!({ "grid_id": worker.grid_id, "kind": "suggestion", "content": "路灯坏了" }).to_string();
        let Ok(sent) = connection.send("POST", "/api/v1/tickets", Some(resident), Some(&body)).await else { return };
        let Ok(ticket) = sent.json() else { return };
        if sent.status != 201 {
            return;
        }
        let id = text(&ticket["id"]);
        acknowledged.push((id.clone(), "ticket.submitted"));
        // Every third one is accepted; the others climb.
        if number % 3 == 0 {
            let path = format!("/api/v1/tickets/{id}/accept");
            match connection.send("POST", &path, Some(&worker.token), Some("{}")).await {
                Ok(answer) if answer.status == 200 => acknowledged.push((id, "ticket.accepted")),
                _ => return,
            }
        }
    }
}

/// Waits until nothing is due any more: neither a limit nor a message.
async fn settle(data_dir: &Path) -> Result<(), BenchError> {
    let database = Database::open(&Dialect::default_url(data_dir)).await?;
    let deadlines = Deadlines::new(database.clone());
    for _ in 0..600 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let late = deadlines.due(now()?.plus_millis(-2_000), 1).await?;
        let owed = lianxin_storage::deliveries::owed_before(&database, now()?.plus_millis(-2_000)).await?;
        if late.is_empty() && owed == 0 {
            return Ok(());
        }
    }
    Err("what is due does not come to an end".into())
}

/// What is there, held against what must be.
async fn compare(data_dir: &Path, acknowledged: &Acknowledged) -> Result<Value, BenchError> {
    let database = Database::open(&Dialect::default_url(data_dir)).await?;
    let log = EventLog::open(database.clone(), String::new()).await?;
    let mut steps: HashMap<String, usize> = HashMap::new();
    let (mut kinds, mut told, mut happened) = (HashMap::<String, usize>::new(), HashSet::new(), HashSet::new());
    let mut told_twice = 0;
    let mut position = 0;
    loop {
        let events = log.after(position, PAGE).await?;
        let Some(last) = events.last() else { break };
        position = last.seq;
        for event in &events {
            *kinds.entry(event.kind.clone()).or_default() += 1;
            happened.insert((event.subject.id.clone(), event.kind.clone()));
            let run = &event.data["clock"]["run"];
            match event.kind.as_str() {
                "ticket.escalated" => {
                    *steps.entry(format!("{} up {run} {}", event.subject.id, event.data["to_level"])).or_default() += 1;
                }
                "ticket.overdue" => {
                    *steps.entry(format!("{} late {run} {}", event.subject.id, event.data["level"])).or_default() += 1;
                }
                "inbox.notified" => {
                    for account in &event.audience {
                        told_twice += usize::from(!told.insert(format!("{account}:{}", text(&event.data["cause"]))));
                    }
                }
                _ => {}
            }
        }
    }
    let inboxes: HashSet<String> = lianxin_storage::notifications::all_ids(&database).await?.into_iter().collect();
    let sent: HashSet<String> = lianxin_storage::deliveries::sent_keys(&database, "sms").await?.into_iter().collect();
    let lines: Vec<String> = std::fs::read_to_string(data_dir.join("outbox/sms.jsonl"))?
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .map(|line| text(&line["key"]))
        .collect();
    let arrived: HashSet<String> = lines.iter().cloned().collect();
    let missing =
        acknowledged.iter().filter(|(id, kind)| !happened.contains(&(id.clone(), (*kind).to_owned()))).count();
    Ok(json!({
        "events": position,
        "escalations": kinds.get("ticket.escalated"),
        "overdue": kinds.get("ticket.overdue"),
        "nudges": kinds.get("ticket.nudged"),
        "steps_doubled": steps.values().filter(|count| **count > 1).count(),
        "acknowledged_missing": missing,
        "notifications": inboxes.len(),
        "notifications_missing": told.difference(&inboxes).count(),
        "notifications_without_cause": inboxes.difference(&told).count(),
        "notifications_doubled": told_twice,
        "sms_sent": sent.len(),
        "sms_in_outbox": lines.len(),
        "sms_doubled": lines.len() - arrived.len(),
        "sms_missing": sent.difference(&arrived).count(),
        "sms_unrecorded": arrived.difference(&sent).count(),
        "still_late": still_late(&database).await?,
    }))
}

/// Limits that ended and asked for nothing.
async fn still_late(database: &Database) -> Result<usize, BenchError> {
    let until: Timestamp = now()?.plus_millis(-30_000);
    Ok(Deadlines::new(database.clone()).due(until, 10_000).await?.len())
}
