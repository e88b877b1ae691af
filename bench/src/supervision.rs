//! A supervisor's page over the meetings of today while they fill: how old its rows get, and what it costs the line.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use lianxin_domain::ids::MeetingId;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::LocalSet;
use tokio::time::{Duration, Instant};

use crate::BenchError;
use crate::halls::HallSeeder;
use crate::http::Connection;
use crate::people::text;
use crate::phones;
use crate::report::percentiles;
use crate::server::{PASSWORD, Server, used};
use crate::sign_ins::settle;
use crate::socket::Listener;

/// A step through all people that comes to meetings in no order.
const STRIDE: usize = 7_919;

/// What is looked over.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub meetings: usize,
    pub people: usize,
    pub rate: usize,
    pub seconds: usize,
}

/// What the page was told.
#[derive(Default)]
struct Page {
    /// From when on a meeting's row showed so many present.
    present: HashMap<MeetingId, Vec<(u32, Instant)>>,
    frames: Vec<(Instant, usize)>,
}

#[derive(Deserialize)]
struct Frame {
    op: String,
    data: Option<Changes>,
}

#[derive(Deserialize)]
struct Changes {
    #[serde(default)]
    changed: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    id: MeetingId,
    present: Option<u32>,
}

/// Runs the scenario.
pub async fn run(binary: &Path, load: Load) -> Result<Value, BenchError> {
    let data = Server::prepare(binary).await?;
    let mut seeder = HallSeeder::open(data.path()).await?;
    let mut halls = Vec::new();
    for _ in 0..load.meetings {
        halls.push(seeder.hall(load.people).await?);
    }
    drop(seeder);
    let server = Server::start(binary, data).await?;
    let host = server.host.clone();
    let all = load.meetings * load.people;
    let count = (load.rate * load.seconds).min(all);
    let who = |number: usize| {
        let place = number * STRIDE % all;
        (place % load.meetings, halls[place % load.meetings].people[place / load.meetings].clone())
    };
    let measured = async {
        let (token, organisation) = supervisor(&server).await?;
        let opened = Instant::now();
        let mut listener = Listener::open(&host, &token, &[format!("supervision:{organisation}")]).await?;
        let opened_in = opened.elapsed();
        let page: Rc<RefCell<Page>> = Rc::default();
        let own = Rc::clone(&page);
        tokio::task::spawn_local(async move {
            while let Ok(text) = listener.next().await {
                own.borrow_mut().take(&text);
            }
        });
        let (ready, _) = phones::claims(&host, &halls, (0..count).map(who).collect()).await?;
        // The page was made when it was opened; what it repeats of that is not measured.
        tokio::time::sleep(Duration::from_secs(2)).await;
        page.borrow_mut().frames.clear();
        let before = (server.usage()?, server.threads()?);
        let begun = Instant::now();
        let times = (0..count).map(|number| Duration::from_secs_f64(number as f64 / load.rate as f64));
        let crowd = phones::come(&host, times.zip(ready).collect()).await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let took = begun.elapsed();
        let after = (server.usage()?, server.threads()?);
        let page = page.take();
        let (mut ages, mut unseen) = (Vec::new(), 0);
        for (hall, came, _) in &crowd.came {
            let rows = page.present.get(&halls[*hall].id);
            match rows.and_then(|rows| rows.iter().find(|(present, _)| *present >= came.number)) {
                Some((_, at)) => ages.push(at.saturating_duration_since(came.at).as_micros() as u64),
                None => unseen += 1,
            }
        }
        let bytes: usize = page.frames.iter().map(|(_, bytes)| bytes).sum();
        let cpu_s = after.0.cpu_s - before.0.cpu_s;
        let result = json!({
            "scenario": "a supervisor's page over all meetings of today while they fill; SQLite, synchronous=FULL",
            "meetings": load.meetings,
            "people_each": load.people,
            "sign_ins_per_s_asked": load.rate,
            "sign_ins": crowd.came.len(),
            "failed": crowd.failed,
            "first_failure": crowd.first_failure,
            "opened_in_ms": opened_in.as_secs_f64() * 1e3,
            "ack": percentiles(crowd.acks.iter().map(|(_, taken)| taken.as_micros() as u64).collect()),
            "ack_to_row": percentiles(ages),
            "never_seen": unseen,
            "frames": page.frames.len(),
            "bytes_per_s": bytes as f64 / took.as_secs_f64(),
            "largest_frame_bytes": page.frames.iter().map(|(_, bytes)| bytes).max(),
            "server_cpu_s": cpu_s,
            "server_cpu_share_of_one_core": cpu_s / took.as_secs_f64(),
            "server_cpu_s_by_thread": used(&before.1, &after.1),
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

/// The county's supervisor: the session's token, and the organisation.
async fn supervisor(server: &Server) -> Result<(String, String), BenchError> {
    let mut connection = Connection::open(&server.host).await?;
    let body = json!({ "account": "supervisor", "password": PASSWORD }).to_string();
    let answer = connection.send("POST", "/api/v1/auth/login", None, Some(&body)).await?;
    let token = text(&answer.json()?["token"]);
    let me = connection.send("GET", "/api/v1/auth/me", Some(&token), None).await?.json()?;
    Ok((token, text(&me["organisation_roles"][0]["organisation"]["id"])))
}

impl Page {
    fn take(&mut self, text: &[u8]) {
        let at = Instant::now();
        self.frames.push((at, text.len()));
        let Ok(frame) = serde_json::from_slice::<Frame>(text) else { return };
        if frame.op != "changes" {
            return;
        }
        for row in frame.data.into_iter().flat_map(|data| data.changed) {
            if let Some(present) = row.present {
                self.present.entry(row.id).or_default().push((present, at));
            }
        }
    }
}
