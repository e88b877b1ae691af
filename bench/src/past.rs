//! Boards of the past, one after the other at moments spread over all days that are stored; then the replay of it all.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use lianxin_domain::clock::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::BenchError;
use crate::http::Connection;
use crate::people::{People, Worker};
use crate::processes::Usage;
use crate::report::percentiles;
use crate::server::Server;

const DAY_MS: i64 = 24 * 3_600_000;
/// A step that visits moments at all times of day, none twice.
const STRIDE: u64 = 7_919;

/// Runs the scenario.
pub async fn run(binary: &Path, stored: u64, a_day: u64, boards: u64) -> Result<Value, BenchError> {
    let data = Server::prepare(binary).await?;
    let demo = "SELECT MAX(seq) FROM events";
    let demo = sqlite(data.path(), demo)?;
    let begun = Instant::now();
    let span_ms = i64::try_from(stored / a_day.max(1))?.max(1) * DAY_MS;
    let [from, until] = crate::seed::tickets_over(data.path(), stored, span_ms).await?;
    let seeded_in_s = begun.elapsed().as_secs_f64();
    let check = check(binary, data.path())?;
    // The demonstration's week was written first, so it has to come first in time too, whatever its tickets say.
    let sql = format!("UPDATE events SET at = {} WHERE seq <= {demo}", from.millis() - DAY_MS);
    sqlite(data.path(), &sql)?;
    let server = Server::start(binary, data).await?;
    let before = server.usage()?;
    let people = People::sign_in(&server, 1).await?;
    let by_level = |level| people.leaders.iter().chain(&people.workers).find(|person| person.level == level);
    let county = by_level(1).ok_or("no leader of the county")?;
    let group = by_level(5).ok_or("nobody in a group")?;
    let mut connection = Connection::open(&server.host).await?;
    let days_made_in_s = days_made(&mut connection, county, until).await?;
    let made = server.usage()?;
    let mut asked = serde_json::Map::new();
    for (name, who) in [("county", county), ("group", group)] {
        let anywhere = ask(&mut connection, who, boards, |number| {
            let step = (number * STRIDE) % boards.max(1);
            from.plus_millis(until.since(from) * step as i64 / boards.max(1) as i64)
        });
        let anywhere = anywhere.await?;
        // Right before midnight there is a whole day to fold.
        let midnights = u64::try_from(until.since(from) / DAY_MS)?.max(1);
        let first_midnight = lianxin_domain::calendar_day::next_day_start(from);
        let evening = ask(&mut connection, who, boards / 3, |number| {
            first_midnight.plus_millis(((number * STRIDE) % midnights) as i64 * DAY_MS - 1)
        });
        asked.insert(name.to_owned(), json!({ "anywhere": anywhere, "at_the_end_of_a_day": evening.await? }));
    }
    let after = server.usage()?;
    let data = server.stop().await?;
    let rows = "SELECT COUNT(*) || ' days, the longest ' || MAX(LENGTH(body)) || ' bytes' FROM board_checkpoints";
    let rows = sqlite(data.path(), rows)?;
    let cpu = |from: Usage, to: Usage| to.cpu_s - from.cpu_s;
    Ok(json!({
        "scenario": "boards of the past, one after the other; SQLite",
        "stored_tickets": stored,
        "tickets_a_day": a_day,
        "seeded_in_s": seeded_in_s,
        "beginnings_of_days": { "rows": rows, "made_in_s": days_made_in_s, "cpu_s": cpu(before, made) },
        "boards": asked,
        "rss_mb": after.rss_mb,
        "check": check,
    }))
}

/// Waits until the beginnings of all days are made; answers how long.
async fn days_made(connection: &mut Connection, who: &Worker, last: Timestamp) -> Result<f64, BenchError> {
    let begun = Instant::now();
    while connection.send("GET", &board(who, last), Some(&who.token), None).await?.status != 200 {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(begun.elapsed().as_secs_f64())
}

fn board(who: &Worker, at: Timestamp) -> String {
    format!("/api/v1/grids/{}/board?at={at}", who.grid_id)
}

async fn ask(
    connection: &mut Connection,
    who: &Worker,
    boards: u64,
    moment: impl Fn(u64) -> Timestamp,
) -> Result<Value, BenchError> {
    let mut micros = Vec::new();
    for number in 0..boards {
        let path = board(who, moment(number));
        let begun = Instant::now();
        let answer = connection.send("GET", &path, Some(&who.token), None).await?;
        micros.push(u64::try_from(begun.elapsed().as_micros())?);
        if answer.status != 200 {
            return Err(format!("{path}: {}", String::from_utf8_lossy(&answer.body)).into());
        }
    }
    Ok(percentiles(micros))
}

/// `lianxin check`, with the memory it takes at most.
fn check(binary: &Path, data: &Path) -> Result<Value, BenchError> {
    let begun = std::time::Instant::now();
    let mut child = Command::new(binary)
        .arg("check")
        .env("LIANXIN__DATA_DIR", data)
        .stdout(std::process::Stdio::piped())
        .spawn()?;
    let mut most_kb = 0;
    while child.try_wait()?.is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|value| value.trim().trim_end_matches(" kB").parse::<u64>().ok());
        most_kb = most_kb.max(peak.unwrap_or_default());
        wait();
    }
    let output = child.wait_with_output()?;
    Ok(json!({
        "took_s": begun.elapsed().as_secs_f64(),
        "rss_mb_at_most": most_kb / 1024,
        "sound": output.status.success(),
        "said": String::from_utf8_lossy(&output.stdout).lines().collect::<Vec<_>>(),
    }))
}

#[expect(clippy::disallowed_methods, reason = "nothing else runs in this program then")]
fn wait() {
    std::thread::sleep(Duration::from_millis(50));
}

/// The first value of a statement on the database in `data`.
fn sqlite(data: &Path, sql: &str) -> Result<String, BenchError> {
    let output =
        Command::new("sqlite3").arg("-cmd").arg(".timeout 10000").arg(data.join("lianxin.db")).arg(sql).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
