//! The minutes of a large meeting: from its end to their draft, and how long each kind of file takes.

use std::path::Path;

use serde_json::{Value, json};
use tokio::task::LocalSet;
use tokio::time::{Duration, Instant};

use crate::BenchError;
use crate::halls::{HallSeeder, ITEMS};
use crate::http::Connection;
use crate::phones;
use crate::report::percentiles;
use crate::server::Server;
use crate::sign_ins::Rush;

/// How often what does not change the meeting is asked for.
const TIMES: usize = 5;

/// Runs the scenario.
pub async fn run(binary: &Path, people: usize) -> Result<Value, BenchError> {
    let data = Server::prepare(binary).await?;
    let halls = [HallSeeder::open(data.path()).await?.hall(people).await?];
    let server = Server::start(binary, data).await?;
    let (host, hall) = (server.host.clone(), &halls[0]);
    let measured = async {
        let everybody = hall.people.iter().map(|person| (0, person.clone())).collect();
        let (ready, _) = phones::claims(&host, &halls, everybody).await?;
        let rush = Rush { people, seconds: 10, burst: people * 2 / 5, pages_open: true };
        let crowd = phones::come(&host, rush.times().into_iter().zip(ready).collect()).await?;
        let mut connection = Connection::open(&host).await?;
        let mut asked = async |method: &str, end: &str, body: Option<&str>| {
            let path = format!("/api/v1/meetings/{}/{end}", hall.id);
            let begun = Instant::now();
            let answer = connection.send(method, &path, Some(&hall.host), body).await?;
            let micros = begun.elapsed().as_micros() as u64;
            if answer.status != 200 {
                return Err(format!("{end}: {} {}", answer.status, String::from_utf8_lossy(&answer.body)).into());
            }
            Ok::<_, BenchError>((micros, answer.body))
        };
        for index in 0..ITEMS {
            asked("POST", "agenda", Some(&json!({ "index": index }).to_string())).await?;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        let begun = Instant::now();
        let (end, _) = asked("POST", "end", Some("{}")).await?;
        let (first, body) = asked("GET", "minutes", None).await?;
        let to_draft = begun.elapsed().as_micros() as u64;
        let draft: Value = serde_json::from_slice(&body)?;
        let mut kinds = serde_json::Map::new();
        let mut same = true;
        for end in ["minutes", "archive.docx", "archive.pdf", "archive.xlsx"] {
            let (mut micros, mut last): (Vec<u64>, Option<Vec<u8>>) = (Vec::new(), None);
            for _ in 0..TIMES {
                let (took, body) = asked("GET", end, None).await?;
                micros.push(took);
                same &= last.as_ref().is_none_or(|last| *last == body);
                last = Some(body);
            }
            let bytes = last.map_or(0, |last| last.len());
            kinds.insert(end.to_owned(), json!({ "micros": percentiles(micros), "bytes": bytes }));
        }
        let figures = draft["facts"]["figures"].clone();
        let sound = same && figures["present"] == json!(crowd.came.len()) && figures["expected"] == json!(people);
        Ok::<_, BenchError>(json!({
            "scenario": "a meeting with everybody there ends; its minutes are read at once, then each file; SQLite, synchronous=FULL",
            "people": people,
            "came": crowd.came.len(),
            "end_ack_us": end,
            "first_draft_us": first,
            "from_end_to_draft_us": to_draft,
            "draft_and_files": kinds,
            "figures": figures,
            "the_same_bytes_each_time": same,
            "sound": sound,
        }))
    };
    let result = LocalSet::new().run_until(measured).await?;
    server.stop().await?;
    Ok(result)
}
