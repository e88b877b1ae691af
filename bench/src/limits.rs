//! What this machine can do at most, measured beside the load: the disk's flushes, the bare HTTP answer.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use lianxin_domain::event::Subject;
use lianxin_domain::meeting::{Claim, Command, DeviceId, Party, SignIn, slot_of};
use lianxin_domain::person::PersonRef;
use lianxin_storage::change::Change;
use lianxin_storage::journal::{CommitError, Committed};
use lianxin_storage::meetings::{Meetings, attendee_write};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::BenchError;
use crate::deadlines::now;
use crate::halls::{HallSeeder, SeededHall};
use crate::http::Connection;
use crate::processes::cpu_s;
use crate::seed::Chance;

/// One measuring.
const SPAN: Duration = Duration::from_secs(2);
/// A small commit's bytes.
const BLOCK: usize = 16 * 1024;

/// Flushes per second of this disk, one after the other, 16 KiB each.
pub fn flushes_per_second(folder: &Path) -> Result<f64, BenchError> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    let block = vec![7; BLOCK];
    let begun = std::time::Instant::now();
    let mut count = 0.0;
    while begun.elapsed() < SPAN {
        file.write_all(&block)?;
        file.as_file().sync_data()?;
        count += 1.0;
    }
    Ok(count / begun.elapsed().as_secs_f64())
}

/// Answers of `/healthz` per second over `connections` connections: the server's bare HTTP with this generator.
pub async fn bare_answers_per_second(host: &str, connections: usize) -> Result<f64, BenchError> {
    let begun = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let mut connection = Connection::open(host).await?;
        tasks.push(tokio::spawn(async move {
            let mut count = 0u64;
            while begun.elapsed() < SPAN {
                connection.send("GET", "/healthz", None, None).await?;
                count += 1;
            }
            Ok::<_, BenchError>(count)
        }));
    }
    let mut total = 0;
    for task in tasks {
        total += task.await??;
    }
    Ok(total as f64 / begun.elapsed().as_secs_f64())
}

/// Sign-ins per second that the journal alone commits, decided on `hall` and written as the server writes them, with
/// `at_once` of them waiting: this disk's own limit of batched commits, without HTTP, sessions, actors and readers.
pub async fn batched_sign_ins_per_second(
    seeder: &HallSeeder,
    hall: &SeededHall,
    at_once: usize,
) -> Result<Value, BenchError> {
    let mut decided = seeder.meetings.hall(hall.id).await?.ok_or("no hall")?;
    let (entropy, now) = (Chance::new(3), now()?);
    let mut changes = Vec::with_capacity(hall.people.len());
    for (place, person) in hall.people.iter().enumerate() {
        let mut device = [0; 16];
        device[..8].copy_from_slice(&(place as u64).to_be_bytes());
        let claim = Claim::new(hall.id, slot_of(now), DeviceId(device), now, &entropy);
        let person_ref = PersonRef { id: person.account_id, name: String::new() };
        let party = Party { person: person_ref, manages: false, oversees: false };
        let command = Command::SignIn(SignIn { claim: claim.clone(), fix: None });
        let events = decided.decide(&command, &party, now)?;
        let outcome = decided.outcome(&events, now);
        let mut change = Change::new(now, Some(person.account_id), None);
        for (version, attendee) in &outcome.attendees {
            let starts_at = decided.meeting().plan.starts_at;
            change.write(attendee_write(hall.id, starts_at, *version, attendee, Some(claim.device)));
        }
        change.write(Meetings::use_claim(&claim.nonce_text(), now));
        for logged in &outcome.logged {
            change.event(logged.event.kind(), Subject::new("meeting", hall.id), logged.data());
        }
        events.iter().for_each(|event| decided.expect(event));
        changes.push(change);
    }
    let (count, before) = (changes.len() as f64, own_cpu_s()?);
    let begun = Instant::now();
    let mut waiting = std::collections::VecDeque::with_capacity(at_once);
    for change in changes {
        if waiting.len() == at_once
            && let Some(oldest) = waiting.pop_front()
        {
            committed(oldest).await?;
        }
        waiting.push_back(seeder.journal.submit(change)?);
    }
    for change in waiting {
        committed(change).await?;
    }
    let took = begun.elapsed().as_secs_f64();
    let cpu_us = (own_cpu_s()? - before) * 1e6 / count;
    Ok(json!({ "changes_per_s": count / took, "waiting": at_once, "cpu_us_per_change": cpu_us }))
}

async fn committed(change: impl Future<Output = Result<Committed, CommitError>>) -> Result<(), BenchError> {
    change.await?;
    Ok(())
}

/// CPU seconds of this process so far.
fn own_cpu_s() -> Result<f64, BenchError> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    Ok(cpu_s(stat.rsplit(')').next().unwrap_or_default()))
}
