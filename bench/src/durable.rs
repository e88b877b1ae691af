//! Answers after a commit: ours beside a plain handler with one transaction per request, on the same disk and database;
//! on request with a disk that takes longer for each flush, as others do.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;

use crate::BenchError;
use crate::http::Connection;
use crate::limits::flushes_per_second;
use crate::people::People;
use crate::poster::Request;
use crate::processes::{Usage, usage};
use crate::report::percentiles;
use crate::server::Server;
use crate::sign_ins;

const SPAN: Duration = Duration::from_secs(10);
const WARM: Duration = Duration::from_secs(2);
const RESIDENTS: usize = 40;
/// Halls and people of the sign-ins.
const HALLS: [usize; 2] = [4, 10_000];

/// Runs the scenario.
pub async fn run(binary: &Path, writers: usize, slower_by_ms: u32) -> Result<Value, BenchError> {
    let folder = TempDir::new()?;
    let flushes = flushes_per_second(folder.path())?;
    let own = on_slower_disk(&folder.path().join("plain"), &std::env::current_exe()?, slower_by_ms)?;
    let binary = on_slower_disk(&folder.path().join("lianxin"), binary, slower_by_ms)?;
    let plain = LocalSet::new().run_until(plain(&own, &folder, writers)).await?;
    let requests = LocalSet::new().run_until(requests(&binary, writers)).await?;
    let sign_ins = sign_ins::run_writers(&binary, writers, HALLS, true).await?;
    let by_plain = |rate: &Value| Some(rate.as_f64()? / plain["acks_per_s"].as_f64()?);
    Ok(json!({
        "scenario": "answers after a durable commit, closed loop; SQLite, WAL, synchronous=FULL",
        "writers": writers,
        "flushes_per_s": flushes,
        "each_flush_longer_by_ms": slower_by_ms,
        "to_plain": {
            "requests": by_plain(&requests["acks_per_s"]),
            "sign_ins": by_plain(&sign_ins["sign_ins_per_s"]),
        },
        "plain": plain,
        "requests": requests,
        "sign_ins": {
            "acks_per_s": sign_ins["sign_ins_per_s"],
            "ack": sign_ins["ack"],
            "server_cpu_us_per_ack": sign_ins["server_cpu_us_per_sign_in"],
            "sound": sign_ins["sound"],
        },
    }))
}

/// A program at `path` that is `program` with every flush so much longer: strace, which stops it at nothing else, holds it there.
fn on_slower_disk(path: &Path, program: &Path, by_ms: u32) -> Result<PathBuf, BenchError> {
    if by_ms == 0 {
        return Ok(program.to_owned());
    }
    let program = std::fs::canonicalize(program)?;
    let flushes = "fsync,fdatasync";
    let script = format!(
        "#!/bin/sh\nexec strace -D -f --seccomp-bpf -qqq -o /dev/null -e trace={flushes} \
         -e inject={flushes}:delay_exit={by_ms}ms '{}' \"$@\"\n",
        program.display()
    );
    std::fs::write(path, script)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o755))?;
    Ok(path.to_owned())
}

async fn plain(program: &Path, folder: &TempDir, writers: usize) -> Result<Value, BenchError> {
    let mut child =
        Command::new(program).arg("plain").arg(folder.path()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    let line = lines.next_line().await?.ok_or("the plain handler ended")?;
    let host = line.strip_prefix("listening on http://").ok_or("no address")?.to_owned();
    let body = json!({ "grid_id": "g1", "kind": "suggestion", "content": "三组路口的路灯坏了，晚上看不见路" });
    let request = Request { path: "/tickets".into(), token: None, body: body.to_string() };
    let pid = child.id().ok_or("no process")?;
    pour(&host, &[request], writers, || usage(pid)).await
}

async fn requests(binary: &Path, writers: usize) -> Result<Value, BenchError> {
    let server = Server::start(binary, Server::prepare(binary).await?).await?;
    let people = People::sign_in(&server, RESIDENTS).await?;
    let request = |number: usize| {
        let body = json!({
            "grid_id": people.workers[number % people.workers.len()].grid_id,
            "kind": "suggestion",
            "content": "三组路口的路灯坏了，晚上看不见路",
        });
        let token = people.residents[number % people.residents.len()].clone();
        Request { path: "/api/v1/tickets".into(), token: Some(token), body: body.to_string() }
    };
    let requests: Vec<Request> = (0..writers).map(request).collect();
    let measured = pour(&server.host, &requests, writers, || server.usage()).await?;
    server.stop().await?;
    Ok(measured)
}

/// Each writer sends its request again as soon as the one before is answered.
async fn pour(
    host: &str,
    requests: &[Request],
    writers: usize,
    usage: impl Fn() -> Result<Usage, BenchError>,
) -> Result<Value, BenchError> {
    let from = Instant::now() + WARM;
    let mut pouring = JoinSet::new();
    for number in 0..writers {
        let request = requests[number % requests.len()].clone();
        let mut connection = Connection::open(host).await?;
        pouring.spawn_local(async move {
            let mut acks = Vec::new();
            while from.elapsed() < SPAN {
                let begun = Instant::now();
                let answer =
                    connection.send("POST", &request.path, request.token.as_deref(), Some(&request.body)).await?;
                if answer.status != 201 {
                    return Err(format!("{}: {}", request.path, String::from_utf8_lossy(&answer.body)).into());
                }
                if begun >= from {
                    acks.push(begun.elapsed().as_micros() as u64);
                }
            }
            Ok::<_, BenchError>(acks)
        });
    }
    tokio::time::sleep_until(from).await;
    let before = usage()?;
    tokio::time::sleep_until(from + SPAN).await;
    let after = usage()?;
    let mut acks = Vec::new();
    while let Some(one) = pouring.join_next().await {
        acks.extend(one??);
    }
    let per_s = acks.len() as f64 / SPAN.as_secs_f64();
    Ok(json!({
        "acks_per_s": per_s,
        "server_cpu_us_per_ack": (after.cpu_s - before.cpu_s) * 1e6 / acks.len().max(1) as f64,
        "ack": percentiles(acks),
    }))
}
