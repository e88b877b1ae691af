//! The lists that people open all day, over ten and a hundred times as much that is stored: the cost of a page.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::BenchError;
use crate::http::Connection;
use crate::people::People;
use crate::report::percentiles;
use crate::server::Server;

/// Requests stored, each ten times the one before.
const STORED: [u64; 3] = [10_000, 100_000, 1_000_000];
const ASKED: usize = 400;
/// Between two looks at what the server uses.
const LOOK: Duration = Duration::from_secs(3);
/// Of a core: what a server that does nothing by itself stays below.
const AT_REST: f64 = 0.02;

/// Runs the scenario.
pub async fn run(binary: &Path) -> Result<Value, BenchError> {
    let mut sizes = Vec::new();
    for stored in STORED {
        let data = Server::prepare(binary).await?;
        crate::seed::tickets(data.path(), stored).await?;
        let server = Server::start(binary, data).await?;
        come_to_rest(&server).await?;
        sizes.push((stored, pages(&server).await?));
        server.stop().await?;
    }
    let first = sizes[0].1.clone();
    let measured: Vec<Value> = sizes
        .into_iter()
        .map(|(stored, mut pages)| {
            for (name, page) in pages.as_object_mut().into_iter().flatten() {
                let cost = |page: &Value| page["server_cpu_us"].as_f64().unwrap_or_default();
                page["cpu_to_least_stored"] = (cost(page) / cost(&first[name])).into();
            }
            json!({ "stored": stored, "pages": pages })
        })
        .collect();
    Ok(json!({ "scenario": "pages of lists over what is stored; SQLite, one after the other", "measured": measured }))
}

/// Waits until the server does nothing by itself any more: of what was just stored it keeps the boards of every day first.
async fn come_to_rest(server: &Server) -> Result<(), BenchError> {
    loop {
        let before = server.usage()?.cpu_s;
        tokio::time::sleep(LOOK).await;
        if server.usage()?.cpu_s - before < LOOK.as_secs_f64() * AT_REST {
            return Ok(());
        }
    }
}

async fn pages(server: &Server) -> Result<Value, BenchError> {
    let people = People::sign_in(server, 1).await?;
    let worker = people.workers.first().ok_or("no worker")?;
    let county = people.leaders.iter().min_by_key(|leader| leader.level).ok_or("no leader")?;
    let grid = &county.grid_id;
    let asked = [
        ("a worker's own", &worker.token, "/api/v1/tickets?box=grid&limit=20".to_owned()),
        ("the county's newest", &county.token, "/api/v1/tickets?box=subtree&limit=20".to_owned()),
        ("the county's waiting", &county.token, "/api/v1/tickets?box=subtree&state=submitted&limit=20".to_owned()),
        ("the county's rated", &county.token, "/api/v1/tickets?box=subtree&state=rated&limit=20".to_owned()),
        ("the county's board", &county.token, format!("/api/v1/grids/{grid}/board")),
        ("a resident's own", &people.residents[0], "/api/v1/tickets?box=mine&limit=20".to_owned()),
        ("an inbox", &worker.token, "/api/v1/inbox?limit=20".to_owned()),
    ];
    let mut connection = Connection::open(&server.host).await?;
    let mut pages = serde_json::Map::new();
    for (name, token, path) in asked {
        let mut micros = Vec::with_capacity(ASKED);
        let mut size = 0;
        let before = server.usage()?;
        for _ in 0..ASKED {
            let begun = Instant::now();
            let answer = connection.send("GET", &path, Some(token), None).await?;
            if answer.status != 200 {
                return Err(format!("{path}: {}", answer.status).into());
            }
            size = answer.body.len();
            micros.push(begun.elapsed().as_micros() as u64);
        }
        let cpu_us = (server.usage()?.cpu_s - before.cpu_s) * 1e6 / ASKED as f64;
        let page = json!({ "time": percentiles(micros), "server_cpu_us": cpu_us, "bytes": size });
        pages.insert(name.to_owned(), page);
    }
    Ok(pages.into())
}
