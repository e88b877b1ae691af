//! One place that everybody listens to, ours beside what others use: each peer sends the very bytes that ours sent.
//!
//! Ours decides, writes and flushes each change to the disk before anybody sees it, and that is in its figures; the
//! peers only pass a text on. The generator counts a mark in what it reads and looks at no frames, so that it costs the
//! same for all and less than what it measures.

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use memchr::memmem::Finder;
use serde_json::{Value, json};
use tokio::task::LocalSet;
use tokio::time::Instant;

use crate::BenchError;
use crate::peers::{Kind, Peer, Publisher};
use crate::people::People;
use crate::poster::{Poster, Request};
use crate::processes::Usage;
use crate::report::percentiles;
use crate::server::Server;
use crate::socket::{Frames, Listener};
use crate::tally::{MARK, Tally, count};

/// Messages of one burst.
const BURST: usize = 50;
const ROUNDS: usize = 20;
/// Between bursts, so that each begins at rest.
const REST: Duration = Duration::from_millis(150);
/// Messages a second, one at a time.
const PACE: u32 = 20;
const PACED_SECONDS: u32 = 10;
const RESIDENTS: usize = 40;
/// Listeners that come at a time.
const AT_ONCE: usize = 64;
/// What takes longer than this, its listeners' coming included, is left.
const SPAN: Duration = Duration::from_secs(90);

/// Runs the scenario.
pub async fn run(binary: &Path, modules: &Path, listeners: usize) -> Result<Value, BenchError> {
    let tasks = LocalSet::new();
    tasks
        .run_until(async {
            let (message, ours) = ours(binary, listeners).await?;
            let mut measured = vec![ours];
            let (mut absent, mut unfinished) = (Vec::new(), Vec::new());
            for kind in Kind::ALL {
                let Some(peer) = kind.start(modules).await? else {
                    absent.push(kind.name());
                    continue;
                };
                match tokio::time::timeout(SPAN, theirs(peer, kind, &message, listeners)).await {
                    Ok(figures) => measured.push(figures?),
                    Err(_) => unfinished.push(kind.name()),
                }
            }
            let beside = beside_nchan(&measured);
            Ok(json!({
                "scenario": "one place that all listen to: bursts of 50 at once, then 20 a second one at a time",
                "listeners": listeners,
                "message_bytes": message.len(),
                "absent": absent,
                "unfinished": unfinished,
                "measured": measured,
                "ours_to_nchan": beside,
            }))
        })
        .await
}

/// Ours, and a message as it sent it.
async fn ours(binary: &Path, listeners: usize) -> Result<(String, Value), BenchError> {
    let server = Server::start(binary, Server::prepare(binary).await?).await?;
    let people = People::sign_in(&server, RESIDENTS).await?;
    let worker = people.workers.first().ok_or("no worker")?;
    let body = json!({
        "grid_id": worker.grid_id, "kind": "suggestion", "content": "三组路口的路灯坏了，晚上看不见路",
        "location": { "lng": 105.2, "lat": 24.6 },
    });
    let request =
        |token: &String| Request { path: "/api/v1/tickets".into(), token: Some(token.clone()), body: body.to_string() };
    let requests = people.residents.iter().map(request).collect();
    let mut publisher = Publisher::Posted(Poster::open(&server.host, BURST, requests).await?);
    let topic = [format!("grid:{}", worker.grid_id)];
    let mut first = Listener::open(&server.host, &worker.token, &topic).await?;
    publisher.publish(1).await?;
    let message = loop {
        let text = first.next().await?;
        if Finder::new(MARK).find(&text).is_some() {
            break String::from_utf8(text)?;
        }
    };
    drop(first);
    let before = server.usage()?;
    let tally = Rc::new(Tally::default());
    let listen = async || Ok(Listener::open(&server.host, &worker.token, &topic).await?.into_frames());
    come(listeners, &tally, listen).await?;
    let measured = measure(&tally, &mut publisher, listeners, before, || server.usage()).await?;
    server.stop().await?;
    Ok((message, named("lianxin", measured)))
}

/// Opens all listeners, some at a time: Mosquitto takes a fifth of a second for each handshake, however many wait.
async fn come<F>(listeners: usize, tally: &Rc<Tally>, listen: impl Fn() -> F) -> Result<(), BenchError>
where
    F: Future<Output = Result<Frames, BenchError>>,
{
    let mut coming = stream::iter(0..listeners).map(|_| listen()).buffer_unordered(AT_ONCE);
    while let Some(frames) = coming.try_next().await? {
        tokio::task::spawn_local(count(frames, Rc::clone(tally)));
    }
    Ok(())
}

async fn theirs(peer: Peer, kind: Kind, message: &str, listeners: usize) -> Result<Value, BenchError> {
    let mut publisher = peer.publisher(message, BURST).await?;
    let before = peer.usage()?;
    let tally = Rc::new(Tally::default());
    come(listeners, &tally, || peer.listener()).await?;
    let measured = measure(&tally, &mut publisher, listeners, before, || peer.usage()).await?;
    peer.stop().await?;
    Ok(named(kind.name(), measured))
}

async fn measure(
    tally: &Tally,
    publisher: &mut Publisher,
    listeners: usize,
    before: Usage,
    usage: impl Fn() -> Result<Usage, BenchError>,
) -> Result<Value, BenchError> {
    let everybody = listeners as u64;
    let from = tally.seen();
    publisher.publish(1).await?;
    if !tally.until(from, everybody).await {
        return Err(format!("of {everybody} listeners {} heard", tally.seen() - from).into());
    }
    tokio::time::sleep(REST).await;
    let with_listeners = usage()?;
    let (mut bursts, mut begun_at, mut sent) = (Vec::new(), tally.seen(), 0);
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let from = tally.seen();
        publisher.publish(BURST).await?;
        sent += BURST as u64;
        let all = tally.until(from, everybody * BURST as u64).await;
        bursts.push(begun.elapsed().as_micros() as u64);
        tokio::time::sleep(REST).await;
        if !all {
            // What loses once loses again; its figures are of what came.
            break;
        }
    }
    let after_bursts = usage()?;
    let burst_deliveries = tally.seen() - begun_at;
    begun_at = tally.seen();
    let (mut paced, mut paced_sent) = (Vec::new(), 0);
    let begun = Instant::now();
    for number in 0..PACE * PACED_SECONDS {
        tokio::time::sleep_until(begun + Duration::from_secs(1) * number / PACE).await;
        let (published, from) = (Instant::now(), tally.seen());
        publisher.publish(1).await?;
        paced_sent += 1;
        let all = tally.until(from, everybody).await;
        paced.push(published.elapsed().as_micros() as u64);
        if !all {
            break;
        }
    }
    let after = usage()?;
    let paced_deliveries = tally.seen() - begun_at;
    let part = |from: Usage, to: Usage, deliveries: u64, wanted: u64, times: Vec<u64>| {
        json!({
            "deliveries": deliveries,
            "missing": wanted.saturating_sub(deliveries),
            "server_cpu_s": to.cpu_s - from.cpu_s,
            "server_cpu_us_per_delivery": (to.cpu_s - from.cpu_s) * 1e6 / deliveries.max(1) as f64,
            "published_to_last_listener": percentiles(times),
        })
    };
    let wanted = everybody * sent;
    Ok(json!({
        "bursts": part(with_listeners, after_bursts, burst_deliveries, wanted, bursts),
        "paced": part(after_bursts, after, paced_deliveries, everybody * paced_sent, paced),
        "bytes_per_delivery": tally.bytes() as f64 / tally.seen().max(1) as f64,
        "rss_mb": after.rss_mb,
        "rss_kb_per_listener": (with_listeners.rss_mb - before.rss_mb) * 1024.0 / listeners as f64,
    }))
}

fn named(name: &str, mut measured: Value) -> Value {
    measured["name"] = name.into();
    eprintln!("{measured}");
    measured
}

/// CPU per delivery, ours by Nchan's.
fn beside_nchan(measured: &[Value]) -> Value {
    let of = |name: &str, part: &str| {
        let found = measured.iter().find(|measured| measured["name"] == name);
        found.and_then(|measured| measured[part]["server_cpu_us_per_delivery"].as_f64())
    };
    let ratio = |part: &str| Some(of("lianxin", part)? / of("nchan", part)?);
    json!({ "bursts": ratio("bursts"), "paced": ratio("paced") })
}
