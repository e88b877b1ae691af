//! One meeting, everybody on its list with the page open: how long a change takes to the last of them, and what each gets
//! while the hall fills.

use std::path::Path;

use lianxin_domain::clock::Timestamp;
use serde_json::{Value, json};
use tokio::task::LocalSet;
use tokio::time::{Duration, Instant};

use crate::BenchError;
use crate::deadlines::now;
use crate::halls::{HallSeeder, ITEMS, SeededHall};
use crate::http::Connection;
use crate::phones;
use crate::report::percentiles;
use crate::server::{Server, used};
use crate::sign_ins::{Rush, settle};
use crate::viewers::{Watch, watch};

/// Between two changes.
const PAUSE: Duration = Duration::from_millis(300);
/// How the hall fills.
const FILLS_IN_S: u64 = 10;

/// Runs the scenario.
pub async fn run(binary: &Path, listeners: usize, changes: u32) -> Result<Value, BenchError> {
    let data = Server::prepare(binary).await?;
    let halls = [HallSeeder::open(data.path()).await?.hall(listeners).await?];
    let server = Server::start(binary, data).await?;
    let (host, hall) = (server.host.clone(), &halls[0]);
    let measured = async {
        let idle = server.usage()?;
        let mut watches = Vec::with_capacity(listeners);
        for person in &hall.people {
            watches.push(watch(&host, &person.token, format!("meeting:{}", hall.id)).await?);
        }
        let open = (server.usage()?, server.threads()?);
        let acks = change(&host, hall, changes).await?;
        let changed = (server.usage()?, server.threads()?);
        let arrived = arrived(&watches, changes)?;
        for watch in &watches {
            watch.take();
        }
        let people = hall.people.iter().map(|person| (0, person.clone())).collect();
        let (ready, _) = phones::claims(&host, &halls, people).await?;
        let rush = Rush { people: listeners, seconds: FILLS_IN_S, burst: listeners * 2 / 5, pages_open: true };
        let before = (server.usage()?, server.threads()?);
        let crowd = phones::come(&host, rush.times().into_iter().zip(ready).collect()).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let after = (server.usage()?, server.threads()?);
        let changes_cpu_s = changed.0.cpu_s - open.0.cpu_s;
        let fills_cpu_s = after.0.cpu_s - before.0.cpu_s;
        let frames: usize =
            watches.iter().map(|watch| watch.borrow().figures.len() + watch.borrow().events.len()).sum();
        let result = json!({
            "scenario": "one meeting, everybody on its list with an open live channel: the agenda moves, then all sign in; SQLite, synchronous=FULL",
            "listeners": listeners,
            "changes": {
                "count": changes,
                "ack": percentiles(acks),
                "decision_to_last_listener": percentiles(arrived.last),
                "decision_to_listener": percentiles(arrived.each),
                "server_cpu_s": changes_cpu_s,
                "server_cpu_us_per_delivery": changes_cpu_s * 1e6 / (f64::from(changes) * listeners as f64),
                "server_cpu_s_by_thread": used(&open.1, &changed.1),
            },
            "filling": {
                "sign_ins": crowd.came.len(),
                "seconds": FILLS_IN_S,
                "of_them_within_one_second": rush.burst,
                "ack": rush.acks(&crowd),
                "frames": frames,
                "frames_per_viewer": frames as f64 / listeners as f64,
                "most_frames_of_a_viewer_in_a_second":
                    watches.iter().map(|watch| watch.borrow().most_in_a_second()).max(),
                "bytes_per_viewer_at_most": watches.iter().map(|watch| watch.borrow().bytes).max(),
                "server_cpu_s": fills_cpu_s,
                "server_cpu_s_by_thread": used(&before.1, &after.1),
            },
            "rss_kb_per_listener": (open.0.rss_mb - idle.rss_mb) * 1024.0 / listeners as f64,
            "server_rss_mb": after.0.rss_mb,
        });
        Ok::<_, BenchError>((crowd, result))
    };
    let (crowd, mut result) = LocalSet::new().run_until(measured).await?;
    let (checked, sound) = settle(binary, server, &halls, &crowd).await?;
    result["checked"] = checked;
    result["sound"] = json!(sound);
    Ok(result)
}

/// Moves the agenda again and again; answers how long each took to be acknowledged, in microseconds.
async fn change(host: &str, hall: &SeededHall, changes: u32) -> Result<Vec<u64>, BenchError> {
    let mut connection = Connection::open(host).await?;
    let path = format!("/api/v1/meetings/{}/agenda", hall.id);
    let mut micros = Vec::new();
    for number in 0..changes {
        let body = json!({ "index": number % ITEMS }).to_string();
        let begun = Instant::now();
        let answer = connection.send("POST", &path, Some(&hall.host), Some(&body)).await?;
        micros.push(begun.elapsed().as_micros() as u64);
        if answer.status != 200 {
            return Err(format!("agenda: {} {}", answer.status, String::from_utf8_lossy(&answer.body)).into());
        }
        tokio::time::sleep(PAUSE).await;
    }
    tokio::time::sleep(PAUSE).await;
    Ok(micros)
}

/// Microseconds from the decision of each change to the last listener, and to each.
struct Arrived {
    last: Vec<u64>,
    each: Vec<u64>,
}

/// The event's time is that of the decision, before the commit: longer than "from the commit", never shorter. It has a
/// resolution of a millisecond.
fn arrived(watches: &[Watch], changes: u32) -> Result<Arrived, BenchError> {
    let (wall, instant) = (now()?, Instant::now());
    let taken = |decided: Timestamp, seen: Instant| {
        let since_decision = u64::try_from(wall.since(decided).max(0)).unwrap_or_default() * 1000;
        since_decision.saturating_sub(instant.saturating_duration_since(seen).as_micros() as u64)
    };
    let mut last = vec![0; changes as usize];
    let mut each = Vec::new();
    for watch in watches {
        let moves = &watch.borrow().moves;
        if moves.len() != changes as usize {
            return Err(format!("somebody saw {} of {changes} changes", moves.len()).into());
        }
        for (slowest, (decided, seen)) in last.iter_mut().zip(moves) {
            let micros = taken(*decided, *seen);
            *slowest = micros.max(*slowest);
            each.push(micros);
        }
    }
    Ok(Arrived { last, each })
}
