//! From a change to the screens: listeners as a county has them, most on their own grid, some above, some boards.
//!
//! Measured from the event's own time (when it was decided, before the commit) to the moment the listener has read the
//! frame: longer than "from commit to screen", never shorter. The event's time has a resolution of one millisecond.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lianxin_domain::clock::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::LocalSet;

use crate::BenchError;
use crate::lifecycles::drive;
use crate::people::People;
use crate::report::percentiles;
use crate::server::Server;
use crate::socket::Listener;

/// Steps of a request's life.
const STEPS: u32 = 4;
const RESIDENTS: usize = 40;
/// Of a thousand listeners, so many follow the whole county's board, and so many a level between.
const BOARDS_PER_MILLE: usize = 10;
const LEADERS_PER_MILLE: usize = 90;

#[derive(Deserialize)]
struct Event<'a> {
    op: &'a str,
    seq: Option<u64>,
    at: Option<Timestamp>,
}

/// Runs the scenario.
pub async fn run(binary: &Path, listeners: usize, changes: u32, seconds: u32) -> Result<Value, BenchError> {
    let server = Server::start(binary, Server::prepare(binary).await?).await?;
    let people = Rc::new(People::sign_in(&server, RESIDENTS).await?);
    let before_listeners = server.usage()?;
    let tasks = LocalSet::new();
    let delays: Rc<RefCell<Vec<u64>>> = Rc::default();
    let late: Rc<RefCell<u64>> = Rc::default();
    let host = server.host.clone();
    let county = people.leaders.iter().min_by_key(|leader| leader.level).cloned().ok_or("no leader")?;
    let between: Vec<_> = people.leaders.iter().filter(|leader| leader.level > 1).cloned().collect();
    tasks
        .run_until(async {
            for number in 0..listeners {
                let place = number * 1000 / listeners;
                let (token, topic) = if place < BOARDS_PER_MILLE {
                    (&county.token, format!("board:{}", county.grid_id))
                } else if place < BOARDS_PER_MILLE + LEADERS_PER_MILLE {
                    let leader = &between[number % between.len()];
                    (&leader.token, format!("grid:{}", leader.grid_id))
                } else {
                    let worker = &people.workers[number % people.workers.len()];
                    (&worker.token, format!("grid:{}", worker.grid_id))
                };
                let listener = Listener::open(&host, token, &[topic]).await?;
                tokio::task::spawn_local(listen(listener, Rc::clone(&delays), Rc::clone(&late)));
            }
            Ok::<_, BenchError>(())
        })
        .await?;
    let with_listeners = server.usage()?;
    tasks.run_until(drive(&host, &people, changes / STEPS, 2)).await?;
    delays.borrow_mut().clear();
    let before = server.usage()?;
    let tally = tasks.run_until(drive(&host, &people, changes / STEPS, seconds)).await?;
    // The last frames are on their way.
    tasks.run_until(tokio::time::sleep(Duration::from_millis(500))).await;
    let after = server.usage()?;
    let delays = delays.take();
    let deliveries = delays.len() as f64;
    Ok(json!({
        "scenario": "changes before listeners as a county has them: 1 % county boards, 9 % leaders, 90 % own grid",
        "listeners": listeners,
        "changes_per_s_asked": changes,
        "failed": tally.failed,
        "ack": percentiles(tally.acks_us),
        "decision_to_frame_read": percentiles(delays),
        "out_of_order": *late.borrow(),
        "deliveries_per_s": deliveries / f64::from(seconds),
        "server_cpu_s": after.cpu_s - before.cpu_s,
        "server_cpu_s_per_million_deliveries": (after.cpu_s - before.cpu_s) * 1e6 / deliveries,
        "server_rss_mb": after.rss_mb,
        "rss_kb_per_listener": (with_listeners.rss_mb - before_listeners.rss_mb) * 1024.0 / listeners as f64,
    }))
}

async fn listen(mut listener: Listener, delays: Rc<RefCell<Vec<u64>>>, late: Rc<RefCell<u64>>) {
    let mut last_seq = 0;
    while let Ok(text) = listener.next().await {
        let Ok(event) = serde_json::from_slice::<Event<'_>>(&text) else { continue };
        let (Some(seq), Some(at)) = (event.seq, event.at) else { continue };
        if event.op != "event" {
            continue;
        }
        if seq <= last_seq {
            *late.borrow_mut() += 1;
        }
        last_seq = seq;
        delays.borrow_mut().push((now_micros() - at.millis() * 1000).max(0).unsigned_abs());
    }
}

fn now_micros() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "the generator compares clocks")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or_default()
}
