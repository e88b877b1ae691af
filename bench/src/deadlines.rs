//! Many limits that end within one minute: how late each takes effect, and what it costs beside those that only run.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lianxin_domain::clock::Timestamp;
use lianxin_storage::database::Database;
use lianxin_storage::dialect::Dialect;
use lianxin_storage::log::EventLog;
use serde_json::{Value, json};

use crate::BenchError;
use crate::http::Connection;
use crate::limits::flushes_per_second;
use crate::report::percentiles;
use crate::server::Server;

/// The minute.
const SPAN_MS: i64 = 60_000;
/// Seeding and starting take so long at most, per thousand tickets and at least.
const MARGIN_MS: i64 = 25_000;
const MARGIN_PER_TICKET_US: i64 = 400;
/// After the minute: the last ones, if the server is late.
const GRACE: Duration = Duration::from_secs(90);
const PAGE: usize = 10_000;

/// Runs the scenario: `due` limits end within the minute while `running` others do not.
pub async fn run(binary: &Path, due: u64, running: u64) -> Result<Value, BenchError> {
    let data = Server::prepare(binary).await?;
    let flushes = flushes_per_second(data.path())?;
    let margin = MARGIN_MS + i64::try_from(due + running)? * MARGIN_PER_TICKET_US / 1000;
    let begin = now()?.plus_millis(margin);
    crate::seed::waiting(data.path(), running, begin.plus_millis(60 * SPAN_MS), 24 * 60 * SPAN_MS).await?;
    crate::seed::waiting(data.path(), due, begin, SPAN_MS).await?;
    let (metrics, server) = Server::start_with_metrics(binary, data).await?;
    let spare_ms = begin.since(now()?);
    let idle = server.usage()?;
    tokio::time::sleep(Duration::from_millis(u64::try_from(spare_ms.max(0))?)).await;
    let before = server.usage()?;
    let deadline = tokio::time::Instant::now() + Duration::from_millis(u64::try_from(SPAN_MS)?) + GRACE;
    tokio::time::sleep(Duration::from_millis(u64::try_from(SPAN_MS)?)).await;
    let mut handled = fired(&metrics).await?;
    while handled.1 < due && tokio::time::Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(200)).await;
        handled = fired(&metrics).await?;
    }
    let after = server.usage()?;
    let page = handled.0;
    let data_dir = server.data_dir();
    let data = server.stop().await?;
    let (decided, escalated, doubled) = lateness(&data_dir).await?;
    let count = decided.len();
    drop(data);
    Ok(json!({
        "scenario": "deadlines: requests that nobody accepted, all limits within one minute; overdue, escalated, told; SQLite, synchronous=FULL",
        "due_in_the_minute": due,
        "running_beside": running,
        "took_effect": count,
        "escalated": escalated,
        "escalated_twice": doubled,
        "spare_before_the_minute_ms": spare_ms,
        "lateness_at_decision": percentiles(decided),
        "lateness_after_commit_buckets": buckets(&page),
        "server_cpu_s": after.cpu_s - before.cpu_s,
        "server_cpu_us_per_limit": (after.cpu_s - before.cpu_s) * 1e6 / count.max(1) as f64,
        "server_rss_mb": after.rss_mb,
        "server_idle_rss_mb": idle.rss_mb,
        "limits": { "flushes_per_s": flushes },
    }))
}

/// The real time: what ends when is written before the server starts.
pub fn now() -> Result<Timestamp, BenchError> {
    #[expect(clippy::disallowed_methods, reason = "the generator is outside the system that is measured")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(Timestamp::from_millis(i64::try_from(since.as_millis())?))
}

/// The page of metrics, and how many limits took effect so far.
async fn fired(metrics: &str) -> Result<(String, u64), BenchError> {
    let answer = Connection::open(metrics).await?.send("GET", "/metrics", None, None).await?;
    let page = String::from_utf8(answer.body)?;
    let line = |line: &&str| line.starts_with("escalation_lateness_seconds_count");
    let count = page.lines().find(line).and_then(|line| line.rsplit(' ').next()).and_then(|count| count.parse().ok());
    Ok((page, count.unwrap_or_default()))
}

/// `{"0.5": 98765, …}`: how many were at most so late, seconds.
fn buckets(page: &str) -> Value {
    let lines = page.lines().filter_map(|line| line.strip_prefix("escalation_lateness_seconds_bucket{le=\""));
    let pairs = lines.filter_map(|line| {
        let (le, rest) = line.split_once('"')?;
        Some((le.to_owned(), json!(rest.rsplit(' ').next()?.parse::<u64>().ok()?)))
    });
    Value::Object(pairs.collect())
}

/// From each limit's end to the decision that it passed, microseconds; how many climbed, and how many twice in one run.
async fn lateness(data_dir: &Path) -> Result<(Vec<u64>, usize, usize), BenchError> {
    let database = Database::open(&Dialect::default_url(data_dir)).await?;
    let log = EventLog::open(database, String::new()).await?;
    let (mut late, mut climbed, mut doubled) = (Vec::new(), std::collections::HashSet::new(), 0);
    let mut position = 0;
    loop {
        let events = log.after(position, PAGE).await?;
        let Some(last) = events.last() else { break };
        position = last.seq;
        for event in &events {
            match event.kind.as_str() {
                // The demonstration's own past is not measured.
                "ticket.overdue" if event.data["number"].as_str().is_some_and(|number| number.starts_with('S')) => {
                    let passed: Timestamp = event.data["passed_at"].as_str().unwrap_or_default().parse()?;
                    late.push(u64::try_from(event.at.since(passed).max(0))? * 1000);
                }
                "ticket.escalated" => {
                    let key = (
                        event.subject.id.clone(),
                        event.data["to_level"].to_string(),
                        event.data["clock"]["run"].to_string(),
                    );
                    doubled += usize::from(!climbed.insert(key));
                }
                _ => {}
            }
        }
    }
    Ok((late, climbed.len(), doubled))
}
