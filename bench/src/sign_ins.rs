//! A crowd signs in to one meeting, most of it within a second, under the eyes of its screen and its host; and many
//! meetings fill as fast as they can.

use std::path::Path;

use serde_json::{Value, json};
use tokio::task::LocalSet;
use tokio::time::Duration;

use crate::BenchError;
use crate::hall_check::check;
use crate::halls::{HallSeeder, Person, SeededHall};
use crate::limits::{bare_answers_per_second, batched_sign_ins_per_second, flushes_per_second};
use crate::phones::{self, Crowd, Ready};
use crate::report::percentiles;
use crate::server::{Server, used};
use crate::viewers::{pair_screen, watch};

/// How a crowd comes.
#[derive(Debug, Clone, Copy)]
pub struct Rush {
    pub people: usize,
    pub seconds: u64,
    /// So many of them within one second, in the middle.
    pub burst: usize,
    /// The server knows their sessions already, from the page that they opened.
    pub pages_open: bool,
}

impl Rush {
    /// In the middle second.
    const fn burst_begins(self) -> Duration {
        Duration::from_secs(self.seconds / 2)
    }

    /// When who comes, after the begin.
    pub fn times(self) -> Vec<Duration> {
        let spread = |count: usize, over: Duration, from: Duration| {
            (0..count).map(move |place| from + over.mul_f64(place as f64 / count.max(1) as f64))
        };
        let others = self.people - self.burst;
        let (before, after) = (self.burst_begins(), Duration::from_secs(self.seconds - self.seconds / 2 - 1));
        let early = (others as f64 * before.as_secs_f64() / (before + after).as_secs_f64()) as usize;
        let second = Duration::from_secs(1);
        spread(early, before, Duration::ZERO)
            .chain(spread(self.burst, second, before))
            .chain(spread(others - early, after, before + second))
            .collect()
    }

    /// Acks of all, and of those who came within the full second.
    pub fn acks(self, crowd: &Crowd) -> Value {
        let micros = |taken: Duration| taken.as_micros() as u64;
        let burst = self.burst_begins()..self.burst_begins() + Duration::from_secs(1);
        let within = crowd.acks.iter().filter(|(due, _)| burst.contains(due));
        json!({
            "all": percentiles(crowd.acks.iter().map(|(_, taken)| micros(*taken)).collect()),
            "within_the_burst": percentiles(within.map(|(_, taken)| micros(*taken)).collect()),
            "failed": crowd.failed,
            "first_failure": crowd.first_failure,
        })
    }
}

/// Everybody on the list of the first hall.
fn everybody(halls: &[SeededHall]) -> Vec<(usize, Person)> {
    halls.iter().enumerate().flat_map(|(index, hall)| hall.people.iter().map(move |who| (index, who.clone()))).collect()
}

/// Runs the rush.
pub async fn run(binary: &Path, rush: Rush) -> Result<Value, BenchError> {
    let data = Server::prepare(binary).await?;
    let flushes = flushes_per_second(data.path())?;
    let halls = [HallSeeder::open(data.path()).await?.hall(rush.people).await?];
    let server = Server::start(binary, data).await?;
    let bare = bare_answers_per_second(&server.host, 16).await?;
    let host = server.host.clone();
    let (hall, topic) = (&halls[0], format!("meeting:{}", halls[0].id));
    let measured = async {
        let screen = watch(&host, &pair_screen(&host, hall).await?, topic.clone()).await?;
        let desk = watch(&host, &hall.host, topic).await?;
        let (ready, claims_per_s) = phones::claims(&host, &halls, everybody(&halls)).await?;
        if rush.pages_open {
            phones::open_pages(&host, &ready).await?;
        }
        let before = (server.usage()?, server.threads()?);
        let crowd = phones::come(&host, rush.times().into_iter().zip(ready).collect()).await?;
        // The last frames are on their way.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let after = (server.usage()?, server.threads()?);
        let acks = || crowd.came.iter().map(|(_, came, who)| (who.member_id, came.at));
        let seen = json!({
            "screen": { "arrivals": screen.borrow().after_acks(acks()), "frames": screen.borrow().frames() },
            "host": { "arrivals": desk.borrow().after_acks(acks()), "frames": desk.borrow().frames() },
        });
        Ok::<_, BenchError>((crowd, seen, claims_per_s, before, after))
    };
    let (crowd, seen, claims_per_s, before, after) = LocalSet::new().run_until(measured).await?;
    let (checked, sound) = settle(binary, server, &halls, &crowd).await?;
    let cpu_s = after.0.cpu_s - before.0.cpu_s;
    Ok(json!({
        "scenario": "a crowd signs in to one meeting, open loop, each with a session and a phone of their own; claims fetched before; SQLite, synchronous=FULL",
        "people": rush.people,
        "seconds": rush.seconds,
        "of_them_within_one_second": rush.burst,
        "sessions_known_before": rush.pages_open,
        "claims_per_s_before": claims_per_s,
        "ack": rush.acks(&crowd),
        "seen": seen,
        "checked": checked,
        "sound": sound,
        "server_cpu_s": cpu_s,
        "server_cpu_us_per_sign_in": cpu_s * 1e6 / crowd.came.len().max(1) as f64,
        "server_cpu_s_by_thread": used(&before.1, &after.1),
        "server_rss_mb": after.0.rss_mb,
        "limits": { "flushes_per_s": flushes, "bare_answers_per_s": bare },
    }))
}

/// Many meetings fill as fast as `writers` can sign people in.
pub async fn run_writers(
    binary: &Path,
    writers: usize,
    [meetings, people]: [usize; 2],
    pages_open: bool,
) -> Result<Value, BenchError> {
    let data = Server::prepare(binary).await?;
    let flushes = flushes_per_second(data.path())?;
    let mut seeder = HallSeeder::open(data.path()).await?;
    let mut halls = Vec::new();
    for _ in 0..meetings {
        halls.push(seeder.hall(people).await?);
    }
    let beside = seeder.hall(people).await?;
    let batched = batched_sign_ins_per_second(&seeder, &beside, writers).await?;
    drop(seeder);
    let server = Server::start(binary, data).await?;
    let bare = bare_answers_per_second(&server.host, 16).await?;
    let host = server.host.clone();
    let measured = async {
        let mut people = everybody(&halls);
        // All meetings fill side by side.
        let each = people.len() / halls.len();
        people =
            (0..people.len()).map(|place| people[place % halls.len() * each + place / halls.len()].clone()).collect();
        let (ready, claims_per_s) = phones::claims(&host, &halls, people).await?;
        if pages_open {
            phones::open_pages(&host, &ready).await?;
        }
        let (first, rest) = split(ready, writers);
        let warm = phones::pour(&host, first, writers).await.and_then(sound)?;
        let before = (server.usage()?, server.threads()?);
        let begun = tokio::time::Instant::now();
        let crowd = phones::pour(&host, rest, writers).await?;
        let took = begun.elapsed();
        Ok::<_, BenchError>((warm, crowd, took, claims_per_s, before, (server.usage()?, server.threads()?)))
    };
    let (warm, mut crowd, took, claims_per_s, before, after) = LocalSet::new().run_until(measured).await?;
    let count = crowd.came.len();
    crowd.came.extend(warm.came);
    let (checked, sound) = settle(binary, server, &halls, &crowd).await?;
    let per_s = count as f64 / took.as_secs_f64();
    let cpu_s = after.0.cpu_s - before.0.cpu_s;
    Ok(json!({
        "scenario": "many meetings fill, closed loop; claims fetched before; SQLite, synchronous=FULL",
        "writers": writers,
        "sessions_known_before": pages_open,
        "meetings": meetings,
        "people_each": people,
        "sign_ins": count,
        "sign_ins_per_s": per_s,
        "seconds": took.as_secs_f64(),
        "claims_per_s_before": claims_per_s,
        "failed": crowd.failed,
        "first_failure": crowd.first_failure,
        "ack": percentiles(crowd.acks.iter().map(|(_, taken)| taken.as_micros() as u64).collect()),
        "checked": checked,
        "sound": sound,
        "server_cpu_s": cpu_s,
        "server_cpu_us_per_sign_in": cpu_s * 1e6 / count.max(1) as f64,
        "server_cpu_s_by_thread": used(&before.1, &after.1),
        "server_rss_mb": after.0.rss_mb,
        "limits": {
            "flushes_per_s": flushes,
            "bare_answers_per_s": bare,
            "batched_commits": batched,
            "sign_ins_to_batched_commits": per_s / batched["changes_per_s"].as_f64().unwrap_or(f64::INFINITY),
        },
    }))
}

/// A tenth to warm up with, and the rest.
fn split(mut ready: Vec<Ready>, at_least: usize) -> (Vec<Ready>, Vec<Ready>) {
    let rest = ready.split_off((ready.len() / 10).max(at_least).min(ready.len()));
    (ready, rest)
}

fn sound(crowd: Crowd) -> Result<Crowd, BenchError> {
    crowd.first_failure.clone().map_or(Ok(crowd), |failure| Err(failure.into()))
}

/// Stops the server and looks through all halls; then `lianxin check` looks, too.
pub async fn settle(
    binary: &Path,
    server: Server,
    halls: &[SeededHall],
    crowd: &Crowd,
) -> Result<(Value, bool), BenchError> {
    let data = server.stop().await?;
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    for (index, hall) in halls.iter().enumerate() {
        let (hall, differences) = check(data.path(), index, hall.id, crowd).await?;
        found.push(hall);
        wrong.extend(differences);
    }
    let output = std::process::Command::new(binary).arg("check").env("LIANXIN__DATA_DIR", data.path()).output()?;
    let sound = wrong.is_empty() && output.status.success();
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    found.truncate(3);
    Ok((json!({ "halls": halls.len(), "first": found, "wrong": wrong, "lianxin_check": said }), sound))
}
